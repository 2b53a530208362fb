#!/usr/bin/env python3
"""A model in cycles that has everything at once: probabilities by age, sex and length of the spell, rates, ratios of three kinds, death as a transition of
life, payoffs counted in every way. Against a recursion written here. cycles_combined.py BUILD"""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

MODEL = """\
popgx: 1
currency: USD
discount: {cost: {annual: 3 %}, qaly: {annual: 1.5 %}}
cycle: {length: 6 months, count: COUNT, payoffs at: POINTS}
people: {age: {by: sex, female: 58.75 years, male: 60 years}, sex: {female: 0.6, male: rest}}
processes:
  drug: {states: [none, new]}
  life:
    transitions:
      alive: {dead: {rate: {by: [sex, age], table: mortality.csv}, over: cycle}, alive: rest}
    hazard ratio: {applies to: dead, value: {by: illness, ill: 2.5, otherwise: 1}}
  illness:
    states: [well, ill, worse]
    transitions:
      well: {ill: {probability: {by: age, 58 to 59: 0.05, 60 to 61: 0.1, 62: 0.2}, over: 1 year}, worse: 0.01, well: rest}
      ill: {worse: {by: [cycles in state, sex], table: spells.csv}, well: 0.2, ill: rest}
      worse: {dead: 0.1, worse: rest}
    risk ratio: {applies to: [ill, worse], from: well, value: 0.7, while: {drug: new}}
    odds ratio: {applies to: leaving, from: ill, value: {by: sex, female: 1.6, male: 0.8}, while: {drug: new}}
    hazard ratio: {applies to: worse, value: 0.5, from: ill, while: {drug: new}}
strategies:
  usual: {}
  new: {entry: [{set: {drug: new}}], at 2 years: [{set: {drug: none}}]}
payoffs:
  cost:
    - {while: {illness: ill}, rate: 1000 USD per year, category: care}
    - {while: {drug: new, life: alive}, rate: 500 USD per year, category: drug}
    - {event: ill to worse, amount: 700 USD, category: admission}
  qaly: [{name: alive, while: {life: alive}, utility: 0.8}, {name: worse, while: {illness: worse}, utility: -0.3}]
"""
RATES = {"female": {58: 0.01, 59: 0.015, 60: 0.02, 61: 0.03}, "male": {58: 0.02, 59: 0.02, 60: 0.05, 61: 0.06}}
SPELLS = {"female": {1: 0.1, 2: 0.25, 3: 0.4}, "male": {1: 0.15, 2: 0.3, 3: 0.5}}
TABLES = {"mortality.csv": "sex,age,value\n" + "".join(f"{s},{a},{r} per year\n" for s, of in RATES.items() for a, r in of.items()),
          "spells.csv": "sex,cycles in state,value\n" + "".join(f"{s},{k},{p}\n" for s, of in SPELLS.items() for k, p in of.items())}
POINTS = {"start": lambda n, k: float(k < n), "end": lambda n, k: float(k > 0), "every time point": lambda n, k: 1.0,
          "trapezoid": lambda n, k: 0.5 if k in (0, n) else 1.0, "Simpson": lambda n, k: (1 if k in (0, n) else 4 if k % 2 else 2) / 3}


def held(table, key):
    """The value of the greatest key at most this one; before the first, the first's."""
    return table[max((k for k in table if k <= key), default=min(table))]


def out_of(state, spell, sex, age, is_new):
    """Probabilities of the illness's next states, for those who survive the cycle."""
    if state == "well":
        p = {"ill": 1 - math.sqrt(1 - held({58: 0.05, 60: 0.1, 62: 0.2}, age)), "worse": 0.01}
        return {to: 0.7 * q for to, q in p.items()} if is_new else p
    if state == "ill":
        p = {"worse": held(SPELLS[sex], spell), "well": 0.2}
        if is_new:  # odds first, of leaving at all, each keeping its part; then the rate behind `worse`
            total, odds = sum(p.values()), 1.6 if sex == "female" else 0.8
            p = {to: q / total * odds * total / (1 - total + odds * total) for to, q in p.items()}
            p["worse"] = 1 - math.sqrt(1 - p["worse"])
        return p
    return {"dead": 0.1}


