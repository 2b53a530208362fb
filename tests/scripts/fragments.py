#!/usr/bin/env python3
"""What modellers write again and again, whole: spells in a cycle model, ratios on probabilities, one block for many drugs, doses that change, waiting for
results, survival curves with waning, background death without causes, phenoconversion. Every number is worked out here by another way. fragments.py BUILD

The single-gene model and the published CYP2C19 study are in tests/validation.
"""
import csv
import itertools
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import ROOT, answer, finish, in_empty_folder  # noqa: E402


def integral(f, end, steps=20_000):
    """Simpson's rule."""
    h = end / steps
    return h / 3 * (f(0) + f(end) + sum((4 if i % 2 else 2) * f(i * h) for i in range(1, steps)))


# ---- a cycle model with an effect of each person's own that fades with the length of the spell ----

SICK_SICKER = """\
popgx: 1
cycle: {length: 1 year, count: 30, payoffs at: every time point}
people: {x: {distribution: {uniform: [0.95, 1.05]}}}
definitions: {duration: {cycles in: [sick, sicker], including current: true}}
processes:
  drug: {states: [none, treated]}
  health:
    states: [healthy, sick, sicker]
    transitions:
      healthy: {sick: 0.15, dead: 0.005, healthy: rest}
      sick: {healthy: 0.5, sicker: 0.105, dead: 0.015, sick: rest}
      sicker: {dead: 0.05, sicker: rest}
strategies: {none: {}, treatment: {entry: [{set: {drug: treated}}]}}
payoffs:
  qaly:
    items:
      - {name: sick, while: {health: sick, drug: none}, utility: 0.75}
      - {name: treated, while: {health: sick, drug: treated}, utility: "x * (0.95 - 0.03 * (duration - 1))"}
      - {name: sicker, while: {health: sicker}, utility: 0.5}
"""


def test_a_spell_over_a_group_of_states():
    now, treated, sick, sicker = {("healthy", 0): 1.0}, 0.0, 0.0, 0.0
    ways = {"healthy": {"sick": 0.15, "dead": 0.005}, "sick": {"healthy": 0.5, "sicker": 0.105, "dead": 0.015}, "sicker": {"dead": 0.05}, "dead": {}}
    for t in range(31):
        treated += sum(p * (0.95 - 0.03 * (d - 1)) for (state, d), p in now.items() if state == "sick")
        sick += sum(p * 0.75 for (state, _), p in now.items() if state == "sick")
        sicker += sum(p * 0.5 for (state, _), p in now.items() if state == "sicker")
        then = {}
        for (state, d), p in now.items():
            for to, q in [*ways[state].items(), (state, 1 - sum(ways[state].values()))]:
                key = (to, d + 1 if to in ("sick", "sicker") else 0)
                then[key] = then.get(key, 0) + p * q
        now = then
    strategies = results_of(SICK_SICKER)
    agrees(strategies["treatment"], "qaly_items.treated", treated)
    agrees(strategies["none"], "qaly_items.sick", sick)
    agrees(strategies["treatment"], "qaly_items.sicker", sicker)


# ---- a ratio on probabilities, the rest staying ----

CHANCELLOR = """\
popgx: 1
cycle: {length: 1 year, count: 20, payoffs at: end}
processes:
  lamivudine: {states: [none, taking]}
  hiv:
    states: [A, B, C]
    transitions:
      A: {B: 350/1734, C: 116/1734, dead: 17/1734, A: rest}
      B: {C: 512/1258, dead: 15/1258, B: rest}
      C: {dead: 437/1749, C: rest}
    risk ratio: {applies to: leaving, value: 0.509, while: {lamivudine: taking}}
strategies: {one: {}, two: {entry: [{set: {lamivudine: taking}}], at 2 years: [{set: {lamivudine: none}}]}}
payoffs: {qaly: [{while: {life: alive}, utility: 1}]}
"""


def test_a_ratio_on_probabilities():
    ways = {"A": {"B": 350 / 1734, "C": 116 / 1734, "dead": 17 / 1734}, "B": {"C": 512 / 1258, "dead": 15 / 1258}, "C": {"dead": 437 / 1749}, "dead": {}}

    def years(taken):
        now, total = {"A": 1.0}, 0.0
        for cycle in range(20):
            ratio, then = 0.509 if cycle < taken else 1, {}
            for state, p in now.items():
                out = {to: q * ratio for to, q in ways[state].items()}
                for to, q in [*out.items(), (state, 1 - sum(out.values()))]:
                    then[to] = then.get(to, 0) + p * q
            now = then
            total += 1 - now.get("dead", 0)
        return total

    def run():
        pathlib.Path("model.yaml").write_text(CHANCELLOR)
        one, two = answer("run", "model.yaml", "--expected")["strategies"]
        agrees(one, "qaly", years(0), 1e-8)
        agrees(two, "qaly", years(2), 1e-8)
    in_empty_folder(run)


