#!/usr/bin/env python3
"""What users put together: people whose numbers go together, genes under a drug that is stopped, tests that fail and err, prescribers who wait, ask and do not
always act, amounts of other years under rates that change. Each model is worked out here in another way: an integral, a sum over all cases. combinations.py BUILD

A figure may be five standard errors off (1 in 1.7 million each).
"""
import itertools
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import finish  # noqa: E402

HEAD = "popgx: 1\ncurrency: USD\n"


def integral(rate, first, last, steps=2000):
    """Simpson's rule."""
    h = (last - first) / steps
    return h / 3 * sum(rate(first + k * h) * (1 if k in (0, steps) else 4 if k % 2 else 2) for k in range(steps + 1))


def normal_cdf(z):
    return 0.5 * math.erfc(-z / math.sqrt(2))


def inverse(cdf, p, low, high):
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle) < p else (low, middle)
    return low


# ---- people and quantities ----

def test_correlated_numbers_of_several_kinds():
    """A log-normal and a beta by a Gaussian copula: given the place z of the beta among people, the log-normal has mean e^(m + s r z + s^2 (1 - r^2) / 2)."""
    strategy = results_of(HEAD + """
horizon: 2 days
people:
  weight: {distribution: {lognormal: {median: 70, sdlog: 0.25}}}
  adherence: {distribution: {beta: [2, 3]}}
  score: {distribution: {normal: [0, 2]}}
  correlated: [{of: [weight, adherence, score], correlations: [0.6, [-0.3, 0.4]]}]
processes:
  life:
    events:
      visit: {delay: 1 day, repeats: once}
      heavy and low: {delay: 1 day, repeats: once, while: {weight: more than 70, score: less than 0}}
      adherent and high: {delay: 1 day, repeats: once, while: {adherence: more than 0.385727568, score: more than 0}}
payoffs: {cost: [{event: visit, amount: 1 USD * weight * adherence}]}
strategies: {usual: {}}
""", patients=400_000)["usual"]

    def beta(z):
        return inverse(lambda x: 6 * x**2 - 8 * x**3 + 3 * x**4, normal_cdf(z), 0, 1)

    s, r = 0.25, 0.6
    mean = integral(lambda z: math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * beta(z) * 70 * math.exp(s * r * z + s * s * (1 - r * r) / 2), -7, 7, 600)
    agrees(strategy, "cost", mean, 1e-6, "weight times adherence")
    agrees(strategy, "events.heavy and low", 0.25 + math.asin(0.3) / (2 * math.pi), 1e-6)
    agrees(strategy, "events.adherent and high", 0.25 + math.asin(0.4) / (2 * math.pi), 1e-6)


def test_people_from_joint_tables():
    """Ages and smoking go by sex and region as a table has them; a sum over its lines."""
    joint = {("north", "female", "young", "yes"): 0.05, ("north", "female", "young", "no"): 0.25, ("north", "female", "old", "yes"): 0.3, ("north", "female", "old", "no"): 0.4,
             ("north", "male", "young", "yes"): 0.6, ("north", "male", "young", "no"): 0.1, ("north", "male", "old", "yes"): 0.2, ("north", "male", "old", "no"): 0.1,
             ("south", "female", "young", "yes"): 0, ("south", "female", "young", "no"): 0.5, ("south", "female", "old", "yes"): 0.5, ("south", "female", "old", "no"): 0,
             ("south", "male", "young", "yes"): 0.25, ("south", "male", "young", "no"): 0.25, ("south", "male", "old", "yes"): 0.25, ("south", "male", "old", "no"): 0.25}
    region, sex = {"north": 0.3, "south": 0.7}, {"north": 0.6, "south": 0.45}  # of whom women
    price = {key: 10 + 7 * n for n, key in enumerate(joint)}
    files = {"groups.csv": "region,sex,group,share\n" + "".join(f"{r},{x},{a} {m},{p}\n" for (r, x, a, m), p in joint.items()),
             "prices.csv": "region,sex,group,value\n" + "".join(f"{r},{x},{a} {m},{price[r, x, a, m]} USD\n" for r, x, a, m in joint)}
    strategy = results_of(HEAD + """
horizon: 1 year
people:
  region: {north: 0.3, south: rest}
  sex: {by: region, north: {female: 0.6, male: rest}, south: {female: 0.45, male: rest}}
  group: {table: groups.csv, level: group, by: [region, sex]}
groups: {smoker: {group: [young yes, old yes]}}
processes: {life: {events: {visit: {delay: 1 day, repeats: once}, old smoking woman: {delay: 1 day, repeats: once, while: {sex: female, group: old yes, smoker: smoker}}}}}
payoffs: {cost: [{event: visit, amount: {by: [region, sex, group], table: prices.csv}}]}
strategies: {usual: {}}
""", files)["usual"]
    share = {(r, x, a, m): p * region[r] * (sex[r] if x == "female" else 1 - sex[r]) for (r, x, a, m), p in joint.items()}
    agrees(strategy, "cost", sum(share[key] * price[key] for key in joint), 1e-6)
    agrees(strategy, "events.old smoking woman", share["north", "female", "old", "yes"] + share["south", "female", "old", "yes"], 1e-6)


