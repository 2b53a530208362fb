#!/usr/bin/python3
"""What a probabilistic analysis draws: means, standard deviations, quantiles and correlations of 10,000 draws of every kind of distribution and of parameters that vary
together, and that every draw's results are those of its parameters. drawn_parameters.py BUILD [DESIGN...]

A mean may be five of its standard errors off, a quantile's share and a correlation likewise (1 in 1.7 million each), a standard deviation 4 % (five of its errors for the
kurtosis of the log-normal).
"""
import math
import pathlib
import sys

import h5py
import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, expect, finish, in_empty_folder  # noqa: E402

DRAWS = 10_000
MODEL = """\
popgx: 1
currency: USD
horizon: 1 year
parameters:
  joint:
    - {of: [mild, moderate, severe], dirichlet: [20, 30, 50]}
    - {of: [intercept, slope, quadratic], normal: {covariance: [[0.04, -0.01, 0.002], [-0.01, 0.09, 0], [0.002, 0, 0.0025]]}}
    - {of: [length, width], normal: {sd: [2, 3], correlations: -0.6, mean: [11, 21]}}
    - {of: [drug price, visit price], correlations: 0.5}
    - {of: [early rate, late rate], bootstrap: resamples.csv}
  mild: 0.2
  moderate: 0.3
  severe: 0.5
  intercept: -2
  slope: 0.5
  quadratic: 0.1
  length: 10
  width: 20
  drug price: {value: 100 USD, distribution: {gamma: {mean: 100, sd: 20}}}
  visit price: {value: 50 USD, distribution: {lognormal: {mean: 50, se: 10}}}
  early rate: 0.1 per year
  late rate: 0.2 per year
  stay: {value: 10 days, distribution: {PERT: [5, 10, 20]}}
  wait: {value: 6 days, distribution: {triangular: [3, 6, 12]}}
  ratio: {value: 0.8, distribution: {lognormal: {interval: [0.6, 1.05]}}}
  shape: {value: 0.7, distribution: {beta: {estimate: 0.7, interval: [0.6, 0.8]}}}
  named: {value: 3, range: [2, 4], distribution: normal}
  relapse: {probability: 0.25, over: 1 year, distribution: {beta: [25, 75]}}
  gain: {value: 0.02, distribution: {normal: {sd: 0.02, at least: 0}}}
  flat: {value: 3, distribution: {uniform: [2, 4]}}
  double price: drug price * 2 + visit price
processes:
  life: {events: {visit: {delay: 1 day, repeats: once}, mild visit: {delay: 2 days, repeats: once, branches: {mildly: mild, moderately: moderate, severely: rest}},
    mildly: {immediate: always}, moderately: {immediate: always}, severely: {immediate: always}}}
  illness: {states: [well, ill], events: {a: {from: well, to: ill, hazard: relapse, hazard ratio: {illness: {well: ratio}}}}}
  b: {events: {b: {hazard: early rate}, c: {hazard: late rate}}}
payoffs:
  cost: [{event: visit, amount: double price + 1 USD * (intercept + 2 * slope + 3 * quadratic) + 1 USD * (length - width) * shape + 1 USD * (stay + wait) / 1 day * gain + 1 USD * flat * named}]
strategies: {usual: {}}
"""
ROWS = [(0.11, 0.19), (0.09, 0.22), (0.10, 0.20), (0.13, 0.18)]


def moments(draws):
    """Parameter -> mean and standard deviation among draws."""
    z95 = 2 * 1.959963984540054
    logs = math.log(1.05 / 0.6) / z95
    lognormal = math.log(0.8)  # the estimate is the median
    cut = lambda m, s: (math.exp(-(m / s) ** 2 / 2) / math.sqrt(2 * math.pi)) / (0.5 * math.erfc(-m / s / math.sqrt(2)))  # noqa: E731
    hazard = cut(0.02, 0.02)
    beta = lambda a, b: (a / (a + b), math.sqrt(a * b / (a + b) ** 2 / (a + b + 1)))  # noqa: E731
    return {
        "mild": beta(20, 80), "moderate": beta(30, 70), "severe": beta(50, 50), "intercept": (-2, 0.2), "slope": (0.5, 0.3), "quadratic": (0.1, 0.05),
        "length": (11, 2), "width": (21, 3), "drug price": (100, 20), "visit price": (50, 10),
        "early rate": (0.1075, math.sqrt(sum((a - 0.1075) ** 2 for a, _ in ROWS) / 4)), "late rate": (0.1975, math.sqrt(sum((b - 0.1975) ** 2 for _, b in ROWS) / 4)),
        "stay": ((5 + 40 + 20) / 6, math.sqrt((65 / 6 - 5) * (20 - 65 / 6) / 7)), "wait": (7, math.sqrt((9 + 36 + 144 - 18 - 36 - 72) / 18)),
        "ratio": (math.exp(lognormal + logs**2 / 2), math.exp(lognormal + logs**2 / 2) * math.sqrt(math.exp(logs**2) - 1)),
        "shape": (0.7, 0.2 / z95), "named": (3, 2 / z95), "relapse": beta(25, 75),
        "gain": (0.02 + 0.02 * hazard, 0.02 * math.sqrt(1 - hazard - hazard**2)), "flat": (3, 2 / math.sqrt(12)),
    }