# ---- one block for many drugs, and a panel at the first need ----

DRUGS = """\
popgx: 1
include: [drug_block.yaml]
for each: {drug: [clopidogrel, simvastatin, warfarin], use: drug_block, with: {table: drugs.csv}}
horizon: 10 years
currency: USD
people: {variant: {carrier: 0.3, non-carrier: rest}}
tests: {panel: {reads: variant, cost: 250 USD, category: panel, result after: 14 days, fails: 5 %}}
strategies: {no panel: {}, reactive panel: {}}
"""
DRUG_FILES = {
    "drug_block.yaml": """\
blocks:
  drug_block:
    processes:
      <drug>:
        states: [none, usual, other]
        events:
          indication of <drug>: {from: none, to: usual, hazard: <rate>}
          harm of <drug>: {hazard: <harm>, while: {<drug>: [usual, other]}, repeats: once, hazard ratio: {by: [variant, <drug>], table: ratios.csv}}
    strategies:
      reactive panel:
        indication of <drug>:
          - {when: {known: {panel: false}}, order: panel}
          - {when: {known: {panel: true}, observed variant: carrier}, set: {<drug>: other}}
    payoffs: {cost: [{event: indication of <drug>, amount: <price>, category: <drug>}]}
""",
    "drugs.csv": "drug,rate,harm,price\nclopidogrel,0.05 per year,0.1 per year,10 USD\nsimvastatin,0.02 per year,0.04 per year,20 USD\nwarfarin,0.01 per year,0.2 per year,30 USD\n",
}
RATES = {"clopidogrel": (0.05, 0.1), "simvastatin": (0.02, 0.04), "warfarin": (0.01, 0.2)}


def drug_files():
    rows = "".join(f"{v},{d},{3 if v == 'carrier' and d == 'usual' else 1}\n" for v in ("carrier", "non-carrier") for d in ("none", "usual", "other"))
    files = dict(DRUG_FILES)
    for drug in RATES:
        files[f"{drug}.csv"] = f"variant,{drug},value\n{rows}"
    files["drug_block.yaml"] = files["drug_block.yaml"].replace("ratios.csv", "<drug>.csv")
    return files


def test_one_block_for_many_drugs():
    """Panels: at the first need, and again at each later one while none has said anything, unless one is on its way (2 weeks: tiny, and reckoned with)."""
    strategies = results_of(DRUGS, drug_files(), 400_000)
    for drug, (rate, harm) in RATES.items():
        price = {"clopidogrel": 10, "simvastatin": 20, "warfarin": 30}[drug]
        agrees(strategies["no panel"], f"costs.{drug}", price * (1 - math.exp(-10 * rate)))
        harmed = 0.0
        for share, ratio in ((0.3, 3), (0.7, 1)):
            h = harm * ratio
            harmed += share * (1 - math.exp(-10 * rate) - rate * (math.exp(-10 * rate) - math.exp(-10 * h)) / (h - rate))
        agrees(strategies["no panel"], f"events.harm of {drug}", harmed, 1e-5)
    # The carriers of whom an earlier need's panel told have the other drug at once; of warfarin, by the order of the needs.
    delay = 14 / 365.25
    (a, _), (b, _), (w, _) = RATES.values()

    def told_before(t):
        """That a panel ordered at another need at least two weeks before t, or at the second other need, has said something."""
        u = max(t - delay, 0)
        pa, pb = 1 - math.exp(-a * u), 1 - math.exp(-b * u)
        one, both = pa * (1 - pb) + pb * (1 - pa), pa * pb
        near = 2 * a * b * integral(lambda s: math.exp(-(a + b) * s) * delay, u, 50) if u else 0  # the second need while the first panel is on its way
        return 0.95 * one + (1 - 0.05**2) * (both - near) + 0.95 * near
    expected = 0.3 * integral(lambda t: w * math.exp(-w * t) * told_before(t), 10, 400)
    agrees(strategies["reactive panel"], "occupancy_at_horizon.warfarin.other", expected, 5e-4)


# ---- doses that change, schedules, waiting for a result ----

FREQUENCY = {"*1": 0.9, "*2A": 0.06, "HapB3": 0.04}
ACTIVITY = {"*1": 1, "*2A": 0, "HapB3": 0.5}
TOXIC = {2: {1: 0.02, 0.75: 0.01, 0.5: 0.005, 0: 0}, 1.5: {1: 0.1, 0.75: 0.06, 0.5: 0.03, 0: 0}, 1: {1: 0.2, 0.75: 0.12, 0.5: 0.05, 0: 0},
         0.5: {1: 0.5, 0.75: 0.4, 0.5: 0.3, 0: 0}, 0: {1: 0.8, 0.75: 0.7, 0.5: 0.6, 0: 0}}