def test_people_who_enter_on_different_dates():
    """Nobody can be treated before 2026.5; those who are have half the hazard. Entry is uniform from 2024 to 2028, time at risk three years."""
    strategy = results_of(HEAD + """
horizon: 3 years
people: {age: 50 years, entry date: {distribution: {uniform: [2024 years, 2028 years]}}}
processes:
  illness:
    states: [well, ill]
    events: {onset: {from: well, to: ill, clock: calendar time, hazard: {periods: {table: law.csv}}}}
strategies: {usual: {}}
""", {"law.csv": "from_years,to_years,rate_per_year\n0,2026.5,0.2\n2026.5,9000,0.1\n"})["usual"]
    dead = integral(lambda d: 1 - math.exp(-0.1 * (3 + min(max(2026.5 - d, 0), 3))), 2024, 2026.5) + 1.5 * (1 - math.exp(-0.3))
    agrees(strategy, "events.onset", dead / 4, 1e-6)


def test_a_biomarker_that_drives_a_hazard():
    """HbA1c rises by 0.3 a year from a start of its own, falls by 1 with the drug once, and each point above 6 multiplies the hazard by 1.4."""
    strategies = results_of(HEAD + """
horizon: 5 years
people: {start of HbA1c: {distribution: {uniform: [6.5, 8.5]}}}
quantities:
  HbA1c: {start: start of HbA1c, add: {event: visit, amount: 0.3}}
  total: {start: 0, add: {event: visit, amount: HbA1c}}
processes:
  clinic: {states: [without, with], events: {visit: {delay: 1 year}}}
  heart: {states: [well, ill], events: {infarction: {from: well, to: ill, hazard: 0.02 per year, hazard ratio: "1.4 ^ (HbA1c - 6)"}}}
strategies:
  usual: {}
  drug: {visit: [{when: {HbA1c: at least 8, clinic: without}, set: {HbA1c: HbA1c - 1, clinic: with}}]}
payoffs: {cost: [{event: visit, amount: 1 USD * total, category: total}]}
""")

    def course(start, has_drug):
        """The value in each year."""
        value, values, treated = start, [start], False
        for _ in range(4):
            value += 0.3
            if has_drug and value >= 8 and not treated:
                value, treated = value - 1, True
            values.append(value)
        return values

    def mean(f):
        cuts = [6.5] + [8 - 0.3 * k for k in (4, 3, 2, 1)] + [8.5]
        return sum(integral(f, a + 1e-9, b - 1e-9, 200) for a, b in zip(cuts, cuts[1:])) / 2

    for name in ("usual", "drug"):
        ill = mean(lambda start: 1 - math.exp(-sum(0.02 * 1.4 ** (value - 6) for value in course(start, name == "drug"))))
        agrees(strategies[name], "events.infarction", ill, 1e-6, name)
    # HbA1c is added to the total after it has risen: at the k-th of four visits start + 0.3 k, and the total so far is paid.
    agrees(strategies["usual"], "costs.total", sum(sum(7.5 + 0.3 * j for j in range(1, k + 1)) for k in range(1, 5)), 1e-6)


# ---- genes ----

