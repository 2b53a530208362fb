#!/usr/bin/env python3
"""A risk score, a logistic model in the file, that leaves out what matters in one group: its sensitivity and specificity in each group against the sum over all
kinds of people; and tests that fail more often in one group. risk_scores.py BUILD"""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import finish  # noqa: E402

GROUPS = {"A": (0.6, (0.5, 0.3, 0.2)), "B": (0.4, (0.2, 0.3, 0.5))}
MODEL = """\
popgx: 1
horizon: 5 days
people:
  group: {A: 0.6, B: rest}
  markers: {by: group, A: {zero: 0.5, one: 0.3, two: rest}, B: {zero: 0.2, one: 0.3, two: rest}}
  count: (markers = one) + 2 * (markers = two)
  score: 1 / (1 + exp(2 - 1.2 * count))
processes:
  flag: {states: [low, high]}
  illness:
    states: [unknown, ill, well]
    events:
      onset: {from: unknown, delay: 1 day, branches: {falling ill: "1 / (1 + exp(2 - 1.2 * count - 1.5 * (group = B)))", staying well: rest}}
      falling ill: {immediate: always, to: ill}
      staying well: {immediate: always, to: well}
  count:
    events:
EVENTS
strategies: {score: {entry: [{when: {score: at least 30 %}, set: {flag: high}}]}}
"""


def test_performance_by_group():
    events = "".join(f"      {state} {flag} {group}: {{delay: 2 days, repeats: once, while: {{illness: {state}, flag: {flag}, group: {group}}}}}\n"
                     for state in ("ill", "well") for flag in ("high", "low") for group in GROUPS)
    model = MODEL.replace("  count:\n    events:\nEVENTS\n", "  tally:\n    events:\n" + events)
    strategy = results_of(model)["score"]
    for group, (share, markers) in GROUPS.items():
        cells = dict.fromkeys(((state, flag) for state in ("ill", "well") for flag in ("high", "low")), 0.0)
        for count, p in enumerate(markers):
            flag = "high" if 1 / (1 + math.exp(2 - 1.2 * count)) >= 0.3 else "low"
            ill = 1 / (1 + math.exp(2 - 1.2 * count - 1.5 * (group == "B")))
            cells["ill", flag] += share * p * ill
            cells["well", flag] += share * p * (1 - ill)
        for (state, flag), p in cells.items():
            agrees(strategy, f"events.{state} {flag} {group}", p)
        # and so sensitivity and specificity: by the delta method, both counts are of the same people
        for state, flag in (("ill", "high"), ("well", "low")):
            of = cells[state, "high"] + cells[state, "low"]
            got = {f: strategy["events"][f"{state} {f} {group}"]["mean"] for f in ("high", "low")}
            ratio, exact = got[flag] / (got["high"] + got["low"]), cells[state, flag] / of
            assert abs(ratio - exact) < 5 * math.sqrt(exact * (1 - exact) / (of * 200_000)), (group, state, ratio, exact)


FAILING = """\
popgx: 1
horizon: 5 days
people: {sex: {female: 0.4, male: rest}, variant: {carrier: 0.3, non-carrier: rest}}
tests:
  array: {reads: variant, cost: 100 USD, fails: {by: sex, female: 30 %, male: 5 %}, repeats: 1, repeat cost: 10 USD}
  stubborn: {reads: variant, fails: {by: [sex, variant], table: fails.csv}, failures: the same, repeats: 1}
currency: USD
processes:
  a: {states: [no, told]}
  b: {states: [no, told]}
strategies:
  test:
    entry: [{order: [array, stubborn]}]
    result of array: [{when: {known: {array: true}}, set: {a: told}}]
    result of stubborn: [{when: {known: {stubborn: true}}, set: {b: told}}]

"""


def test_failures_by_group():
    table = "sex,variant,value\nfemale,carrier,0.5\nfemale,non-carrier,0.1\nmale,carrier,0\nmale,non-carrier,0.2\n"
    strategy = results_of(FAILING, {"fails.csv": table})["test"]
    agrees(strategy, "occupancy_at_horizon.a.told", 1 - 0.4 * 0.3**2 - 0.6 * 0.05**2)
    agrees(strategy, "events.repeat of array", 0.4 * 0.3 + 0.6 * 0.05)
    agrees(strategy, "cost", 100 + 10 * (0.4 * 0.3 + 0.6 * 0.05))
    agrees(strategy, "occupancy_at_horizon.b.told", 1 - 0.4 * (0.3 * 0.5 + 0.7 * 0.1) - 0.6 * 0.7 * 0.2)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
