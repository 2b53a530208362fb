#!/usr/bin/env python3
"""Every test that docs/what-is-tested.md names exists, and every row of it names one. what_is_tested.py BUILD"""
import csv
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, expect, finish  # noqa: E402

PAGE = ROOT / "docs" / "what-is-tested.md"
FOLDERS = {".py": "tests/scripts", ".sh": "tests/scripts", ".c": "tests/unit", ".csv": "tests/validation", ".md": "docs"}


def section(page, heading):
    """What stands under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#+ |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def has_figures(text, figure):
    """That a table of results stands there, with this figure (of any strategy) if one is named."""
    _, _, results = text.partition("| strategy | figure | value |")
    return bool(results) and (not figure or re.search(rf"^\| [^|]+ \| {re.escape(figure)} \|", results, re.MULTILINE) is not None)


def exists(name, what="", figure=""):
    path = ROOT / FOLDERS.get(pathlib.Path(name).suffix, ".") / name
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return has_figures(section(text, what), figure)
    if path.suffix == ".csv":
        return not what or any(row["name"] == what for row in csv.DictReader(text.splitlines()))
    if path.suffix == ".c":
        return re.search(rf"^Test\(\w+, {what}\b", text, re.MULTILINE) is not None
    return not what or re.search(rf"^def {what}\(", text, re.MULTILINE) is not None


rows = [row.strip("|").split("|")[-1] for row in re.findall(r"^\|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)]
rows = [tests for tests in rows if tests.strip() != "tests" and not set(tests) <= set("- ")]
expect(len(rows) >= 10, "the page has few rows:", len(rows))
for tests in rows:
    named = re.findall(r"`([^`]+)`", tests)
    expect(named, "a row without a test:", tests)
    for test in named:
        expect(exists(*test.split(" / ")), "there is no test", test)
finish()
