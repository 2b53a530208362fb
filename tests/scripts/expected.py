#!/usr/bin/env python3
"""Expected values and simulation are two implementations of one semantics: every figure of a run agrees with `--expected` within five of its
standard errors (1 in 1.7 million per figure). And what is not followed is refused by name. expected.py BUILD"""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, expect, finish, in_empty_folder, popgx  # noqa: E402

HEAD = """\
popgx: 1
currency: USD
discount: {annual: 5 %}
cycle: {length: 6 months, count: 10, payoffs at: trapezoid}
"""

# Everything at once: genes that a test misses, results that come late, chains of rules, dates, time in state, age, floors.
TANGLED = HEAD + """\
people:
  age: {by: sex, female: 60 years, male: 66.5 years}
  sex: {female: 0.4, male: rest}
  ancestry: {European: 0.6, East Asian: rest}
genes: {CYP2C19: cpic}
groups: {slow: {CYP2C19: [Poor Metabolizer, Intermediate Metabolizer]}}
tests: {pcr: {detects: {CYP2C19: ["*2"]}, cost: 90 USD, result after: 7 months, fails: 20 %}}
processes:
  life:
    transitions:
      alive: {dead: {rate: {by: [sex, age], table: mortality.csv, unit: per year}, over: cycle}, alive: rest}
    hazard ratio: {applies to: dead, value: {by: heart, well: 1, ill: 2, worse: 4}}
  heart:
    states: [well, ill, worse]
    transitions:
      well: {ill: {probability: 30 %, over: 1 year}, well: rest}
      ill: {worse: {by: cycles in state, 1: 0.1, 2: 0.3, otherwise: 0.2}, well: 0.25, dead: 0.02, ill: rest}
      worse: {ill: {by: cycle, 1 to 5: 0.1, otherwise: 0.05}, worse: rest}
    risk ratio: {applies to: worse, value: 0.5, while: {drug: new}}
    odds ratio: {applies to: leaving, from: ill, value: 1.3, while: {slow: slow, drug: [old, new]}}
    events:
      bleeding: {after: [ill to worse, well to ill], probability: {by: drug, none: 0.01, old: 0.1, new: 0.2}, set: {drug: none}}
  drug: {states: [none, old, new]}
strategies:
  usual: {well to ill: [{set: {drug: old}}]}
  tested:
    well to ill: [{set: {drug: old}, order: pcr}]
    result of pcr:
      - {when: {observed slow: slow, life: alive, heart: [ill, worse]}, set: {drug: new}}
      - {when: {observed slow: unknown}, order: pcr}
    at 3 years: [{when: {heart: well}, set: {drug: none}}]
payoffs:
  cost:
    - {while: {drug: new}, rate: 100 USD per month, category: drug}
    - {event: ill to worse, amount: {by: sex, female: 4000 USD, male: 5000 USD}, category: admission}
    - {event: bleeding, amount: 700 USD, category: admission}
  qaly:
    floor: 0
    items:
      - {while: {life: alive}, utility: 0.9}
      - {while: {heart: worse}, utility: -1.1}
"""
MORTALITY = "sex,age,value\n" + "".join(f"{sex},{age},{0.01 * (age - 55) * (2 if sex == 'male' else 1):.4g}\n" for sex in ("female", "male")
                                        for age in range(60, 71))

