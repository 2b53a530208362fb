#!/usr/bin/python3
"""README.md shows docs/examples/first.yaml to the letter and what popgx prints of it; links of all pages lead somewhere. readme.py BUILD"""
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



def anchors(page):
    """Those that GitHub makes of the headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)}


for page in (root / "README.md", root / "CHANGELOG.md", *(root / "docs").glob("*.md"), *(root / "jobs").glob("*/*.md")):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert link.startswith("http") or target.exists(), f"{page}: a link to {link}, which is not there"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{page}: a link to {link}, where no such heading is"

subprocess.run([popgx, "check", model], check=True, stdout=subprocess.DEVNULL)
printed = re.search(r"<!-- printed -->\n```text\n(.*?)```", readme, re.DOTALL)
assert printed, "README.md does not show what popgx prints"
text = subprocess.run([popgx, "run", model, "--quiet"], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
assert printed[1] in text, f"README.md shows other results than popgx prints:\n{text}"
run = subprocess.run([popgx, "run", model, "--patients", "1000", "--json"], check=True, stdout=subprocess.PIPE)
results = json.loads(run.stdout)
assert results["run"]["patients"] == 1000
by_name = {s["name"]: s for s in results["strategies"]}
assert set(by_name) == {"no test", "test"}
# Same people, same luck, and some of them on a safer drug: never more reactions, and with 1,000 people fewer.
assert by_name["test"]["events"]["adverse reaction"]["mean"] < by_name["no test"]["events"]["adverse reaction"]["mean"]
