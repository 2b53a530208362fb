#!/usr/bin/env python3
"""`popgx new` writes models that run as they stand, without a warning, and in which the arms differ."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

TEMPLATES = sorted(path.stem for path in (ROOT / "src" / "cli" / "templates").glob("*.yaml"))


def templates_run():
    for name in TEMPLATES:
        done = popgx("new", name, "-o", f"{name}.yaml")
        expect(done.returncode == 0 and f"popgx run {name}.yaml" in done.stdout, done)
        expect(pathlib.Path(f"{name}.yaml").read_text() == popgx("new", name).stdout, name, "differs between file and standard output")
        done = popgx("check", f"{name}.yaml")
        expect(done.returncode == 0 and done.stderr == "", name, done.stderr)
        results = answer("run", f"{name}.yaml", "-n", 5000)
        for outcome in ("cost", "qaly"):
            means = {s["outcomes"][outcome]["mean"] for s in results["strategies"]}
            expect(len(means) == len(results["strategies"]) > 1 and min(means) > 0, name, outcome, means)


def nothing_is_replaced():
    pathlib.Path("mine.yaml").write_text("mine")
    done = popgx("new", "pgx", "-o", "mine.yaml")
    expect(done.returncode != 0 and "exists" in done.stderr and pathlib.Path("mine.yaml").read_text() == "mine", done)


def unknown_templates_are_answered():
    done = popgx("new", "oncolgy")
    expect(done.returncode == 2 and "did you mean 'oncology'" in done.stderr, done)


expect(TEMPLATES == ["cohort", "events", "oncology", "pgx"], TEMPLATES)
in_empty_folder(templates_run)
in_empty_folder(nothing_is_replaced)
unknown_templates_are_answered()
finish()