REFUSED = [
    (HEAD.replace("cycle: {length: 6 months, count: 10, payoffs at: trapezoid}", "horizon: 2 years") + "strategies: {usual: {}}\n", "models in cycles only"),
    (HEAD + "processes: {life: {events: {death: {to: dead, hazard: 0.1 per year}}}}\nstrategies: {usual: {}}\n", "`death` has a hazard"),
    (HEAD + "people: {age: {distribution: {uniform: [40 years, 60 years]}}}\nprocesses: {life: {transitions: {alive: {dead: {by: age, 50: 0.1, 51: 0.2}, alive: rest}}}}\n"
     "strategies: {usual: {}}\n", "`age` has a distribution"),
    (HEAD + "processes: {x: {states: [a, b], events: {visit: {delay: 1 year, to: b}}}}\nstrategies: {usual: {}}\n", "`visit` has a delay"),
    (HEAD + "people: {v: {a: 0.5, b: rest}}\ntests: {t: {reads: v, fails: 10 %, repeats: 1}}\nstrategies: {usual: {entry: [{order: t}]}}\n", "repeated when they fail"),
    (HEAD + "people: {v: {a: 0.5, b: rest}}\ntests: {t: {reads: v, result after: {exponential: {mean: 1 month}}}}\nstrategies: {usual: {entry: [{order: t}]}}\n",
     "take a random time"),
    (HEAD + "processes: {x: {states: [a, b], transitions: {a: {b: 0.5, a: rest}}}}\n"
     "strategies: {usual: {a to b: [{with probability: {per: person, value: 50 %}, set: {x: a}}]}}\n", "the same people always follow a rule"),
    (HEAD + "processes: {x: {states: [a, b], transitions: {a: {b: 0.5, a: rest}}}}\nstrategies: {usual: {}}\n"
     "payoffs: {qaly: [{event: a to b, utility: -0.1, for: 1 year}]}\n", "last for a time"),
]


def figures(strategy):
    """(name, {"mean", "se"?}) of everything that both say."""
    for group in ("outcomes", "costs", "qaly_items", "events", "occupancy_at_horizon"):
        for name, estimate in strategy[group].items():
            yield f"{group} {name}", estimate


def agree(model, patients):
    pathlib.Path("model.yaml").write_text(model)
    exact = answer("run", "model.yaml", "--expected")
    lived = answer("run", "model.yaml", "--quiet", "--patients", patients)
    for ours, theirs in zip(exact["strategies"], lived["strategies"]):
        simulated = dict(figures(theirs))
        for name, estimate in figures(ours):
            off, se = estimate["mean"] - simulated[name]["mean"], simulated[name]["se"]
            expect(abs(off) <= 5 * se + 1e-6, ours["name"], name, estimate["mean"], "simulated", simulated[name])
        trace = ours["trace"]
        expect(len(trace) == exact["run"]["cycles"] + 1, "points of time", len(trace))
        expect(abs(sum(point["cost"] for point in trace) - ours["outcomes"]["cost"]["mean"]) < 1e-6, "the trace adds up to the cost")


SCHEDULE = """\
popgx: 1
currency: USD
discount: {cost: {annual: {0 years: 5 %, 2 years: 1 %}}, qaly: {stepped: {0 years: 5 %, 2 years: 1 %}}}
cycle: {length: 6 months, count: 6, payoffs at: start}
processes: {drug: {states: [none, taken]}}
strategies: {usual: {entry: [{set: {drug: taken}}]}}
payoffs: {cost: [{while: {drug: taken}, rate: 2 USD per year, category: drug}], qaly: [{while: {drug: taken}, utility: 1}]}
"""


def schedules():
    """Half-years begin at 0, 0.5, 1, 1.5 years at 5 %, then at 2 and 2.5 years at 1 %."""
    pathlib.Path("model.yaml").write_text(SCHEDULE)
    got = answer("run", "model.yaml", "--expected")["strategies"][0]["outcomes"]
    cost = sum(1.05 ** -t for t in (0, 0.5, 1, 1.5)) + 1.05 ** -2 * (1 + 1.01 ** -0.5)
    qaly = (1 + 1 + 1 / 1.05 + 1 / 1.05 + 2 * 1.05 ** -2) / 2
    expect(abs(got["cost"]["mean"] - cost) < 1e-6 and abs(got["qaly"]["mean"] - qaly) < 1e-6, got, "but by hand", cost, qaly)
    agree(SCHEDULE, 10)


def main():
    pathlib.Path("mortality.csv").write_text(MORTALITY)
    agree(TANGLED, 100000)
    agree(TANGLED.replace("{annual: 5 %}", "{flows: {annual: {0 years: 2 %, 26 months: 9 %}}, lumps: {stepped: 6 %}}"), 20000)
    schedules()
    for model, words in REFUSED:
        pathlib.Path("model.yaml").write_text(model)
        run = popgx("run", "model.yaml", "--expected", "--json")
        expect(run.returncode == 2 and words in run.stderr and not run.stdout, words, "in", run.returncode, run.stderr)


in_empty_folder(main)
finish()