def test_phenoconversion_while_a_drug_is_taken():
    """The inhibitor halves the activity from the first to the third year; the hazard goes by what is effective. A panel that does not know `D` acts on what it calls."""
    files = {"alleles.csv": "allele,frequency\n*1,0.5\n*D,0.3\n*0,0.2\n",
             "functions.csv": "allele,function,activity_value\n*1,Normal function,1\n*D,Decreased function,0.5\n*0,No function,0\n",
             "rules.csv": "rule,phenotype\nactivity_score=0,poor\nactivity_score=0.5,slow\n\"activity_score in {1, 1.5}\",middle\nactivity_score=2,fast\n"}
    strategies = results_of(HEAD + """
horizon: 5 years
genes: {G: {alleles: alleles.csv, functions: functions.csv, rules: rules.csv}}
phenoconversion: {G: {activity factor: {while: {inhibitor: taking}, value: 0.5}}}
tests: {panel: {detects: {G: ["*0"]}}}
processes:
  inhibitor: {states: [no, taking, stopped], events: {start: {from: no, to: taking, delay: 1 year}, stop: {from: taking, to: stopped, delay: 2 years}}}
  drug: {states: [usual, other]}
  harm: {states: [none, harmed], events: {harm: {from: none, to: harmed, while: {drug: usual}, hazard: 0.1 per year, hazard ratio: {effective G: {poor: 4, slow: 2, middle: 1.5}}}}}
strategies:
  usual: {}
  tested: {entry: [{order: panel}], result of panel: [{when: {observed G: [poor, slow, middle]}, set: {drug: other}}]}
""", files)
    alleles = {"*1": (0.5, 1), "*D": (0.3, 0.5), "*0": (0.2, 0)}

    def ratio(score):
        """A score without a rule has the phenotype of the next lower one that has, but only 0 is no activity."""
        return 4 if score == 0 else 2 if score < 1 else 1.5 if score < 2 else 1

    usual = tested = 0
    for a, b in itertools.product(alleles, repeat=2):
        p, score = alleles[a][0] * alleles[b][0], alleles[a][1] + alleles[b][1]
        harmed = p * (1 - math.exp(-0.1 * (3 * ratio(score) + 2 * ratio(score / 2))))
        called = sum(0 if allele == "*0" else 1 for allele in (a, b))
        usual, tested = usual + harmed, tested + harmed * (called == 2)
    agrees(strategies["usual"], "events.harm", usual, 1e-6)
    agrees(strategies["tested"], "events.harm", tested, 1e-6)


def test_copies_a_deletion_and_a_narrow_panel():
    """A panel that counts no copies and knows no deletion calls *5/*4 as *4/*4 and *2xN as *2; a dose goes by the activity that is called, the hazard by the true one."""
    activity = {"*1": 1, "*2": 1, "*4": 0, "*5": 0, "*10": 0.25, "*2x2": 2}
    frequency = {"*1": 0.4, "*2": 0.2, "*4": 0.15, "*5": 0.05, "*10": 0.15, "*2x2": 0.05}
    levels = ("poor", "intermediate", "normal", "ultrarapid")
    rates = {"none": (9, 9, 9, 9), "usual": (0.8, 0.4, 0.1, 0.3), "less": (0.2, 0.1, 0.15, 0.5)}
    scores = ("activity_score=0", '"activity_score in {0.25, 0.5, 1}"', '"activity_score in {1.25, 2}"', '"activity_score in {2.25, 3, 4}"')
    files = {"alleles.csv": "allele,frequency\n" + "".join(f"{a},{p}\n" for a, p in frequency.items()),
             "functions.csv": "allele,function,activity_value,copies\n" + "".join(f"{a},of {value},{value},{0 if a == '*5' else 1}\n" for a, value in activity.items()),
             "rules.csv": "rule,phenotype\n" + "".join(f"{rule},{level}\n" for rule, level in zip(scores, levels)),
             "harm.csv": "drug,G,rate_per_year\n" + "".join(f"{drug},{g},{rate}\n" for drug, by_level in rates.items() for g, rate in zip(levels, by_level))}
    strategy = results_of(HEAD + """
horizon: 2 years
genes: {G: {alleles: alleles.csv, functions: functions.csv, rules: rules.csv}}
tests: {panel: {detects: {G: ["*2", "*4", "*10"]}}}
processes:
  drug: {states: [none, usual, less]}
  harm: {states: [none, harmed], events: {harm: {from: none, to: harmed, hazard: {by: [drug, G], table: harm.csv}}}}
strategies: {tested: {entry: [{order: panel}], result of panel: [{when: {observed G: [poor, intermediate]}, set: {drug: less}}, {otherwise: {set: {drug: usual}}}]}}
""", files)["tested"]

    def phenotype(score):
        return 0 if score == 0 else 1 if score <= 1 else 2 if score <= 2 else 3

    def called(a, b):
        """What the panel makes of two alleles: copies are not counted, and of a deletion it sees the other allele twice."""
        seen = [{"*2x2": "*2"}.get(x, x) for x in (a, b)]
        present = [x for x in seen if x != "*5"]
        seen = [x if x != "*5" else present[0] if present else "*1" for x in seen]
        return sum(activity[x] if x in ("*2", "*4", "*10") else 1 for x in seen)

    harmed = 0
    for a, b in itertools.product(frequency, repeat=2):
        rate = rates["less" if phenotype(called(a, b)) <= 1 else "usual"][phenotype(activity[a] + activity[b])]
        harmed += frequency[a] * frequency[b] * (1 - math.exp(-2 * rate))
    agrees(strategy, "events.harm", harmed, 1e-6)


