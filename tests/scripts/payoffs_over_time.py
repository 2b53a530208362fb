#!/usr/bin/env python3
"""Factors that follow age or the time since something, with floors, caps, products and minima, by year and as expected values: against integrals and sums
that are worked out here. payoffs_over_time.py BUILD

Nothing in the models is left to chance but sex, so that all figures of one sex are exact to the rounding of times to minutes.
"""
import csv
import io
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

RATE = math.log(1.03)
DEATH = 5.25

# Age 60.5 at entry; ill from 1, worse from 2.5, cured from 3.5; relapses at 2 and 4; dead at 5.25 years. `%s` is the outcome of health.
MODEL = """\
popgx: 1
horizon: 6 years
currency: USD
people: {age: 60.5 years, sex: {female: %d, male: rest}}
discount: {annual: 3 %%}
processes:
  illness:
    states: [well, ill, worse, cured]
    events:
      onset: {from: well, to: ill, delay: 1 year}
      progression: {from: ill, to: worse, delay: 1.5 years}
      cure: {from: worse, to: cured, delay: 1 year}
  heart: {events: {relapse: {delay: 2 years, repeats: 2}}}
  life: {events: {death: {to: dead, delay: 5.25 years}}}
strategies: {usual: {}}
payoffs:
  cost:
    - {while: {life: alive}, rate: 100 USD per year, by time: {since: relapse, steps: {0 days: 3, 6 months: 1, 1 year: 0.5}}, category: relapse, payer: plan}
    - {while: {illness: [ill, worse]}, rate: 1 USD per year, by time: {since: {illness: [ill, worse]}, table: costs.csv, by: sex}, category: illness}
    - {while: {illness: [well, ill, cured]}, rate: 10 USD per year, by time: {since: {illness: [well, ill]}, steps: {0 days: 1, 6 months: 2, 3 years: 3}}, category: entry}
    - {while: {illness: ill}, rate: 5 USD per year, by age: {polynomial: [1, 0.1]}, category: mixed}
    - {while: {illness: well}, rate: 7 USD per year, category: mixed}
  work: {unit: hours, items: [{while: {illness: worse}, rate: 2 per year, by time: {since: [relapse, onset], steps: {0 days: 10, 9 months: 1}}, name: lost}]}
  qaly:
    %s
    items:
      - {name: norm, while: {life: alive}, utility: 1, by age: {polynomial: [0.95, -0.003]}}
      - {name: ill, while: {illness: ill}, utility: 0.8}
      - {name: recent, while: {life: alive}, utility: %s, by time: {since: relapse, steps: {0 days: 0.5, 1 year: 0.9}}}
      - {name: pain, event: progression, utility: 0.7, for: 18 months}
report: {years: true}
"""
COSTS = "time,sex,value\n0 months,female,1000\n3 months,female,500\n0 months,male,800\n2 years,male,100\n"


def step(time, steps):
    """The value of the last step that has begun; None before the first."""
    value = None
    for start, each in steps:
        if time >= start:
            value = each
    return value


def since(time, *starts):
    """Time since the last of the starts, or before them all minus infinity."""
    return time - max((start for start in starts if start <= time), default=math.inf)


CUTS = sorted({0, DEATH, 1, 2, 2.5, 3, 3.5, 4, 4.5, 5, 1.25, 2.75, 0.25, 1.75, 4.75} | {k + 0.5 for k in range(6)} | {float(k) for k in range(6)})


def integral(rate, first=0, last=DEATH):
    """Of a rate that changes at CUTS only, discounted."""
    cuts = sorted({first, last} | {cut for cut in CUTS if first < cut < last})
    worth = [(math.exp(-RATE * a) - math.exp(-RATE * b)) / RATE for a, b in zip(cuts, cuts[1:])]
    return sum(each * rate((a + b) / 2) for a, b, each in zip(cuts, cuts[1:], worth))


RATES = {
    "costs.relapse": lambda t, sex: 100 * (step(since(t, 2, 4), [(0, 3), (0.5, 1), (1, 0.5)]) or 0),
    "costs.illness": lambda t, sex: step(t - 1, [(0, 1000), (0.25, 500)] if sex == "female" else [(0, 800), (2, 100)]) if 1 <= t < 3.5 else 0,
    "costs.entry": lambda t, sex: 10 * step(t, [(0, 1), (0.5, 2), (3, 3)]) if t < 2.5 or t >= 3.5 else 0,
    "costs.mixed": lambda t, sex: 7 if t < 1 else 5 * (1 + 0.1 * math.floor(60.5 + t)) if t < 2.5 else 0,
    "work": lambda t, sex: 2 * step(since(t, 1, 2, 4), [(0, 10), (0.75, 1)]) if 2.5 <= t < 3.5 else 0,
}


