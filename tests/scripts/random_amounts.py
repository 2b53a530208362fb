#!/usr/bin/env python3
"""Amounts drawn anew at each occurrence: their means and spreads, the same luck under every strategy, the same sums from a file and from expected
values. random_amounts.py BUILD

Means may be five standard errors off (1 in 1.7 million each), standard deviations 2 % (far more than five of theirs, about 0.4 % at 20,000 people;
the lognormal's, whose tail is heavy, 10 %).
"""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

PEOPLE = 20000
HEAD = """\
popgx: 1
horizon: 10 years
currency: USD
people: {age: 50 years, sex: {female: 0.5, male: rest}}
processes:
  drug: {states: [none, taken]}
  stay: {events: {admission: {delay: 1 year, repeats: 2}, visit: {delay: "if(drug = taken, 4, 2) * 1 year", repeats: once}}}
strategies: {usual: {}, treated: {entry: [{set: {drug: taken}}]}}
payoffs:
"""

# What an amount of one occurrence is, its mean and its standard deviation.
AMOUNTS = {
    "gamma": ("{gamma: {mean: 5000 USD, sd: 2000 USD}}", 5000, 2000),
    "lognormal": ("{lognormal: {mean: 300 USD, sd: 400 USD}}", 300, 400),
    "by logarithms": ("{lognormal: [5, 0.5]}", math.exp(5.125), math.exp(5.125) * math.sqrt(math.exp(0.25) - 1)),
    "normal": ("{normal: [100 USD, 10 USD]}", 100, 10),
    "cut": ("{normal: {mean: 0 USD, sd: 10 USD, at least: 0 USD}}", 10 * math.sqrt(2 / math.pi), 10 * math.sqrt(1 - 2 / math.pi)),
    "uniform": ("{uniform: [10 USD, 40 USD]}", 25, 30 / math.sqrt(12)),
    "beta": ("{beta: {mean: 0.2 USD, sd: 0.1 USD}}", 0.2, 0.1),
    "triangular": ("{triangular: [0 USD, 30 USD, 60 USD]}", 30, math.sqrt(150)),
    "PERT": ("{PERT: [0 USD, 20 USD, 100 USD]}", 30, math.sqrt(30 * 70 / 7)),
}


def close(name, what, got, mean, sd, tolerance):
    expect(abs(got["mean"] - mean) <= 5 * got["se"] + 1e-5 * abs(mean), name, what, "is", got, "not", mean)
    found = got["se"] * math.sqrt(PEOPLE)
    expect(abs(found - sd) <= tolerance * sd, name, what, "has a standard deviation of", found, "not", sd)


def spreads():
    """Two admissions of independent amounts, so twice the mean and the root of 2 times the standard deviation; a visit of one."""
    items = [f"    - {{event: admission, amount: {amount}, category: {name}}}\n" for name, (amount, _, _) in AMOUNTS.items()]
    items += ["    - {event: visit, amount: {by: sex, female: 7 USD, male: {gamma: {mean: 5 USD, sd: 2 USD}}}, category: by sex, payer: plan, spread: 1 week}\n"]
    pathlib.Path("model.yaml").write_text(HEAD + "  cost:\n" + "".join(items)
                                          + "  qaly: [{event: visit, utility: {normal: {mean: -0.2, sd: 0.05}}, for: 1 year, name: visit}]\n")
    run = answer("run", "model.yaml", "-n", PEOPLE, "-q", "-o", "run.h5", "--trajectories", "all")
    usual, treated = run["strategies"]
    for name, (_, mean, sd) in AMOUNTS.items():
        close(name, "twice", usual["costs"][name], 2 * mean, math.sqrt(2) * sd, 0.1 if name == "lognormal" else 0.02)
    close("visit", "by sex", usual["costs"]["by sex"], 6, math.sqrt(1 + 2), 0.02)
    close("visit", "utility", usual["qaly_items"]["visit"], -0.2, 0.05, 0.02)
    expect(usual["outcomes"]["cost paid by plan"] == usual["costs"]["by sex"], "the payer pays what it costs")
    # The visit is two years later with the drug, and costs the same.
    expect(usual["costs"] == treated["costs"] and usual["qaly_items"] == treated["qaly_items"], "luck differs between strategies")
    read = answer("aggregate", "run.h5", "-q", "-t", 1)
    expect(read["run"]["checksum"] == run["run"]["checksum"], "read from the file, sums differ")
    other = pathlib.Path("model.yaml").read_text().replace("mean: 5000 USD, sd: 2000 USD", "mean: 4000 USD, sd: 900 USD")
    pathlib.Path("other.yaml").write_text(other)
    expect(answer("aggregate", "run.h5", "--model", "other.yaml", "-q")["run"]["checksum"] == answer("run", "other.yaml", "-n", PEOPLE, "-q")["run"]["checksum"],
           "other amounts from the file are not those of a run")


def expected():
    """The mean of what is drawn; independent of what else is."""
    model = HEAD.replace("horizon: 10 years", "cycle: {length: 1 year, count: 4, payoffs at: start}").replace(
        "  stay: {events: {admission: {delay: 1 year, repeats: 2}, visit: {delay: \"if(drug = taken, 4, 2) * 1 year\", repeats: once}}}",
        "  stay: {states: [out, in], transitions: {out: {in: 0.5, out: rest}, in: {out: 1}}}")
    model += "  cost: [{event: out to in, amount: {by: sex, female: {gamma: {mean: 100 USD, sd: 50 USD}}, male: {uniform: [0 USD, 60 USD]}}}]\n"
    pathlib.Path("model.yaml").write_text(model)
    # In by the first cycle 1/2, by the second 1/4, then 3/8 and 5/16: 23/16 admissions of 65 on average.
    got = answer("run", "model.yaml", "--expected")["strategies"][0]["outcomes"]["cost"]["mean"]
    expect(abs(got - 65 * 23 / 16) < 1e-5, "expected", got, "not", 65 * 23 / 16)


def verified():
    pathlib.Path("model.yaml").write_text(HEAD + "  cost: [{event: visit, amount: {gamma: {mean: 5 USD, sd: 2 USD}}}]\n  qaly: [{while: {}, utility: 1}]\n")
    done = popgx("check", "model.yaml", "--verify")
    expect(done.returncode == 0, "check --verify says", done.stdout, done.stderr)


for test in (spreads, expected, verified):
    in_empty_folder(test)
finish()