# ---- tests and strategies ----

def test_rules_by_what_was_shown_age_and_history():
    """A drug is given at the first fall after which somebody was shown to carry the variant, is at least 65 years old and has fallen twice."""
    strategies = results_of(HEAD + """
horizon: 10 years
people: {age: {distribution: {uniform: [55 years, 75 years]}}, variant: {carrier: 0.4, non-carrier: rest}}
tests: {swab: {reads: variant, sensitivity: 75 %, specificity: 100 %, positive: carrier, errors: %s}}
processes:
  falls: {events: {fall: {delay: 2 years, repeats: 4}}}
  drug: {states: [no, given]}
strategies:
  once: {entry: [{order: swab}], fall: [{when: {observed variant: carrier, age now: at least 65 years, count of fall: at least 2, drug: no}, set: {drug: given}}]}
  again:
    entry: [{order: swab}]
    at 1 year: [{when: {observed variant: non-carrier}, order: swab}]
    fall: [{when: {observed variant: carrier, if: "age now >= 65 years and count of fall >= 2", drug: no}, set: {drug: given}}]
payoffs: {cost: [{while: {drug: given}, rate: 1 USD per year, category: drug}]}
""".replace("%s", "independent"))
    # Falls at 2, 4, 6 and 8 years: from the second on, at the first at which the age is 65; six, four or two years are left.
    years = (6 * 14 + 4 * 2 + 2 * 2) / 20
    agrees(strategies["once"], "costs.drug", 0.4 * 0.75 * years, 1e-6)
    agrees(strategies["again"], "costs.drug", 0.4 * (1 - 0.25**2) * years, 1e-6)


