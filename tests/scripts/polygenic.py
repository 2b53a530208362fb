#!/usr/bin/env python3
"""Polygenic scores: hazards and conditions by the score against the sum over all genotypes. polygenic.py BUILD"""
import itertools
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import expect, finish, in_empty_folder, popgx  # noqa: E402

ALLELES = {"A": {"*1": 0.6, "*2": 0.1, "*3": 0.3}, "B": {"*1": 0.9, "*2": 0.04, "*3": 0.06}}
SITES = {"rs1": (0.7, {"A": 0.2, "B": 0.5}), "rs2": (-0.4, {"A": 0.6, "B": 0.1}), "rs3": (0.25, {"A": 0.05, "B": 0.35})}
WEIGHT = {"*1": 0, "*2": 0.5, "*3": -0.3}
FILES = {
    "alleles.csv": "biogeographic_group,allele,frequency\n" + "".join(f"{g},{a},{f}\n" for g, of in ALLELES.items() for a, f in of.items()),
    "sites.csv": "site,weight,frequency,biogeographic_group\n" + "".join(f"{s},{w},{f},{g}\n" for s, (w, of) in SITES.items() for g, f in of.items()),
}
MODEL = """\
popgx: 1
horizon: 1 year
people:
  ancestry: {{A: 0.3, B: rest}}
  score: {{polygenic: {score}}}
{more}genes: {{G: {{alleles: alleles.csv, rules: genotypes}}}}
processes:
  a: {{events: {{ill: {{hazard: 0.5 per year, repeats: once, hazard ratio: exp(0.6 * score)}}}}}}
  b: {{events: {{high: {{delay: 1 day, repeats: once, while: {{score: more than 0.31}}}}}}}}
payoffs: {{cost: [{{event: high, amount: 1 USD * score}}]}}
currency: USD
strategies: {{usual: {{}}}}
"""


def scores(ancestry, with_alleles=True, frequency=None):
    """(score, probability) of everybody."""
    frequency = frequency or (lambda site: SITES[site][1][ancestry])
    copies = [[(0, (1 - f) ** 2), (w, 2 * f * (1 - f)), (2 * w, f * f)] for s, (w, _) in SITES.items() for f in [frequency(s)]]
    f = ALLELES[ancestry]
    if with_alleles:
        copies.append([(WEIGHT[a] + WEIGHT[b], f[a] * f[b]) for a, b in itertools.product(f, repeat=2)])
    for combination in itertools.product(*copies):
        yield sum(x for x, _ in combination), math.prod(p for _, p in combination)


def moments(ancestry):
    mean = sum(p * x for x, p in scores(ancestry))
    return mean, sum(p * x * x for x, p in scores(ancestry)) - mean**2


def average(of, change=lambda x, ancestry: x, **how):
    return sum(share * p * of(change(x, ancestry)) for ancestry, share in (("A", 0.3), ("B", 0.7)) for x, p in scores(ancestry, **how))


def ill(x):
    return 1 - math.exp(-0.5 * math.exp(0.6 * x))


def run(score, more=""):
    return results_of(MODEL.format(score=score, more=more), FILES)["usual"]


BOTH = 'sites: sites.csv, alleles: {G: {"*2": 0.5, "*3": -0.3}}'


def test_the_sum():
    strategy = run("{%s}" % BOTH)
    agrees(strategy, "events.ill", average(ill), 2e-4)
    agrees(strategy, "events.high", average(lambda x: x > 0.31))
    agrees(strategy, "cost", average(lambda x: x if x > 0.31 else 0), 1e-5)


def test_standardised_by_ancestry():
    known = {ancestry: moments(ancestry) for ancestry in ALLELES}

    def standard(x, ancestry):
        return (x - known[ancestry][0]) / math.sqrt(known[ancestry][1])
    strategy = run("{%s, standardised: by ancestry}" % BOTH)
    agrees(strategy, "events.ill", average(ill, standard), 2e-4)
    agrees(strategy, "events.high", average(lambda x: x > 0.31, standard))
    strategy = run("{%s, standardised: {mean: 0.2, sd: 0.5}}" % BOTH)
    agrees(strategy, "events.high", average(lambda x: x > 0.31, lambda x, _: (x - 0.2) / 0.5))


