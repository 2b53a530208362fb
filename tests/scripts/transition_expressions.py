#!/usr/bin/env python3
"""Transitions whose probabilities are expressions over age, numbers, counts and parameters, with ratios on them, against the sum over all courses.
transition_expressions.py BUILD"""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

CYCLES = 12
MODEL = """\
popgx: 1
cycle: {length: 1 year, count: 12, payoffs at: start}
parameters: {base: 0.05}
people:
  place: {town: 0.25, country: rest}
  age: {by: place, town: 50 years, country: 64 years}
  x: 1 + 0.5 * (place = town)
processes:
  drug: {states: [none, new]}
  illness:
    states: [well, ill, bad]
    transitions:
      well: {ill: base * x + 0.02 * count of ill to well, dead: {rate: "0.002 per year * exp(0.1 * (age now / 1 year - 50))", over: cycle}, well: rest}
      ill: {well: 0.3, bad: {by: drug, none: 0.2, new: 0.15}, dead: {probability: 0.02 * x, over: 6 months}, ill: rest}
      bad: {dead: "if(time < 5 years, 0.1, 0.4)", bad: rest}
    RATIO: {applies to: APPLIES, value: 0.6, while: {drug: new}}
strategies:
  old: {}
  new: {entry: [{set: {drug: new}}]}
payoffs: {qaly: [{name: ill, while: {illness: [ill, bad]}, utility: 1}]}
"""


def changed(kind, p):
    return {"risk ratio": 0.6 * p, "odds ratio": 0.6 * p / (1 - p + 0.6 * p), "hazard ratio": 1 - (1 - p) ** 0.6}[kind]


def ways(state, count, cycle, age, x, is_new, by_count=0.02):
    if state == "well":
        return {"ill": 0.05 * x + by_count * count, "dead": 1 - math.exp(-0.002 * math.exp(0.1 * (age + cycle - 50)))}
    if state == "ill":
        return {"well": 0.3, "bad": 0.15 if is_new else 0.2, "dead": 1 - (1 - 0.02 * x) ** 2}
    return {"dead": 0.1 if cycle < 5 else 0.4} if state == "bad" else {}


def courses(kind, is_meant, is_new, **how):
    """Shares at the horizon, and years ill or bad counted at the start of each cycle."""
    shares, years = {}, 0.0
    for share, age, x in ((0.25, 50, 1.5), (0.75, 64, 1.0)):
        now = {("well", 0): share}
        for cycle in range(CYCLES):
            years += sum(p for (state, _), p in now.items() if state in ("ill", "bad"))
            then = {}
            for (state, count), p in now.items():
                out = ways(state, count, cycle, age, x, is_new, **how)
                meant = [to for to in out if is_meant(to)]
                total = sum(out[to] for to in meant)
                for to in meant:
                    out[to] *= changed(kind, total) / total if is_new else 1
                for to, q in [*out.items(), (state, 1 - sum(out.values()))]:
                    key = (to, count + (state == "ill" and to == "well"))
                    then[key] = then.get(key, 0) + p * q
            now = then
        for (state, _), p in now.items():
            shares[state] = shares.get(state, 0) + p
    return shares, years


def compare(kind, applies, is_meant):
    strategies = results_of(MODEL.replace("RATIO", kind).replace("APPLIES", applies), {}, 60_000)
    for name in ("old", "new"):
        shares, years = courses(kind, is_meant, name == "new")
        strategy = strategies[name]
        for state in ("ill", "bad"):
            agrees(strategy, f"occupancy_at_horizon.illness.{state}", shares[state], what=f"{kind} {name}")
        agrees(strategy, "occupancy_at_horizon.life.dead", shares["dead"], what=f"{kind} {name}")
        agrees(strategy, "qaly", years, what=f"{kind} {name}")


def test_simulation():
    for kind in ("risk ratio", "odds ratio", "hazard ratio"):
        compare(kind, "leaving", lambda to: True)
    compare("risk ratio", "dead", lambda to: to == "dead")
    compare("hazard ratio", "[ill, bad]", lambda to: to in ("ill", "bad"))


def test_what_is_no_probability_stops_the_run():
    def run():
        pathlib.Path("model.yaml").write_text(MODEL.replace("RATIO", "risk ratio").replace("APPLIES", "leaving").replace("0.02 * count", "0.4 * count"))
        done = popgx("run", "model.yaml", "--patients", 20000)
        expect(done.returncode != 0 and "the probability of well to" in done.stderr, "answered by", done.returncode, done.stderr)
    in_empty_folder(run)


def test_without_history_the_trace_is_exact():
    model = MODEL.replace("base * x + 0.02 * count of ill to well", "base * x").replace("RATIO", "odds ratio").replace("APPLIES", "leaving")

    def run():
        pathlib.Path("model.yaml").write_text(model)
        for strategy in answer("run", "model.yaml", "--expected")["strategies"]:
            shares, years = courses("odds ratio", lambda to: True, strategy["name"] == "new", by_count=0)
            agrees(strategy, "occupancy_at_horizon.life.dead", shares["dead"], 1e-9, "expected")
            agrees(strategy, "qaly", years, 1e-6, "expected")
    in_empty_folder(run)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
