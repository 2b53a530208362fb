#!/usr/bin/env python3
"""Mixed ancestry: shares of phenotypes against the sum over all pairs of alleles. admixture.py BUILD"""
import itertools
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import finish  # noqa: E402

FREQUENCY = {"African": {"*1": 0.5, "*2": 0.1, "*3": 0.4}, "European": {"*1": 0.3, "*2": 0.65, "*3": 0.05}, "Asian": {"*1": 0.9, "*2": 0.06, "*3": 0.04}}
ACTIVITY = {"*1": 1, "*2": 0.5, "*3": 0}
FILES = {
    "alleles.csv": "biogeographic_group,allele,frequency\n" + "".join(f"{g},{a},{f}\n" for g, of in FREQUENCY.items() for a, f in of.items()),
    "functions.csv": "allele,function,activity_value\n*1,Normal function,1\n*2,Decreased function,0.5\n*3,No function,0\n",
    "rules.csv": "rule,phenotype\n" + "".join(f"activity_score={s},{name}\n" for s, name in
                                               ((0, "poor"), (0.5, "slow"), (1, "medium"), (1.5, "good"), (2, "fast"))),
}
LEVELS = {0: "poor", 0.5: "slow", 1: "medium", 1.5: "good", 2: "fast"}
MODEL = """\
popgx: 1
horizon: 2 days
people:
{people}
genes: {{G: {gene}}}
processes:
  life:
    events:
{events}strategies: {{usual: {{}}}}
"""
GENE = "{alleles: alleles.csv, functions: functions.csv, rules: rules.csv}"


def run(people, gene=GENE, more=(), **how):
    events = "".join(f"      {name}: {{delay: 1 day, repeats: once, while: {{{condition}}}}}\n"
                     for name, condition in [(level, f"G: {level}") for level in LEVELS.values()] + list(more))
    return results_of(MODEL.format(people=people, gene=gene, events=events), FILES, **how)["usual"]


def phenotypes(pairs):
    """pairs: (probability of alleles a and b)."""
    share = dict.fromkeys(LEVELS.values(), 0.0)
    for (a, b), p in pairs.items():
        share[LEVELS[ACTIVITY[a] + ACTIVITY[b]]] += p
    return share


def independent(f):
    return {(a, b): f[a] * f[b] for a, b in itertools.product(ACTIVITY, repeat=2)}


def mixed(*parts):
    total = {}
    for weight, pairs in parts:
        for pair, p in pairs.items():
            total[pair] = total.get(pair, 0) + weight * p
    return total


def mixture(shares):
    return {a: sum(share * FREQUENCY[g][a] for g, share in shares.items()) for a in ACTIVITY}


def check(strategy, pairs, what):
    for level, share in phenotypes(pairs).items():
        agrees(strategy, f"events.{level}", share, what=what)


def test_one_share_for_all():
    people = "  ancestry: {African American: 0.4, Asian: rest}\n  admixture: {African American: {African: 0.8, European: rest}}"
    expected = mixed((0.4, independent(mixture({"African": 0.8, "European": 0.2}))), (0.6, independent(FREQUENCY["Asian"])))
    check(run(people), expected, "fixed shares")


def test_shares_of_each_person():
    """With shares s ~ beta(2, 1): E s^2 = 1/2, E s (1 - s) = 1/6, E (1 - s)^2 = 1/6; both alleles of a person know the same s."""
    people = """\
  ancestry: {African American: 0.7, Asian: rest}
  African share: {distribution: {beta: [2, 1]}}
  admixture: {African American: {African: African share, European: rest}}"""
    a, e = FREQUENCY["African"], FREQUENCY["European"]
    own = {(x, y): a[x] * a[y] / 2 + (a[x] * e[y] + e[x] * a[y]) / 6 + e[x] * e[y] / 6 for x, y in itertools.product(ACTIVITY, repeat=2)}
    check(run(people), mixed((0.7, own), (0.3, independent(FREQUENCY["Asian"]))), "personal shares")


def test_three_groups_by_expressions():
    """Two kinds of people by a level: 0.5, 0.3, 0.2 and 0.1, 0.3, 0.6 of three groups."""
    people = """\
  place: {town: 0.25, country: rest}
  first share: 0.1 + 0.4 * (place = town)
  ancestry: {all: 1}
  admixture: {all: {African: first share, European: 0.3, Asian: rest}}"""
    shares = [(0.25, (0.5, 0.3, 0.2)), (0.75, (0.1, 0.3, 0.6))]
    check(run(people), mixed(*((w, independent(mixture(dict(zip(FREQUENCY, s))))) for w, s in shares)), "three groups")


def test_a_copy_on_the_x_chromosome():
    """Men have one copy: the mixture itself; women two."""
    people = """\
  sex: {female: 0.5, male: rest}
  ancestry: {all: 1}
  share: {distribution: {uniform: [0, 1]}}
  admixture: {all: {African: share, European: rest}}"""
    a, e = FREQUENCY["African"], FREQUENCY["European"]
    files = FILES["rules.csv"]
    FILES["rules.csv"] = files + "only Normal function,medium\nonly Decreased function,slow\nonly No function,poor\n"
    women = {(x, y): (a[x] * a[y] + e[x] * e[y]) / 3 + (a[x] * e[y] + e[x] * a[y]) / 6 for x, y in itertools.product(ACTIVITY, repeat=2)}
    share = {level: p / 2 for level, p in phenotypes(women).items()}
    for allele, level in (("*1", "medium"), ("*2", "slow"), ("*3", "poor")):
        share[level] += (a[allele] + e[allele]) / 4
    strategy = run(people, GENE[:-1] + ", inheritance: X-linked}")
    FILES["rules.csv"] = files
    for level, p in share.items():
        agrees(strategy, f"events.{level}", p, what="X-linked")


def test_the_share_acts_on_a_hazard():
    """A hazard of 1 a day times the share, uniform, for a day: 1 - (1 - 1/e)."""
    model = MODEL.format(people="  ancestry: {all: 1}\n  share: {distribution: {uniform: [0, 1]}}\n"
                         "  admixture: {all: {African: share, European: rest}}", gene=GENE,
                         events="      ill: {hazard: 0.5 per day, hazard ratio: share, repeats: once}\n")
    agrees(results_of(model, FILES)["usual"], "events.ill", 1 - (1 - math.exp(-1)), 1e-4)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
