#!/usr/bin/env python3
"""three_drug_panel.py > three_drug_panel.csv: what three_drug_panel.yaml must give, by quadrature, without popgx.

Given what a person carries, what the panel calls and whether it fails, the three drugs are independent of each other but for death: what
one drug does, seen alone, has a harm at density f(t) and spares the life to time t with probability S(t) = 1 - q F(t); then
    harms of drug d = sum over people of  integral of e^(-mu t) f_d(t) prod over k != d of S_k(t) dt,
and life years the integral of e^(-mu t) prod S_k(t), each times the discount. Simpson's rule with 4,000 intervals; frequencies from
jobs/data, diplotypes by Hardy-Weinberg.
"""
import itertools
import math
import sys

sys.dont_write_bytecode = True
from published_data import alleles, table  # noqa: E402

HORIZON, STEPS, DEATH, DISCOUNT = 20.0, 4000, 0.02, math.log(1.03)
GROUPS = {"European": 0.7, "East Asian": 0.3}
NEED = (0.05, 0.02, 0.01)
HARM = (0.06, 0.1, 0.01)
RATIO = ({False: 1, True: 2.5}, {False: 1, True: 4}, {False: 1, True: 100})  # on the standard drug, by true risk
ALTERNATIVE = (0.9, 0.5, 2)
FATAL = (0.2, 0.05, 0.02)
COST = (20000, 8000, 5000)
NAMES = ("infarction", "neutropenia", "hypersensitivity")
FAILS, SENSITIVITY, SPECIFICITY, PRICE = 0.04, 0.95, 0.99, 250


def shares(gene, group):
    f = alleles(gene, group)
    total = sum(f.values())
    return {a: p / total for a, p in f.items()}


def phenotypes(gene):
    """A function: two alleles -> phenotype."""
    function = {r["allele"]: r["function"] for r in table("allele_function.csv") if r["gene"] == gene}
    rules = {}
    for r in table("phenotype_rules.csv"):
        if r["gene"] == gene and " + " in r["rule"]:
            rules.setdefault(frozenset(r["rule"].split(" + ")), r["phenotype"].replace(gene + " ", ""))
    return lambda a, b: rules.get(frozenset((function.get(a, ""), function.get(b, ""))), "Indeterminate")


def joint(gene, group, detected, risks):
    """{(is at risk, is called at risk): probability}"""
    f, phenotype, found = shares(gene, group), phenotypes(gene), {}
    call = {a: a if a in detected else "*1" for a in f}
    for a, b in itertools.product(f, f):
        key = phenotype(a, b) in risks, phenotype(call[a], call[b]) in risks
        found[key] = found.get(key, 0) + f[a] * f[b]
    return found


def joint_hla(group):
    f = shares("HLA-B", group)["*57:01"]
    carrier = 1 - (1 - f) ** 2
    return {(True, True): carrier * SENSITIVITY, (True, False): carrier * (1 - SENSITIVITY),
            (False, False): (1 - carrier) * SPECIFICITY, (False, True): (1 - carrier) * (1 - SPECIFICITY)}


def simpson(values):
    return (values[0] + values[-1] + 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2])) * HORIZON / STEPS / 3


TIMES = [HORIZON * i / STEPS for i in range(STEPS + 1)]
DEATHS = [math.exp(-DEATH * t) for t in TIMES]
DISCOUNTS = [math.exp(-DISCOUNT * t) for t in TIMES]


def curves(need, harm, fatal):
    """Of one drug alone: density of its harm, and survival of it."""
    f = [need * harm * (math.exp(-need * t) - math.exp(-harm * t)) / (harm - need) for t in TIMES]
    total = [1 - (harm * math.exp(-need * t) - need * math.exp(-harm * t)) / (harm - need) for t in TIMES]
    return f, [1 - fatal * x for x in total]


def person(at_risk, on_alternative, found):
    """Adds up events, costs and life years of people like this: found(name, value)."""
    rates = [HARM[d] * (ALTERNATIVE[d] if on_alternative[d] else RATIO[d][at_risk[d]]) for d in range(3)]
    drugs = [curves(NEED[d], rates[d] + 1e-12, FATAL[d]) for d in range(3)]
    alive = [DEATHS[i] * drugs[0][1][i] * drugs[1][1][i] * drugs[2][1][i] for i in range(STEPS + 1)]
    for d in range(3):
        others = [alive[i] / drugs[d][1][i] * drugs[d][0][i] for i in range(STEPS + 1)]
        found("events", NAMES[d], simpson(others))
        found("cost category", NAMES[d], COST[d] * simpson([o * v for o, v in zip(others, DISCOUNTS)]))
        needs = [NEED[d] * math.exp(-NEED[d] * t) * alive[i] / drugs[d][1][i] for i, t in enumerate(TIMES)]
        found("needs", d, simpson(needs))
        found("discounted needs", d, simpson([n * v for n, v in zip(needs, DISCOUNTS)]))
    found("life_years_undiscounted", "", simpson(alive))
    found("qaly", "", 0.8 * simpson([a * v for a, v in zip(alive, DISCOUNTS)]))


def first_needs(discount):
    """Of all three drugs, before anything but background death can have happened."""
    rate = sum(NEED)
    total = rate + DEATH + discount
    return rate / total * (1 - math.exp(-total * HORIZON))


def expected(strategy):
    sums, orders = {}, {"events": 0.0, "cost": 0.0}
    classes = {}
    for group, share in GROUPS.items():
        joints = (joint("CYP2C19", group, {"*2", "*3"}, {"Poor Metabolizer", "Likely Poor Metabolizer", "Intermediate Metabolizer",
                                                        "Likely Intermediate Metabolizer"}),
                  joint("TPMT", group, {"*2", "*3A"}, {"Poor Metabolizer", "Intermediate Metabolizer"}), joint_hla(group))
        for combination in itertools.product(*(j.items() for j in joints)):
            p = share * combination[0][1] * combination[1][1] * combination[2][1]
            at_risk = tuple(key[0] for key, _ in combination)
            called = tuple(key[1] for key, _ in combination)
            for fails, q in ((True, FAILS), (False, 1 - FAILS)):
                alternative = called if strategy != "no test" and not fails else (False,) * 3
                key = at_risk, alternative, fails
                classes[key] = classes.get(key, 0) + p * q
    for (at_risk, alternative, fails), p in classes.items():
        here = {}
        person(at_risk, alternative, lambda figure, name, value, h=here: h.__setitem__((figure, name), value))
        for key, value in here.items():
            sums[key] = sums.get(key, 0) + p * value
        if strategy == "when first needed":     # who has no result asks for it each time
            orders["events"] += p * (sum(here["needs", d] for d in range(3)) if fails else first_needs(0))
            orders["cost"] += p * PRICE * (sum(here["discounted needs", d] for d in range(3)) if fails else first_needs(DISCOUNT))
    if strategy == "in advance":
        orders = {"events": 1, "cost": PRICE}
    if strategy != "no test":
        sums["events", "order of panel"], sums["cost category", "test"] = orders["events"], orders["cost"]
    for d, drug in enumerate(("clopidogrel", "azathioprine", "abacavir")):
        sums["events", "indication of " + drug] = sums["needs", d]
    sums["cost", ""] = sum(value for (figure, _), value in sums.items() if figure == "cost category")
    return {key: value for key, value in sums.items() if "needs" not in key[0]}


print("figure,name,strategy,comparator,expected,se,source")
for arm in ("no test", "when first needed", "in advance"):
    for (figure, name), value in sorted(expected(arm).items()):
        print(f"{figure},{name},{arm},,{value:.10g},0,three_drug_panel.py")