DPYD = """\
popgx: 1
horizon: 200 days
currency: USD
genes: {DPYD: {alleles: alleles.csv, functions: functions.csv, rules: rules.csv}}
tests: {dpyd: {detects: {DPYD: ["*2A", HapB3]}, result after: {shares: {5 days: 70 %, 12 days: rest}}}}
quantities: {dose: {start: 100 %, levels: [100 %, 75 %, 50 %, 0 %]}, cumulative dose: {start: 0, add: {event: infusion, amount: dose}}}
processes:
  chemotherapy:
    states: [waiting, planned]
    events:
      infusion: {every: 21 days, times: 8, while: {chemotherapy: planned}}
      severe toxicity: {after: infusion, probability: {by: [DPYD activity, dose], table: toxicity.csv}}
strategies:
  usual: {entry: [{set: {chemotherapy: planned}}]}
  genotyping:
    entry:
      - {order: dpyd, wait: result, for at most: 7 days}
      - {when: {observed DPYD activity: ["1", "1.5"]}, set: {dose: 50 %}}
      - {when: {observed DPYD activity: ["0", "0.5"]}, set: {dose: 0 %}}
      - {set: {chemotherapy: planned}}
  careful: {entry: [{set: {chemotherapy: planned}}], infusion: [{when: {count of severe toxicity: at least 1, dose: 100 %}, set: {dose: 75 %}}]}
payoffs: {cost: [{event: infusion, amount: 1 USD * cumulative dose}]}
"""
DPYD_FILES = {
    "alleles.csv": "allele,frequency\n" + "".join(f"{a},{f}\n" for a, f in FREQUENCY.items()),
    "functions.csv": "allele,function,activity_value\n*1,Normal function,1\n*2A,No function,0\nHapB3,Decreased function,0.5\n",
    "rules.csv": "rule,phenotype\nactivity_score=2,normal\n" + "".join(f"activity_score={s},intermediate\n" for s in ("1.5", "1")) +
                 "".join(f"activity_score={s},poor\n" for s in ("0.5", "0")),
    "toxicity.csv": "DPYD activity,dose,value\n" + "".join(f"{s:g},{100 * d:g} %,{p}\n" for s, of in TOXIC.items() for d, p in of.items()),
}


def activities():
    share = {}
    for a, b in itertools.product(FREQUENCY, repeat=2):
        score = ACTIVITY[a] + ACTIVITY[b]
        share[score] = share.get(score, 0) + FREQUENCY[a] * FREQUENCY[b]
    return share


def test_doses_schedules_and_waiting():
    strategies = results_of(DPYD, DPYD_FILES)
    told = 0.7  # who has the result within a week; the others begin without, at full dose
    usual = genotyping = careful = cost = 0.0
    for score, share in activities().items():
        full = TOXIC[score]
        dose = 0.5 if score in (1, 1.5) else 0 if score < 1 else 1
        usual += share * 8 * full[1]
        genotyping += share * 8 * (told * full[dose] + (1 - told) * full[1])
        cost += share * 36 * (told * dose + (1 - told))
        at_full = 1.0  # the dose is 75 % from the infusion after the first toxicity on
        for _ in range(8):
            careful += share * (at_full * full[1] + (1 - at_full) * full[0.75])
            at_full *= 1 - full[1]
    agrees(strategies["usual"], "events.severe toxicity", usual)
    agrees(strategies["genotyping"], "events.severe toxicity", genotyping)
    agrees(strategies["genotyping"], "cost", cost)
    agrees(strategies["careful"], "events.severe toxicity", careful)


# ---- survival curves, waning, the general population, treatment lines ----

SURVIVAL = """\
popgx: 1
horizon: 15 years
people: {age: 60 years}
survival model:
  kind: partitioned
  progression-free: {weibull: {shape: 1.1, scale: 9 months}}
  overall: {lognormal: {meanlog: 2.9, sdlog: 0.9, in: months}, at least: {life table: general.csv, age at entry: 60 years}}
  effect: {hazard ratio: {drug: {new: 0.65, waning: {from: 2 years, to: 5 years, toward: 0.9}}}}
processes: {drug: {states: [old, new]}}
strategies: {old: {}, new: {entry: [{set: {drug: new}}]}}
payoffs:
  qaly: [{name: free, while: {survival: progression-free}, utility: 1}, {name: progressed, while: {survival: progressed}, utility: 1}]
"""


def lognormal_hazard(t, mu, sigma):
    z = (math.log(t) - mu) / sigma
    return math.exp(-z * z / 2) / (t * sigma * math.sqrt(2 * math.pi)) / (0.5 * math.erfc(z / math.sqrt(2)))


