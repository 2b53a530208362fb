#!/usr/bin/python3
"""The probabilistic analysis of the single-gene study against its closed form. psa.py BUILD [long]

Given a draw of its parameters the model has exact expected costs and QALYs (Graves et al. 2021; the integrals below). 100 draws: each must
lie within 4 standard errors of them (400 figures: a false alarm has probability 2.5 % for a seed drawn at random, and never
comes and goes for the seed used here). long: 10,000 draws, people of a draw chosen by the program, against values of information from 10^6
draws of the closed form, within 4 of the errors that the program states.
"""
import math
import pathlib
import sys

import h5py

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import SINGLE_GENE, answer, expect, finish, in_empty_folder  # noqa: E402

SHAPE, RATE, HORIZON, DISCOUNT = 0.1007511, 0.0008370717, 40.0, math.log(1.03)

# Nodes and weights of Gauss and Legendre on [-1, 1], 20 points, by Newton's method; pieces end where the year of disutility does.
def legendre(n):
    points = []
    for i in range(n):
        x = math.cos(math.pi * (i + 0.75) / (n + 0.5))
        for _ in range(50):
            p, q = 1.0, x
            for k in range(2, n + 1):
                p, q = q, ((2 * k - 1) * x * q - (k - 1) * p) / k
            slope = n * (x * q - p) / (x * x - 1)
            x -= q / slope
        points.append((x, 2 / ((1 - x * x) * slope * slope)))
    return points


NODES = [(a + (b - a) * (x + 1) / 2, w * (b - a) / 2) for a, b in ((0, 1), (1, 10), (10, HORIZON)) for x, w in legendre(20)]
BASE = [(t, w * math.exp(-DISCOUNT * t), math.exp(-RATE / SHAPE * math.expm1(SHAPE * t))) for t, w in NODES]  # time, weight, background survival


def expected(p, is_tested):
    """Expected cost and QALYs: integrals over the time of being untreated, treated, harmed."""
    indication, adverse = -math.log1p(-p["indication"]) / 10, -math.log1p(-p["adverse"])
    share = p["carrier share"] if is_tested else 0.0
    cost = qaly = 0.0
    for t, weight, alive in BASE:
        well = alive * math.exp(-indication * t)
        cost += weight * well * indication * (p["indication cost"] + (p["test price"] if is_tested else 0))
        qaly += weight * well
        for part, rate, price in ((1 - share, adverse, p["standard price"]), (share, adverse * p["ratio alt"], p["alternate price"])):
            def treated_since(start):  # treated at t without harm, having begun after `start`
                speed = rate - indication
                return alive * indication * math.exp(-rate * t) * (math.exp(speed * t) - math.exp(speed * start)) / speed
            treated, recent = treated_since(0.0), treated_since(max(0.0, t - 1))
            harmed = (1 - p["fatal"]) * (alive * (1 - math.exp(-indication * t)) - treated)
            harm_cost = (1 - p["fatal"]) * p["survived harm cost"] + p["fatal"] * p["fatal harm cost"]
            cost += part * weight * (treated * rate * harm_cost + 365 * price * (treated + harmed))
            qaly += part * weight * (treated + harmed - p["treatment disutility"] * recent - p["harm disutility"] * harmed)
    return cost, qaly


def check_draws():
    answer("run", SINGLE_GENE, "--draws", 100, "--patients", 20000, "-q", "-o", "draws.h5")
    with h5py.File("draws.h5") as file:
        names = file["psa/parameters"].attrs["names"]
        parameters, outcomes, noise = file["psa/parameters"][:], file["psa/outcomes"][:], file["psa/noise"][:]
    worst, total = 0.0, 0.0
    for draw in range(100):
        given = dict(zip(names, parameters[draw]))
        for strategy in range(2):
            for outcome, value in enumerate(expected(given, strategy == 1)):
                z = (outcomes[draw, strategy, outcome] - value) / math.sqrt(noise[draw, strategy, strategy, outcome])
                worst, total = max(worst, abs(z)), total + z * z / 400
    print(f"100 draws: at most {worst:.2f} standard errors off, mean square {total:.3f}")
    expect(worst < 4 and 0.7 < total < 1.4, "draws are not where the integrals are")


def check_information():
    answer("run", SINGLE_GENE, "--draws", 10000, "-q", "-o", "many.h5", timeout=None)
    found = answer("cea", "many.h5", timeout=None)
    information, benefit = found["information"], found["net_benefit_uncertainty"][0]
    group = {g["parameters"]: (g["evppi"], g["se"]) for g in information["evppi"]}
    rows = [("net benefit of testing", 36.88, benefit["mean"], benefit["se"]), ("its SD between draws", 493.6, benefit["sd"], 493.6 / math.sqrt(20000)),
            ("probability that testing is best", 0.4756, next(a for a in found["acceptability"] if a["threshold"] == 100000)["probability_best"]["test"], 0.006),
            ("EVPI", 174.20, information["evpi"], information["evpi_se"]), ("EVPPI of the ratio", 165.9, *group["ratio alt"]),
            ("EVPPI of the adverse event", 17.2, *group["adverse"]), ("EVPPI of the test's price", 0.1, *group["test price"]),
            ("EVPPI of the carrier share", 0.02, *group["carrier share"])]
    for name, truth, value, se in rows:
        print(f"{name}: {value:.4g} ({se:.2g}), exact {truth}")
        expect(abs(value - truth) < 4 * se, name)


base = {"indication": 0.1, "adverse": 0.25, "carrier share": 0.2, "fatal": 0.1, "ratio alt": 0.8, "indication cost": 1e4, "survived harm cost": 25e3,
        "fatal harm cost": 2e4, "standard price": 0.25, "alternate price": 3, "test price": 200, "treatment disutility": 0.05, "harm disutility": 0.15}
cost, qaly = expected(base, True)
expect(abs(cost - 7026.585926751) < 1e-3 and abs(qaly - 21.32324665899) < 1e-6, cost, qaly)  # 30 digits: tests/validation/single_gene.csv
in_empty_folder(check_information if sys.argv[2:] == ["long"] else check_draws)
finish()