def test_remainder():
    """A normal remainder of variance 0.49; standardised, the variance of both together counts."""
    def above(mean, sd):
        return 0.5 * math.erfc((0.31 - mean) / sd / math.sqrt(2))
    agrees(run("{%s, remainder: 0.49}" % BOTH), "events.high", average(lambda x: above(x, 0.7)))
    known = {ancestry: moments(ancestry) for ancestry in ALLELES}
    expected = sum(share * p * above((x - known[a][0]) / math.sqrt(known[a][1] + 0.49), 0.7 / math.sqrt(known[a][1] + 0.49))
                   for a, share in (("A", 0.3), ("B", 0.7)) for x, p in scores(a))
    agrees(run("{%s, remainder: 0.49, standardised: by ancestry}" % BOTH), "events.high", expected)


def test_shares_of_each_person():
    """In B, shares of 0.25 and 0.75 of A: each copy of a site with the person's own frequency."""
    more = "  place: {town: 0.5, country: rest}\n  share: 0.25 + 0.5 * (place = town)\n  admixture: {B: {A: share, B: rest}}\n"
    strategy = run("{sites: sites.csv}", more)
    parts = [(0.3, 1)] + [(0.35, s) for s in (0.25, 0.75)]
    expected = sum(weight * p * ill(x) for weight, s in parts
                   for x, p in scores("A", False, lambda site, s=s: s * SITES[site][1]["A"] + (1 - s) * SITES[site][1]["B"]))
    agrees(strategy, "events.ill", expected, 2e-4)


def test_many_sites():
    """300 sites of equal frequency and weight: binomial, by the normal distribution's third digit; mean and variance exact."""
    files = FILES | {"many.csv": "rsID,effect_weight,allelefrequency_effect\n" + "".join(f"rs{i},0.05,0.3\n" for i in range(300))}
    model = MODEL.format(score="{sites: many.csv, standardised: by ancestry}", more="")
    strategy = results_of(model, files, 20_000)["usual"]
    sd = math.sqrt(600 * 0.3 * 0.7)
    least = math.floor(180 + 0.31 * sd) + 1
    agrees(strategy, "events.high", sum(math.comb(600, k) * 0.3**k * 0.7 ** (600 - k) for k in range(least, 601)))


def test_a_prescriber_sees_no_score():
    def run_it():
        for name, text in FILES.items():
            pathlib.Path(name).write_text(text)
        for more, rule in (("", "{if: score > 1}"), ("", "{score: more than 1}"),
                           ("  risk: {of: score, from: [-100, 0], names: [low, high]}\n", "{risk: high}")):
            model = MODEL.format(score="{sites: sites.csv}", more=more).replace("{usual: {}}", "{usual: {entry: [{when: %s, set: {c: new}}]}}" % rule)
            model = model.replace("processes:\n", "processes:\n  c: {states: [old, new]}\n")
            pathlib.Path("model.yaml").write_text(model)
            done = popgx("check", "model.yaml")
            expect(done.returncode == 2 and "may not know" in done.stderr, rule, "is answered by", done.stderr)
    in_empty_folder(run_it)


def test_a_test_shows_a_band():
    """Of those at high risk (score above 0), the test finds 0.8."""
    more = "  risk: {of: score, from: [-100, 0.001], names: [low, high]}\n"
    model = MODEL.format(score="{sites: sites.csv}", more=more)
    model = model.replace("processes:\n", "tests: {array: {reads: risk, positive: high, sensitivity: 0.8, specificity: 0.9}}\nprocesses:\n  c: {states: [old, new]}\n")
    model = model.replace("{usual: {}}", "{usual: {entry: [{order: array}], result of array: [{when: {observed risk: high}, set: {c: new}}]}}")
    high = average(lambda x: x >= 0.001, with_alleles=False)
    agrees(results_of(model, FILES)["usual"], "occupancy_at_horizon.c.new", 0.8 * high + 0.1 * (1 - high))


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
