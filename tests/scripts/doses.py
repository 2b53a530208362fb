#!/usr/bin/env python3
"""Costs of doses: by weight and surface, shared and in whole vials; the cheapest vials are those that trying all combinations finds. doses.py BUILD"""
import itertools
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

HEAD = """\
popgx: 1
horizon: 1 year
currency: USD
people: {age: 50 years, sex: {female: 1}, weight: 70, height: 175}
processes: {drug: {states: [none], events: {infusion: {delay: 1 day, repeats: once}}}}
strategies: {usual: {}}
payoffs:
  cost:
"""
# Vials, in mg, and their prices: the larger is the better buy, the worse, or as good; a combination of three, without a large common measure.
MARKETS = [{50: 30, 200: 100}, {50: 30, 200: 130}, {50: 25, 200: 100}, {20: 9, 33: 14, 81: 30}, {2.5: 4, 10: 12}, {100: 70}]
DOSES = [0.1, 2.5, 19, 20, 33, 50, 51, 99, 100, 101, 166.5, 200, 249, 350, 1234, 9999]


def cheapest(dose, market):
    """All combinations with at most as many of each vial as the dose fills; a large dose is eased by whole vials of the best buy first."""
    best, before = min(market, key=lambda size: market[size] / size), 0
    while dose > 700:
        dose, before = dose - best, before + market[best]
    counts = [range(math.ceil(dose / size) + 1) for size in market]
    return before + min(sum(n * price for n, price in zip(mix, market.values())) for mix in itertools.product(*counts)
                        if sum(n * size for n, size in zip(mix, market)) >= dose - 1e-9)


def vials():
    items, right = [], {}
    for k, market in enumerate(MARKETS):
        price = ", ".join(f"{size} mg: {cost} USD" for size, cost in market.items())
        for dose in DOSES:
            name = f"{k}, {dose}"
            items.append(f"    - {{event: infusion, dose: {dose} mg, price: {{{price}}}, category: '{name}'}}\n")
            right[name] = cheapest(dose, market)
    pathlib.Path("model.yaml").write_text(HEAD + "".join(items))
    got = answer("run", "model.yaml", "-n", 10, "-q")["strategies"][0]["costs"]
    for name, cost in right.items():
        expect(abs(got[name]["mean"] - cost) < 1e-4, "market and dose", name, "cost", got[name]["mean"], "not", cost)


def bodies():
    cases = {
        "{dose: 5 mg/kg, price: 0.5 USD per mg}": 175, "{dose: 5 mg/kg, price: {50 mg: 30 USD, 200 mg: 100 USD}, wastage: false}": 175,
        "{dose: 5 mg per kg, vials: [100 mg], price: 0.5 USD per mg}": 200, "{dose: 5 mg/kg, vials: [100 mg], price: 0.5 USD / mg, relative dose intensity: 0.92}": 184,
        "{dose: 100 mg/m2, price: 1 USD per mg}": 100 * math.sqrt(70 * 175 / 3600), "{dose: 0.005 g/kg, price: 500 USD per g, at most: 300 mg}": 150,
        "{dose: 80 units/kg, vials: [1000 IU], price: 0.1 USD per IU}": 600, "{dose: 5 mg/kg, weight: weight + 10, price: {50 mg: 1 USD}}": 8,
        "{dose: 100 mcg/kg, price: 2 USD per mg, spread: 1 week}": 14, "{dose: 0.75 mcg, price: {0.25 mcg: 1 USD, 0.5 mcg: 1.5 USD}}": 2.5}
    items = [f"    - {{event: infusion, category: c{k}, {case[1:]}\n" for k, case in enumerate(cases)]
    pathlib.Path("model.yaml").write_text(HEAD + "".join(items))
    got = answer("run", "model.yaml", "-n", 10, "-q", "-o", "run.h5", "--trajectories", "all")
    for k, (case, cost) in enumerate(cases.items()):
        mean = got["strategies"][0]["costs"][f"c{k}"]["mean"]
        expect(abs(mean - cost) < 1e-4, case, "costs", mean, "not", cost)
    # From the file, at other prices.
    pathlib.Path("other.yaml").write_text(pathlib.Path("model.yaml").read_text().replace("50 mg: 30 USD", "50 mg: 20 USD"))
    read = answer("aggregate", "run.h5", "--model", "other.yaml", "-q")
    expect(read["run"]["checksum"] == answer("run", "other.yaml", "-n", 10, "-q")["run"]["checksum"], "other prices from the file")
    done = popgx("check", "model.yaml", "--verify")
    expect(done.returncode == 0, "check --verify says", done.stdout, done.stderr)


def sizes():
    item = "    - {event: infusion, dose: 5 mg, price: {1 mg: 1 USD, %s mg: 0.5 USD}, category: c}\n"
    for size in ("4294967295", "1e30"): # of which a count of units does not fit into 64 bits
        pathlib.Path("model.yaml").write_text(HEAD + item % size)
        done = popgx("check", "model.yaml")
        expect(done.returncode != 0 and "too fine a measure in common" in done.stderr, "vials of 1 and", size, "mg:", done.stderr)


for test in (vials, bodies, sizes):
    in_empty_folder(test)
finish()
