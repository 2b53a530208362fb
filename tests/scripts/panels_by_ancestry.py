#!/usr/bin/env python3
"""The worked example jobs/cyp2c19-panels-by-ancestry: misclassification by ancestry is that of exact enumeration (tests/validation/panels_by_ancestry.py).

Each rate lies within 4 standard errors of the enumerated one, and the table in the README is that of the enumeration.
"""
import csv
import math
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

JOB = ROOT / "jobs" / "cyp2c19-panels-by-ancestry"
EXACT = ROOT / "tests" / "validation" / "panels_by_ancestry.csv"
PATIENTS = 150000
STRATEGIES = "universal clopidogrel,guided by the European panel,guided by the extended panel,guided by a perfect test"


def counts(results, panel):
    """{(ancestry, what was shown, what is true): people}; who died before the result is not known."""
    by = f"ancestry x first observed carrier x carrier under guided by the {panel}"
    return {tuple(group["levels"].values()): group["patients"] for of in results["subgroups"] if of["by"] == by for group in of["groups"]}


def close(found, n, exact, *what):
    """A share of n people."""
    expect(abs(found / n - exact) <= 4 * math.sqrt(exact * (1 - exact) / n) + 1e-9, *what, f"{found} of {n}, not {exact}")


def matches_enumeration():
    results = answer("run", JOB / "model.yaml", "-n", PATIENTS, "-q", "--strategies", STRATEGIES)
    for row in csv.DictReader(EXACT.open()):
        found = counts(results, row["panel"])
        true = {level: sum(found[row["ancestry"], shown, level] for shown in ("carrier", "non-carrier")) for level in ("carrier", "non-carrier")}
        what = row["ancestry"], row["panel"]
        close(true["carrier"], sum(true.values()), float(row["carriers"]), *what, "carriers")
        close(found[row["ancestry"], "non-carrier", "carrier"], true["carrier"], float(row["missed"]), *what, "missed")
        close(found[row["ancestry"], "carrier", "non-carrier"], true["non-carrier"], float(row["called_falsely"]), *what, "called falsely")
    # Under the same luck a carrier who is found fares as with a perfect test.
    group = next(group for of in results["subgroups"] if of["by"].endswith("European panel") for group in of["groups"]
                 if group["group"] == "European, carrier, carrier")
    differences = [c for c in group["comparisons"] if (c["strategy"], c["comparator"]) == ("guided by the European panel", "guided by a perfect test")]
    expect(abs(differences[0]["outcomes"]["qaly"]["mean"]) < 1e-9, differences)


def calls():
    """popgx equity --calls says the same as the counts of the subgroups."""
    results = answer("run", JOB / "model.yaml", "-n", 20000, "-q", "--strategies", STRATEGIES, "-o", "run.h5")
    found = counts(results, "European panel")
    told = answer("equity", "run.h5", "--calls", "ancestry x first observed carrier x carrier under guided by the European panel", "--perfect", "guided by a perfect test")
    group = next(group for group in told["groups"] if group["group"] == "East Asian")
    level = next(level for level in group["levels"] if level["level"] == "carrier")
    right, missed, false = (found["East Asian", shown, true] for shown, true in (("carrier", "carrier"), ("non-carrier", "carrier"), ("carrier", "non-carrier")))
    expect(abs(level["right"]["mean"] - right / (right + missed)) < 1e-9 and abs(level["predictive_value"]["mean"] - right / (right + false)) < 1e-9, level)
    by_ancestry = next(g for of in results["subgroups"] if of["by"] == "ancestry" for g in of["groups"] if g["group"] == "East Asian")
    lost = next(c for c in by_ancestry["comparisons"] if (c["strategy"], c["comparator"]) == ("guided by the European panel", "guided by a perfect test"))
    expect(group["qaly_against_perfect"] == lost["outcomes"]["qaly"] and group["patients"] == by_ancestry["patients"], group)
    text = popgx("equity", "run.h5", "--calls", "ancestry x first observed carrier x carrier under guided by the extended panel").stdout
    expect("Oceanian" in text and "predictive value" in text, text)
    done = popgx("equity", "run.h5", "--calls", "ancestry")
    expect(done.returncode == 2 and "--calls" in done.stderr, done.stderr)


def is_enumerated():
    done = subprocess.run([sys.executable, EXACT.with_suffix(".py")], capture_output=True, text=True, check=True, cwd=EXACT.parent)
    expect(done.stdout == EXACT.read_text(), "panels_by_ancestry.csv is not what panels_by_ancestry.py prints")
    readme = (JOB / "README.md").read_text()
    rows = {(row["ancestry"], row["panel"]): row for row in csv.DictReader(EXACT.open())}
    for ancestry in dict.fromkeys(ancestry for ancestry, _ in rows):
        cells = [f"{100 * float(rows[ancestry, 'European panel']['carriers']):.1f} %"]
        cells += [f"{100 * float(rows[ancestry, panel][figure]):.2f} %" for panel in ("European panel", "extended panel") for figure in ("missed", "called_falsely")]
        expect(f"| {ancestry} | " + " | ".join(cells) + " |" in readme, "the README has no line:", f"| {ancestry} | " + " | ".join(cells) + " |")


for each in (is_enumerated, calls, matches_enumeration):
    in_empty_folder(each)
finish()
