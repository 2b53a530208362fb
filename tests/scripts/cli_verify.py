#!/usr/bin/env python3
"""`popgx check --verify`: what must be true of every model is true of those of the repository."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, popgx  # noqa: E402

models = [path for folder in ("tests/models", "jobs", "docs/examples") for path in sorted((ROOT / folder).rglob("*.yaml"))
          if path.read_text().startswith(("popgx:", "#"))]
expect(len(models) >= 5, models)
for model in models:
    if popgx("check", model).returncode != 0:  # a part of a model
        continue
    report = answer("check", model, "--verify", "--patients", 1000)
    verdicts = {check["check"]: check["verdict"] for check in report["checks"]}
    expect(report["failed"] == 0 and len(verdicts) >= 12, model.name, report)
    expect(verdicts["parts and totals"] == "passed" and verdicts["repetition"] == "passed", model.name, verdicts)
done = popgx("check", ROOT / "docs" / "examples" / "first.yaml", "--verify")
expect(done.returncode == 0 and "AdViSHE" in done.stdout and "FAILED" not in done.stdout, done)
finish()