def test_survival_curves():
    strategies = results_of(SURVIVAL, {"general.csv": "age,annual_rate\n0,0.01\n65,0.09\n70,0.2\n"})
    steps, end = 30_000, 15.0
    h = end / steps
    for name, ratio in (("old", 1.0), ("new", 0.65)):
        p = o = free = alive = 0.0
        for i in range(steps):
            t = (i + 0.5) * h
            r = 1.0 if name == "old" else ratio if t < 2 else 0.9 if t > 5 else ratio + (0.9 - ratio) * (t - 2) / 3
            general = 0.01 if t < 5 else 0.09 if t < 10 else 0.2
            dp = 1.1 / 0.75 * (t / 0.75) ** 0.1 * r * h
            do = max(lognormal_hazard(t, 2.9 - math.log(12), 0.9), general) * r * h
            free += h * math.exp(-max(p + dp / 2, o + do / 2))  # one threshold for both
            alive += h * math.exp(-o - do / 2)
            p, o = p + dp, o + do
        agrees(strategies[name], "qaly_items.free", free, 2e-4, name)
        agrees(strategies[name], "qaly_items.progressed", alive - free, 2e-4, name)


LINES = """\
popgx: 1
horizon: 3 years
processes:
  line:
    states: [first line, second line, third line, best supportive care]
    events:
      first progression: {from: first line, to: second line, hazard: 0.8 per year}
      second progression: {from: second line, to: third line, hazard: 0.8 per year}
      third progression: {from: third line, to: best supportive care, hazard: 0.8 per year}
strategies: {usual: {}, skip: {first progression: [{set: {line: third line}}]}}
"""


def test_treatment_lines():
    strategies = results_of(LINES)
    for k, line in enumerate(("first line", "second line", "third line")):
        agrees(strategies["usual"], f"occupancy_at_horizon.line.{line}", math.exp(-2.4) * 2.4**k / math.factorial(k))
    agrees(strategies["skip"], "occupancy_at_horizon.line.third line", math.exp(-2.4) * 2.4)


# ---- background death without its causes; drugs that change phenotype ----

BACKGROUND = """\
popgx: 1
horizon: 4 years
people: {age: 60 years, sex: {female: 0.5, male: rest}}
genes: {CYP2C19: {cpic: European}}
phenoconversion: {CYP2C19: {activity factor: {while: {omeprazole: taking}, value: 0.5}}}
groups: {slow: {CYP2C19: [Poor Metabolizer, Intermediate Metabolizer, Likely Poor Metabolizer, Likely Intermediate Metabolizer]}}
processes:
  life: {events: {background death: {to: dead, clock: age, hazard: {life table: us.csv, by: sex, minus: [cardiac death, fatal bleed]}}}}
  omeprazole: {states: [none, taking], events: {heartburn: {from: none, to: taking, delay: 1 year}}}
  heart: {events: {cardiac death: {to: life.dead, hazard: 0.01 per year, hazard ratio: {effective slow: {slow: 3}}}}}
  gut:
    events:
      bleed: {hazard: 0.04 per year, branches: {fatal bleed: 0.25, nothing: rest}}
      fatal bleed: {immediate: always, to: life.dead}
strategies: {usual: {}}
"""


def test_background_death_and_phenoconversion():
    """Slow by the alleles: from the frequencies of *1 and *17 (no others are normal or rapid); with half the activity everybody is."""
    with open(ROOT / "jobs" / "data" / "allele_frequency.csv", encoding="utf-8", newline="") as file:
        f = {row["allele"]: float(row["frequency"]) for row in csv.DictReader(file)
             if row["gene"] == "CYP2C19" and row["biogeographic_group"] == "European" and row["model_include"] == "1"}
    with open(ROOT / "jobs" / "data" / "allele_function.csv", encoding="utf-8", newline="") as file:
        function = {row["allele"]: row["function"] for row in csv.DictReader(file) if row["gene"] == "CYP2C19"}
    low = {"No function", "Decreased function"}
    total = sum(f.values())
    slow = sum(p * q / total**2 for (a, p), (b, q) in itertools.product(f.items(), repeat=2) if function[a] in low or function[b] in low)
    strategy = results_of(BACKGROUND, {"us.csv": "sex,age,annual_rate\nfemale,0,0.05\nfemale,62,0.07\nmale,0,0.06\nmale,62,0.015\n"}, 400_000)["usual"]
    dead = 0.0
    for first, second in ((0.05, 0.07), (0.06, 0.015)):
        background = 2 * max(first - 0.02, 0) + 2 * max(second - 0.02, 0)
        for share, ratio in ((slow, 3), (1 - slow, 1)):
            dead += share / 2 * (1 - math.exp(-(background + 4 * 0.01 + 0.01 * (ratio + 3 * 3))))
    agrees(strategy, "occupancy_at_horizon.life.dead", dead, 1e-5)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