def test_a_result_is_awaited_and_a_drug_is_asked_for():
    """Tests fail, are repeated, err and take 2 to 12 days; people die meanwhile; prescribers wait 8 days, do not
    always act, and must ask, which takes 5 days."""
    strategy = results_of(HEAD + """
horizon: 100 days
people: {place: {town: 0.6, country: rest}, variant: {carrier: 0.25, non-carrier: rest}}
tests:
  panel:
    reads: variant
    positive: carrier
    sensitivity: 80 %
    specificity: 90 %
    errors: the same
    fails: {by: place, town: 20 %, country: 50 %}
    repeats: 1
    repeat cost: 30 USD
    cost: 100 USD
    cost at: result
    result after: {uniform: [2 days, 12 days]}
    available: {by: place, town: 90 %, country: 60 %}
processes:
  life: {events: {death: {to: dead, hazard: 0.01 per day}}}
  drug: {states: [none, interim, standard, new, generic]}
strategies:
  guided:
    entry:
      - {set: {drug: interim}, order: panel, wait: result, for at most: 8 days}
      - {when: {observed variant: carrier}, with probability: {by: place, town: 90 %, country: 50 %}, set: {drug: new},
         authorisation: {takes: 5 days, denied: 30 %, if denied: {set: {drug: generic}}}}
      - {otherwise: {set: {drug: standard}}}
payoffs:
  cost:
    - {while: {drug: interim}, rate: 1 USD per day, category: interim}
    - {while: {drug: standard}, rate: 1 USD per day, category: standard}
    - {while: {drug: new}, rate: 1 USD per day, category: new}
    - {while: {drug: generic}, rate: 1 USD per day, category: generic}
""", patients=400_000)["guided"]
    rate, shown = 0.01, 0.25 * 0.8 + 0.75 * 0.1

    def lived(a, b):
        return (math.exp(-rate * a) - math.exp(-rate * b)) / rate

    def over_waits(f, fails):
        """Of the day on which the rules go on, and whether a result is known: an analysis that fails is made again when it should have been ready."""
        at_once = integral(lambda t: f(t, True), 2, 8) / 10 + 0.4 * f(8, False)
        again = integral(lambda t: (t - 4) / 100 * ((1 - fails) * f(t, True) + fails * f(t, False)), 4, 8) + 0.92 * f(8, False)
        return (1 - fails) * at_once + fails * again

    expected = dict.fromkeys(("interim", "standard", "new", "generic"), 0.0)
    for share, fails, acts in ((0.6 * 0.9, 0.2, 0.9), (0.4 * 0.6, 0.5, 0.5)):
        asks = shown * acts
        expected["interim"] += share * over_waits(lambda t, known: lived(0, t) + known * asks * lived(t, t + 5), fails)
        expected["standard"] += share * over_waits(lambda t, known: (1 - known * asks) * lived(t, 100), fails)
        expected["new"] += share * over_waits(lambda t, known: 0.7 * known * asks * lived(t + 5, 100), fails)
        expected["generic"] += share * over_waits(lambda t, known: 0.3 * known * asks * lived(t + 5, 100), fails)
    expected["standard"] += (0.6 * 0.1 + 0.4 * 0.4) * lived(0, 100)  # who cannot have the test does not wait
    for name, days in expected.items():
        agrees(strategy, f"costs.{name}", days, 2e-5, "days of")
    # Whoever lives to see it pays for the repeat and for the result.
    seen, tested, again = integral(lambda t: math.exp(-rate * t), 2, 12) / 10, 0.6 * 0.9 + 0.4 * 0.6, 0.6 * 0.9 * 0.2 + 0.4 * 0.6 * 0.5
    agrees(strategy, "costs.test", 30 * again * seen + 100 * ((tested - again) * seen + again * seen**2), 1e-6)


# ---- payoffs ----

def test_utilities_that_stack_replace_and_extend_together():
    """Relapses at 1, 2 and 3 years, each effect for 1.5 years; utilities multiply, between a floor and a cap."""
    strategy = results_of(HEAD + """
horizon: 7 years
discount: {continuous: 0.04, per: 1 year}
processes: {illness: {events: {relapse: {delay: 1 year, repeats: 3}}}}
payoffs:
  qaly:
    combine: multiplicative
    floor: 0.35
    cap: 0.9
    items:
      - {name: alive, while: {life: alive}, utility: 0.95}
      - {name: stack, event: relapse, utility: 0.8, for: 18 months, repeats: stack}
      - {name: replace, event: relapse, utility: 0.7, for: 18 months, repeats: replace}
      - {name: extend, event: relapse, utility: 0.9, for: 18 months, repeats: extend}
strategies: {usual: {}}
""", patients=10)["usual"]

    def utility(t):
        stacked = sum(start <= t < start + 1.5 for start in (1, 2, 3))
        made = 0.95 * 0.8**stacked * (0.7 if 1 <= t < 4.5 else 1) * (0.9 if 1 <= t < 5.5 else 1)
        return min(max(made, 0.35), 0.9)

    cuts = [0, 1, 2, 2.5, 3, 3.5, 4.5, 5.5, 7]
    agrees(strategy, "qaly", sum(utility((a + b) / 2) * (math.exp(-0.04 * a) - math.exp(-0.04 * b)) / 0.04 for a, b in zip(cuts, cuts[1:])), 1e-6)


