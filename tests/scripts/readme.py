#!/usr/bin/python3
"""The model in README.md is docs/examples/first.yaml to the letter; popgx accepts it and runs it. readme.py BUILD"""
import json
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
model = root / "docs/examples/first.yaml"
popgx = pathlib.Path(sys.argv[1]) / "popgx"

readme = (root / "README.md").read_text(encoding="utf-8")
shown = re.search(r"<!-- docs/examples/first\.yaml -->\n```yaml\n(.*?)```", readme, re.DOTALL)
assert shown, "README.md shows no first.yaml"
assert shown[1] == model.read_text(encoding="utf-8"), "README.md shows another model than docs/examples/first.yaml"

for path in re.findall(r"\]\(([^)#:]+)\)", readme):
    assert (root / path).exists(), f"README.md links to {path}, which is not there"

subprocess.run([popgx, "check", model], check=True, stdout=subprocess.DEVNULL)
run = subprocess.run([popgx, "run", model, "--patients", "1000", "--json"], check=True, stdout=subprocess.PIPE)
results = json.loads(run.stdout)
assert results["run"]["patients"] == 1000
by_name = {s["name"]: s for s in results["strategies"]}
assert set(by_name) == {"no test", "test"}
# Same people, same luck, and some of them on a safer drug: never more reactions, and with 1,000 people fewer.
assert by_name["test"]["events"]["adverse reaction"]["mean"] < by_name["no test"]["events"]["adverse reaction"]["mean"]