CORRELATIONS = {
    ("mild", "moderate"): -math.sqrt(20 * 30 / (80 * 70)), ("mild", "severe"): -math.sqrt(20 * 50 / (80 * 50)), ("intercept", "slope"): -0.01 / (0.2 * 0.3),
    ("intercept", "quadratic"): 0.002 / (0.2 * 0.05), ("slope", "quadratic"): 0, ("length", "width"): -0.6, ("length", "intercept"): 0, ("stay", "wait"): 0,
    ("drug price", "length"): 0, ("early rate", "mild"): 0,
}


def compare(drawn, design):
    for name, (mean, sd) in moments(drawn).items():
        column = drawn[name]
        expect(abs(column.mean() - mean) <= 5 * sd / math.sqrt(DRAWS), design, name, "has a mean of", column.mean(), "not", mean)
        expect(abs(column.std() - sd) <= 0.04 * sd, design, name, "has a standard deviation of", column.std(), "not", sd)
    for (a, b), r in CORRELATIONS.items():
        found = numpy.corrcoef(drawn[a], drawn[b])[0, 1]
        expect(abs(found - r) <= 5 * (1 - r * r + 0.05) / math.sqrt(DRAWS), design, a, "and", b, "are correlated by", found, "not", r)
    # A Gaussian copula: both are above their medians as often as two normal numbers with this correlation.
    both = numpy.mean((drawn["drug price"] > numpy.median(drawn["drug price"])) == (drawn["visit price"] > numpy.median(drawn["visit price"])))
    share = 0.5 + math.asin(0.5) / math.pi
    expect(abs(both - share) <= 5 * math.sqrt(share * (1 - share) / DRAWS), design, "prices go together in", both, "not", share)
    expect(numpy.allclose(drawn["mild"] + drawn["moderate"] + drawn["severe"], 1), design, "shares of a Dirichlet do not sum to 1")
    rows = numpy.array(ROWS)
    nearest = numpy.abs(rows[None, :, 0] - drawn["early rate"][:, None]).argmin(axis=1)
    expect(numpy.allclose(rows[nearest, 0], drawn["early rate"]) and numpy.allclose(rows[nearest, 1], drawn["late rate"]), design, "a bootstrap mixes rows")
    expect(drawn["gain"].min() >= 0 and 5 <= drawn["stay"].min() and drawn["stay"].max() <= 20, design, "limits are not kept")


def run():
    pathlib.Path("model.yaml").write_text(MODEL)
    pathlib.Path("resamples.csv").write_text("early rate,late rate\n" + "".join(f"{a},{b}\n" for a, b in ROWS))
    for design in sys.argv[2:] or ["random"]:
        answer("run", "model.yaml", "--draws", DRAWS, "--design", design, "--patients", 1, "-q", "-o", "draws.h5", "--force")
        with h5py.File("draws.h5") as file:
            names = [name.decode() if isinstance(name, bytes) else name for name in file["psa/parameters"].attrs["names"]]
            drawn = dict(zip(names, file["psa/parameters"][:].T))
            cost = file["psa/outcomes"][:][:, 0, 0]
        compare(drawn, design)
        d = drawn
        made = (2 * d["drug price"] + d["visit price"] + d["intercept"] + 2 * d["slope"] + 3 * d["quadratic"] + (d["length"] - d["width"]) * d["shape"]
                + (d["stay"] + d["wait"]) * d["gain"] + d["flat"] * d["named"])
        expect(numpy.abs(cost - made).max() < 1e-3, design, "the cost of a draw is not that of its parameters:", numpy.abs(cost - made).max())


in_empty_folder(run)
finish()