def test_prices_payers_and_rates():
    """Whole years are discounted for what flows, and rates change for what falls due at once; a spread amount is cut at death by one payer and paid on by another."""
    strategy = results_of(HEAD + """
horizon: 6 years
discount: {cost: {flows: {stepped: 3.5 %}, lumps: {annual: {0 years: 4 %, 2 years: 2 %}}}, qaly: {annual: 0 %}}
price year: 2024
price index: {2015: 80, 2024: 100}
resources: {bed day: {price: 400 USD, price year: 2015}}
people: {weight: 71, height: 170}
processes:
  life: {events: {death: {to: dead, delay: 4.5 years}}}
  stay: {events: {admission: {delay: 3 years, repeats: once}, infusion: {every: 1 year, first after: 6 months, times: 3}}}
payoffs:
  cost:
    - {while: {life: alive}, rate: 100 USD per year, price year: 2015, category: care, payer: plan}
    - {event: admission, uses: {bed day: 4}, category: hospital, payer: plan}
    - {event: admission, amount: 2000 USD, spread: 2 years, category: cut, payer: patient}
    - {event: admission, amount: 2000 USD, spread: 2 years, if dead: pay, category: paid on, payer: plan}
    - {event: infusion, dose: 3 mg/kg, vials: [100 mg], price: 2 USD per mg, price year: 2015, category: drug, payer: plan}
strategies: {usual: {}}
""", patients=10)["usual"]

    def flows(a, b):
        return sum(max(min(b, k + 1) - max(a, k), 0) * 1.035**-k for k in range(6))

    def lump(t):
        return 1.04 ** -min(t, 2) * 1.02 ** -max(t - 2, 0)

    expected = {"care": 125 * flows(0, 4.5), "hospital": 4 * 500 * lump(3), "cut": 1000 * flows(3, 4.5), "paid on": 1000 * flows(3, 5),
                "drug": 3 * 100 * 2.5 * (lump(0.5) + lump(1.5) + lump(2.5))}
    for name, value in expected.items():
        agrees(strategy, f"costs.{name}", value, 2e-6)
    agrees(strategy, "cost paid by patient", expected["cut"], 2e-6)
    agrees(strategy, "cost paid by plan", sum(expected.values()) - expected["cut"], 2e-6)
    agrees(strategy, "cost of bed day", expected["hospital"], 2e-6)


# ---- composition ----

def test_overrides_by_name_of_what_blocks_and_files_bring():
    """Two drugs of a table by one block; the model changes the delay of one, a parameter of the file that it includes, and adds a payoff to those of the copies."""
    strategy = results_of(HEAD + """
include: base.yaml
horizon: 10 years
parameters: {price: 3 USD per year}
for each: {drug: [a, b], use: course, with: {table: drugs.csv}}
processes: {b: {events: {start of b: {delay: 4 years}}}}
payoffs: {cost: [{while: {a: taking, b: taking}, rate: price * 100, category: both}]}
strategies: {usual: {}}
""", {"base.yaml": """
parameters: {price: 1 USD per year, factor: 2}
blocks:
  course:
    processes: {<drug>: {states: [none, taking], events: {start of <drug>: {from: none, to: taking, delay: <start>}}}}
    payoffs: {cost: [{while: {<drug>: taking}, rate: price * factor * <relative price>, category: <drug>}]}
""", "drugs.csv": "drug,start,relative price\na,1 year,5\nb,2 years,7\n"}, patients=10)["usual"]
    agrees(strategy, "costs.a", 9 * 3 * 2 * 5)
    agrees(strategy, "costs.b", 6 * 3 * 2 * 7)
    agrees(strategy, "costs.both", 6 * 300)


test_people_from_joint_tables()
test_copies_a_deletion_and_a_narrow_panel()
test_rules_by_what_was_shown_age_and_history()
test_overrides_by_name_of_what_blocks_and_files_bring()
test_correlated_numbers_of_several_kinds()
test_people_who_enter_on_different_dates()
test_a_biomarker_that_drives_a_hazard()
test_phenoconversion_while_a_drug_is_taken()
test_a_result_is_awaited_and_a_drug_is_asked_for()
test_utilities_that_stack_replace_and_extend_together()
test_prices_payers_and_rates()
finish()
