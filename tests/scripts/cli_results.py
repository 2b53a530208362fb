#!/usr/bin/env python3
"""What `popgx run` and `popgx cea` say of decision problems that are worked out by hand. cli_results.py BUILD"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402


def printed(*arguments):
    done = popgx(*arguments)
    expect(done.returncode == 0, arguments, "exits", done.returncode, done.stderr)
    return done.stdout


# ---- decisions: what a strategy costs and brings is all there is to it ----

DECISIONS = {  # name: ([(cost, QALYs) of each strategy], [(strategy, what is said of it)] in the order of cost)
    "one": ([(100, 0.5)], [("a", "on the frontier")]),
    "nothing": ([(0, 0)], [("a", "on the frontier")]),
    "equal": ([(100, 0.5), (100, 0.5)], [("a", "on the frontier"), ("b", "dominated")]),
    "as good": ([(100, 0.5), (300, 0.5)], [("a", "on the frontier"), ("b", "dominated")]),
    "as dear": ([(100, 0.5), (100, 0.25)], [("a", "on the frontier"), ("b", "dominated")]),
    "saves": ([(500, 0.5), (100, 0.25)], [("b", "on the frontier"), ("a", 1600)]),
    "dominant": ([(500, 0.25), (100, 0.5)], [("b", "on the frontier"), ("a", "dominated")]),
    "below nothing": ([(-500, -0.5), (-100, 0.25), (-400, -0.75)],
                      [("a", "on the frontier"), ("c", "dominated"), ("b", 400 / 0.75)]),
    "chain": ([(0, 0), (500, 0.125), (600, 0.25), (1500, 0.375), (1600, 0.5)],
              [("a", "on the frontier"), ("b", "extendedly dominated"), ("c", 2400), ("d", "extendedly dominated"), ("e", 4000)]),
}


def decision(strategies):
    names = "abcdefgh"[:len(strategies)]
    chosen = "".join(f"  {n}: {{entry: [{{set: {{choice: {n}}}}}]}}\n" for n in names)
    costs = "".join(f"    - {{while: {{choice: {n}}}, rate: {c} USD / 1 year, category: {n}}}\n" for n, (c, q) in zip(names, strategies))
    health = "".join(f"    - {{while: {{choice: {n}}}, utility: {q}, name: {n}}}\n" for n, (c, q) in zip(names, strategies))
    return (f"popgx: 1\nhorizon: 1 year\ncurrency: USD\nthresholds: [2000]\nprocesses: {{choice: {{states: [none, {', '.join(names)}]}}}}\n"
            f"strategies:\n{chosen}payoffs:\n  cost:\n{costs}  qaly:\n{health}")


def check_decisions():
    for name, (strategies, wanted) in DECISIONS.items():
        model = pathlib.Path("decision.yaml")
        model.write_text(decision(strategies))
        for patients in (1, 50):
            text = printed("run", model, "-n", patients, "-q", "-o", "decision.h5", "--force") + printed("cea", "decision.h5")
            expect(not re.search(r"\b(nan|inf|n/a)\b", text, re.IGNORECASE), f"{name}: a figure is no number:\n{text}")
            expect("-0.0 " not in text and "-0 " not in text, f"{name}: less than nothing:\n{text}")
        cea = answer("cea", "decision.h5")
        for line, (strategy, status) in zip(cea["frontier"], wanted, strict=True):
            said = line["incremental"]["icer"] if "incremental" in line else line["status"]
            is_right = abs(said - status) < 0.01 if isinstance(status, (int, float)) and isinstance(said, (int, float)) else said == status
            expect(line["strategy"] == strategy and is_right, f"{name}: {strategy} should be {status}, is {line['strategy']}: {said}")
        best = max(range(len(strategies)), key=lambda s: 2000 * strategies[s][1] - strategies[s][0])
        expect(cea["best"][0]["strategy"] == "abcdefgh"[best], f"{name}: the best at 2,000 is {best}")
        for pair in cea["comparisons"]:
            (c, q), (c0, q0) = strategies["abcdefgh".index(pair["strategy"])], strategies["abcdefgh".index(pair["comparator"])]
            expect(abs(pair["net_benefit"][0]["nmb"]["mean"] - (2000 * (q - q0) - (c - c0))) < 0.01, f"{name}: net benefit of {pair}")
            quadrant = ("same" if (c, q) == (c0, q0) else "dominant" if c <= c0 and q >= q0 else "dominated" if c >= c0 and q <= q0
                        else "costs more" if q > q0 else "saves")
            expect(pair["icer"]["verdict"] == quadrant and (pair["icer"]["icer"] is not None) == (quadrant in ("costs more", "saves")),
                   f"{name}: {pair['strategy']} against {pair['comparator']}: {pair['icer']}")


def main():
    check_decisions()


in_empty_folder(main)
finish()