def utilities(t, recent):
    """Those that are on."""
    factor = step(since(t, 2, 4), [(0, 0.5), (1, 0.9)])
    on = [0.95 - 0.003 * math.floor(60.5 + t)]
    return on + [0.8] * (1 <= t < 2.5) + [0.7] * (2.5 <= t < 4) + ([] if factor is None else [recent * factor])


COMBINATIONS = {
    "combine: multiplicative": (1, math.prod),
    "combine: minimum": (1, min),
    "combine: multiplicative\n    cap: 0.7\n    floor: 0.3": (1, lambda on: min(max(math.prod(on), 0.3), 0.7)),
    "cap: 1.5\n    floor: 0.6": (-1, lambda on: min(max(sum(on), 0.6), 1.5)),
    "combine: additive": (-1, sum),
}


def by_continuous_time():
    for n, (key, (recent, combine)) in enumerate(COMBINATIONS.items()):
        is_female = n % 2
        unwatched = MODEL.replace("report: {years: true}\n", "")  # the ledger then takes its short ways
        strategy = results_of(unwatched % (is_female, key, recent), {"costs.csv": COSTS}, 10)["usual"]
        for name, rate in RATES.items():
            agrees(strategy, name, integral(lambda t: rate(t, ["male", "female"][is_female])), 1e-6, key)
        agrees(strategy, "qaly", integral(lambda t: combine(utilities(t, recent))), 2e-6, key)


def by_year():
    """Each year is an integral of its own."""
    def run():
        pathlib.Path("model.yaml").write_text(MODEL % (1, "combine: multiplicative", 1))
        pathlib.Path("costs.csv").write_text(COSTS)
        done = popgx("run", "model.yaml", "-n", 10, "-q", "--csv")
        expect(done.returncode == 0, "a report by year", done.stderr)
        compared = 0
        for row in csv.DictReader(io.StringIO(done.stdout)):
            rate = {("cost", "relapse"): lambda t: RATES["costs.relapse"](t, "female"), ("work", ""): lambda t: RATES["work"](t, "female"),
                    ("qaly", ""): lambda t: math.prod(utilities(t, 1))}.get((row["outcome"], row["item"]))
            if rate and row["part"] == "year":
                compared += 1
                year = int(float(row["time"])) - 1
                value = integral(rate, year, min(year + 1, DEATH)) if year < DEATH else 0
                expect(abs(float(row["value"]) - value) <= 2e-6 * max(1, value), "year", year, row, "not", value)
        expect(compared == 4 + 2 + 6, "years that were compared:", compared)

    in_empty_folder(run)


CYCLES = """\
popgx: 1
currency: USD
discount: {annual: 4 %%}
cycle: {length: 6 months, count: 9, payoffs at: %s}
people: {age: {by: sex, female: 60.5 years, male: 64 years}, sex: {female: 0.4, male: rest}}
processes:
  illness: {states: [well, ill], transitions: {well: {ill: 0.2, dead: 0.05, well: rest}, ill: {dead: 0.1, well: 0.15, ill: rest}}}
strategies: {usual: {}}
payoffs:
  cost:
    - {while: {illness: ill}, rate: 100 USD per year, by age: {table: norms.csv, by: sex}, category: care}
    - {while: {illness: ill}, rate: 100 USD per year, by time: {since: {illness: ill}, steps: {0 years: 10, 1 year: 5, 2 years: 1}}, category: since ill}
    - {while: {}, rate: 100 USD per year, by time: {since: ill to well, steps: {0 years: 10, 1 year: 5, 2 years: 1}}, category: since well}
    - {while: {illness: well}, rate: 100 USD per year, by time: {since: {illness: well}, steps: {0 years: 10, 1 year: 5, 2 years: 1}}, category: since entry}
  qaly:
    combine: multiplicative
    items:
      - {name: norm, while: {life: alive}, utility: 1, by age: {table: norms.csv, by: sex}}
      - {name: ill, while: {illness: ill}, utility: 0.6}
"""
SINCE = [(0, 10), (1, 5), (2, 1)]
NORMS = {"female": [(0, 0.9), (61, 0.85), (63, 0.8)], "male": [(0, 0.88), (65, 0.7), (66, 0.5)]}