def recursion(is_treated, count, weight):
    figures = dict.fromkeys(("care", "drug", "admission", "qaly", "dead", "worse"), 0.0)
    for sex, share, entry in (("female", 0.6, 58.75), ("male", 0.4, 60.0)):
        now = {("well", 1): share}
        for k in range(count + 1):
            t = k / 2
            w, cost, health = weight(count, k) / 2, 1.03 ** -t, 1.015 ** -t
            # A weight of 0 at the start: what a strategy does at the end of a cycle comes after that point has been counted.
            taken = is_treated and (k <= 4 if weight(count, 0) == 0 else k < 4)
            for (state, _), p in now.items():
                figures["care"] += 1000 * w * cost * p * (state == "ill")
                figures["drug"] += 500 * w * cost * p * taken
                figures["qaly"] += w * health * p * (0.8 - 0.3 * (state == "worse"))
            if k == count:
                break
            then, is_new = {}, is_treated and k < 4
            for (state, spell), p in now.items():
                age = math.floor(entry + t)
                survive = math.exp(-held(RATES[sex], age) * 0.5 * (2.5 if state == "ill" else 1))
                out = out_of(state, spell, sex, age, is_new)
                figures["dead"] += p * (1 - survive) + p * survive * out.pop("dead", 0)
                for to, q in [*out.items()]:
                    then[to, 1] = then.get((to, 1), 0) + p * survive * q
                    if (state, to) == ("ill", "worse"):
                        figures["admission"] += 700 * 1.03 ** -(t + 0.5) * p * survive * q
                stay = p * survive * (1 - sum(out_of(state, spell, sex, age, is_new).values()))
                then[state, spell + 1] = then.get((state, spell + 1), 0) + stay
            now = then
        figures["worse"] += sum(p for (state, _), p in now.items() if state == "worse")
    return figures


def compare(strategies, count, points, slack, what):
    for strategy in strategies:
        figures = recursion(strategy["name"] == "new", count, POINTS[points])
        for name in ("care", "drug", "admission"):
            if name != "drug" or strategy["name"] == "new":
                agrees(strategy, f"costs.{name}", figures[name], slack, f"{what} {points} {strategy['name']}")
        agrees(strategy, "qaly", figures["qaly"], slack, f"{what} {points} {strategy['name']}")
        agrees(strategy, "occupancy_at_horizon.life.dead", figures["dead"], slack, f"{what} {points}")
        agrees(strategy, "occupancy_at_horizon.illness.worse", figures["worse"], slack, f"{what} {points}")


def test_expected_values():
    def run():
        for name, text in TABLES.items():
            pathlib.Path(name).write_text(text)
        for points in POINTS:
            for count in (10, 7):
                pathlib.Path("model.yaml").write_text(MODEL.replace("COUNT", str(count)).replace("POINTS", points))
                if points == "Simpson" and count % 2:
                    done = popgx("run", "model.yaml", "--expected")
                    expect(done.returncode == 2 and "model.yaml:4:" in done.stderr, "Simpson's rule with an odd number of cycles:", done.stderr)
                else:
                    compare(answer("run", "model.yaml", "--expected")["strategies"], count, points, 1e-7, f"expected, {count} cycles,")
    in_empty_folder(run)


def test_simulation():
    for points in ("Simpson", "end"):
        compare(results_of(MODEL.replace("COUNT", "10").replace("POINTS", points), TABLES, 100_000).values(), 10, points, 1e-5, "simulated")


STAY = """\
popgx: 1
cycle: {length: 1 year, count: 4, payoffs at: end}
definitions: {stay: {time in: {illness: [ill, worse]}}}
processes:
  illness:
    states: [well, ill, worse, cured]
    transitions:
      well: {ill: 1, well: rest}
      ill: {cured: 0.1 + 0.2 * (stay / 1 year), worse: 0.25, ill: rest}
      worse: {cured: 0.1 + 0.2 * (stay / 1 year), worse: rest}
strategies: {usual: {}}
"""


def test_time_in_a_group_of_states():
    """Ill from the end of the first cycle on, so for 0, 1 and 2 years when the next three begin; becoming worse begins nothing anew."""
    cured = 0.1 + 0.9 * 0.3 + 0.9 * 0.7 * 0.5

    def run():
        pathlib.Path("model.yaml").write_text(STAY)
        agrees(answer("run", "model.yaml", "--expected")["strategies"][0], "occupancy_at_horizon.illness.cured", cured, 1e-9, "expected")
    in_empty_folder(run)
    agrees(results_of(STAY)["usual"], "occupancy_at_horizon.illness.cured", cured, 1e-9, "simulated")


for test_name, test in list(globals().items()):
    if test_name.startswith("test_"):
        test()
finish()