def by_cycle():
    """The cohort, worked out point by point; and a simulation of it."""
    table = "age,sex,value\n" + "".join(f"{age},{sex},{value}\n" for sex, steps in NORMS.items() for age, value in steps)
    for points, weights in (("end", [0] + [1] * 9), ("trapezoid", [0.5] + [1] * 8 + [0.5])):
        cost = qaly = since_ill = since_well = since_entry = 0
        for sex, share, age in (("female", 0.4, 60.5), ("male", 0.6, 64)):
            groups = {("well", 0, None): share}  # state, half years in it, half years since the last recovery
            for point, weight in enumerate(weights):
                worth = weight * 0.5 * 1.04 ** (-point / 2)
                norm = step(math.floor(age + point / 2), NORMS[sex])
                after = {}
                for (state, spell, well), share_of in groups.items():
                    cost += worth * norm * share_of * (state == "ill") * 100
                    qaly += worth * norm * share_of * (0.6 if state == "ill" else 1)
                    by_time = worth * share_of * 100 * step(spell / 2, SINCE)
                    since_ill, since_entry = since_ill + by_time * (state == "ill"), since_entry + by_time * (state == "well")
                    since_well += 0 if well is None else worth * share_of * 100 * step(well / 2, SINCE)
                    later = None if well is None else well + 1
                    stay, leave, other = (0.75, 0.2, "ill") if state == "well" else (0.75, 0.15, "well")
                    for key, p in (((state, spell + 1, later), stay), ((other, 0, 0 if other == "well" else later), leave)):
                        after[key] = after.get(key, 0) + share_of * p
                groups = after
        for people, more in ((1, ["--expected"]), (200_000, [])):
            strategy = results_of(CYCLES % points, {"norms.csv": table}, people, 1, *more)["usual"]
            for name, value in {"care": cost, "since ill": since_ill, "since well": since_well, "since entry": since_entry}.items():
                agrees(strategy, f"costs.{name}", value, 1e-6, f"{points} {more}")
            agrees(strategy, "qaly", qaly, 1e-6, f"{points} {more}")


CHANCE = """\
popgx: 1
currency: USD
horizon: 15 years
discount: {annual: 3 %}
people: {age: {distribution: {uniform: [50 years, 70 years]}}}
processes:
  life: {events: {death: {to: dead, hazard: 0.05 per year}}}
  cancer: {states: [none, found], events: {diagnosis: {from: none, to: found, hazard: 0.1 per year}}}
payoffs:
  cost: [{while: {cancer: found}, rate: 1 USD per year, by time: {since: diagnosis, steps: {0 days: 30000, 6 months: 8000, 2 years: 3000}}}]
  qaly:
    combine: multiplicative
    items:
      - {name: alive, while: {life: alive}, utility: 1, by age: {polynomial: [1, -0.003]}}
      - {name: found, while: {cancer: found}, utility: 1, by time: {since: {cancer: found}, steps: {0 days: 0.6, 1 year: 0.8}}}
strategies: {usual: {}}
"""


def by_chance():
    """Diagnoses at any time: a double integral. And what was stored gives the same to the last bit."""
    found, dead, horizon, steps = 0.1, 0.05, 15, 3000
    h = horizon / steps
    worth = [0.0]  # of a diagnosis that is followed for k steps
    for k in range(steps):
        worth.append(worth[-1] + h * math.exp(-(RATE + dead) * (k + 0.5) * h) * step((k + 0.5) * h, [(0, 30000), (0.5, 8000), (2, 3000)]))
    cost = sum(h * found * math.exp(-(found + dead + RATE) * (k + 0.5) * h) * (worth[steps - k] + worth[steps - k - 1]) / 2 for k in range(steps))
    agrees(results_of(CHANCE, None, 200_000)["usual"], "cost", cost, 1e-5)

    def stored():
        pathlib.Path("model.yaml").write_text(CHANCE)
        run = answer("run", "model.yaml", "-n", 5000, "-q", "-o", "run.h5", "--trajectories", "all")
        again = answer("aggregate", "run.h5", "-q")
        expect(run["strategies"][0]["checksum"] == again["strategies"][0]["checksum"], "a stored run has another checksum")

    in_empty_folder(stored)


def many_items():
    """Of one norm, more than there are ways to discount."""
    items = "".join(f"    - {{name: item {k}, while: {{life: alive}}, utility: 0.01, by age: {{polynomial: [0.95, -0.003]}}}}\n" for k in range(70))
    strategy = results_of(MODEL[:MODEL.index("payoffs:")] % 1 + "payoffs:\n  qaly:\n" + items, None, 10)["usual"]
    agrees(strategy, "qaly", integral(lambda t: 0.7 * (0.95 - 0.003 * math.floor(60.5 + t))), 1e-6)


by_continuous_time()
by_year()
by_chance()
many_items()
by_cycle()
finish()
