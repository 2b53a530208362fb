#!/usr/bin/python3
"""exact.py FOLDER: writes the exact figures of tests/validation/models as CSV files for `validate`. Needs numpy; run by hand, its files are kept.

three_state_*       renewal equations of a semi-Markov process: entries to a state are convolved with the density of leaving it. Trapezoidal
                    rule with steps of 1/100 and 1/200 year, extrapolated (the rule's error is of second order)
clock_forward       Kolmogorov's forward equations by the method of Runge and Kutta, 40,000 steps
life_expectancy     sums over years of age, in which the hazard is constant
partitioned         areas between the curves, whose hazards are integrated, by the trapezoidal rule with 200,000 steps
closed_forms        formulas, and where one integral is left, the trapezoidal rule with a million steps
Weights of the life expectancies are the shares of the people (1/8).
"""
import csv
import math
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def write(name, rows, source):
    with open(pathlib.Path(sys.argv[1]) / f"{name}.csv", "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow("figure name strategy comparator expected se source".split())
        for figure, what, value, *strategy in rows:
            out.writerow([figure, what, strategy[0] if strategy else "usual", "", f"{value:.9f}", 0, source])


# ---- laws: (H, h) as functions of time in years ----

def gompertz(shape, rate):
    return lambda t: rate / shape * np.expm1(shape * t), lambda t: rate * np.exp(shape * t)


def whole_gamma(k, x_of, slope_of):
    """x is gamma distributed with whole shape k: S = e^-x (1 + x + ... + x^(k-1) / (k-1)!)."""
    def survivor(x):
        return np.exp(-x) * sum(x**i / math.factorial(i) for i in range(k))

    def hazard(t):
        x = x_of(t)
        return np.exp(-x) * x**(k - 1) / math.factorial(k - 1) * slope_of(t) / survivor(x)
    return lambda t: -np.log(survivor(x_of(t))), hazard


def gengamma(mu, sigma, q):
    k = round(1 / q**2)
    power = q / sigma
    scale = k * math.exp(-power * mu)
    return whole_gamma(k, lambda t: scale * t**power, lambda t: scale * power * np.maximum(t, 1e-300)**(power - 1))


def gengamma_original(shape, scale, k):
    return whole_gamma(k, lambda t: (t / scale)**shape, lambda t: shape / scale * np.maximum(t / scale, 1e-300)**(shape - 1))


# ---- three states ----

def renewal(laws, horizon, steps):
    """Life years in both states, events and occupancy at the horizon."""
    t = np.linspace(0, horizon, steps + 1)
    d = t[1]
    stay = {s: np.exp(-sum(H(t) for H, _ in laws[s])) for s in laws}
    leave = {s: [h(t) * stay[s] for _, h in laws[s]] for s in laws}     # density of each way out: on, or death
    ill, well = leave["healthy"][0], leave["sick"][0]
    sick, healthy = np.zeros(steps + 1), np.zeros(steps + 1)            # entries to these states
    sick[0] = ill[0]                                                     # everybody is healthy at entry
    a, b = 0.5 * d * ill[0], 0.5 * d * well[0]                           # by which the newest entries depend on each other
    for i in range(1, steps + 1):
        to_sick = ill[i] + d * (np.dot(healthy[:i], ill[i:0:-1]) - 0.5 * healthy[0] * ill[i])
        to_healthy = d * (np.dot(sick[:i], well[i:0:-1]) - 0.5 * sick[0] * well[i])
        sick[i] = (to_sick + a * to_healthy) / (1 - a * b)
        healthy[i] = to_healthy + b * sick[i]

    def folded(b, g):
        full = np.convolve(b, g)[:steps + 1]
        full -= 0.5 * (b * g[0] + b[0] * g)
        full[0] = 0
        return d * full

    def integral(y):
        return d * (y.sum() - 0.5 * (y[0] + y[-1]))
    are_healthy, are_sick = stay["healthy"] + folded(healthy, stay["healthy"]), folded(sick, stay["sick"])
    return np.array([integral(are_healthy), integral(are_sick), integral(sick), integral(healthy), 1 - are_healthy[-1] - are_sick[-1]])


def three_state(name, laws):
    coarse, fine = renewal(laws, 50, 5000), renewal(laws, 50, 10000)
    values = fine + (fine - coarse) / 3
    keys = [("qaly item", "healthy"), ("qaly item", "sick"), ("events", "falls ill"), ("events", "recovers"), ("occupancy", "life.dead")]
    write(name, [(figure, what, value) for (figure, what), value in zip(keys, values)], "renewal equations (exact.py)")


# ---- clock-forward ----

def normal_sf(z):
    return 0.5 * math.erfc(z / math.sqrt(2))


def clock_forward():
    def hazards(t):
        age = 40 + t
        x = 0.2 * t
        z = (math.log(t) - 2.5) / 0.8 if t > 0 else -99
        background = 0.0001 * math.exp(0.09 * age)
        return [0.002 * math.exp(0.06 * age),
                1.8 / 12 * (t / 12)**0.8 / (1 + (t / 12)**1.8),
                math.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (0.8 * t) / normal_sf(z) if t > 0 else 0,
                background, background + 0.03,
                0.2 * x / (1 + x)]                      # gamma, shape 2: f / S = x rate / (1 + x)

    def slope(t, y):
        ill, well, worse, dh, ds, dw = hazards(t)
        h, s, w = y[:3]
        return np.array([-h * (ill + dh) + s * well, h * ill - s * (well + worse + ds), s * worse - w * dw, h * dh + s * ds + w * dw,
                         h, s, w, h * ill, s * well, s * worse])
    y, n = np.array([1.0] + [0] * 9), 40000
    d = 40 / n
    for i in range(n):
        t = i * d
        k1 = slope(t, y)
        k2 = slope(t + d / 2, y + d / 2 * k1)
        k3 = slope(t + d / 2, y + d / 2 * k2)
        k4 = slope(t + d, y + d * k3)
        y = y + d / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    write("clock_forward", [("qaly item", "healthy", y[4]), ("qaly item", "sick", y[5]), ("qaly item", "worse", y[6]), ("events", "falls ill", y[7]),
                            ("events", "recovers", y[8]), ("events", "worsens", y[9]), ("occupancy", "life.dead", y[3])],
          "Kolmogorov's equations (exact.py)")


# ---- life expectancy ----

def life_expectancy():
    rates = {"female": {}, "male": {}}
    with open(HERE.parents[1] / "jobs" / "data" / "life_table_us.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rates[row["sex"]][int(row["age"])] = float(row["annual_rate"])

    def expectancy(sex, age, years=130):
        alive, total, end = 1.0, 0.0, age + years
        while age < end - 1e-12:
            to = min(math.floor(age + 1e-9) + 1, end)
            rate = rates[sex][min(math.floor(age + 1e-9), max(rates[sex]))]
            left = math.exp(-rate * (to - age))
            total += alive * (1 - left) / rate
            alive *= left
            age = to
        return total
    rows = []
    for start, age in (("from birth", 0), ("at 40", 40), ("at 65", 65), ("at 85", 85.5)):
        for word, sex in (("women", "female"), ("men", "male")):
            rows.append(("qaly item", f"{word} {start}", expectancy(sex, age) / 8))
    write("life_expectancy", rows, "sums over years of age of the US life table of 2014, an eighth of the people each (exact.py)")


# ---- partitioned survival ----

def partitioned():
    n, horizon = 200000, 20.0
    t = np.linspace(0, horizon, n + 1)
    d = t[1]
    z = (np.log(np.maximum(t, 1e-9)) - 1.2) / 0.9
    tail = np.array([normal_sf(x) for x in z])
    hazard = np.maximum(np.exp(-z * z / 2) / math.sqrt(2 * math.pi) / (0.9 * np.maximum(t, 1e-9)) / tail, 0.015 * np.exp(0.1 * t))
    overall = np.concatenate(([0], np.cumsum(0.5 * d * (hazard[1:] + hazard[:-1]))))
    free = (t / 1.5)**1.1
    rows = []
    for strategy, ratio in (("usual", 1), ("new", 0.65)):
        alive = np.exp(-ratio * overall)
        well = np.minimum(np.exp(-ratio * free), alive)
        for what, share in (("progression-free", well), ("progressed", alive - well)):
            rows.append(("qaly item", what, d * (share.sum() - 0.5 * (share[0] + share[-1])), strategy))
        rows.append(("occupancy", "life.dead", 1 - alive[-1], strategy))
    write("partitioned", rows, "areas between the curves (exact.py)")


# ---- closed forms ----

def closed_forms():
    T, mu = 10.0, 0.2
    H = 0.05 * T**1.4
    first = 0.6 * (1 - math.exp(-H))
    L = 1.5 * math.log(1 + (T / 6)**2)
    # a ratio of 0.4 from the start of a drug, which comes at rate 0.2: S = e^-(l + m)T + m e^-(0.4 l T) (1 - e^-(0.6 l + m)T) / (0.6 l + m)
    l = 0.15
    c = 0.6 * l + mu
    ratio = math.exp(-(l + mu) * T) + mu * math.exp(-0.4 * l * T) * (1 - math.exp(-c * T)) / c
    cured = 0.65 * (1 - normal_sf((math.log(T) - 1.5) / 0.8))
    s = np.linspace(0, T, 1000001)                      # when the drug starts
    u = T - s                                           # how long it has been taken

    def average(survival):
        y = mu * np.exp(-mu * s) * survival
        return (s[1] - s[0]) * (y.sum() - 0.5 * (y[0] + y[-1]))
    middle = np.clip(u, 1, 4) - 1
    burden = 0.3 * (0.2 * np.minimum(u, 1) + 0.2 * middle + 0.8 * middle**2 / 6 + np.maximum(u - 4, 0))
    waned = math.exp(-mu * T) + average(np.exp(-burden))
    fast = math.exp(-mu * T - (T / 15)**2) + average(np.exp(-((s + u / 2.5) / 15)**2))
    rows = [("events", "first cause", first), ("events", "second cause", first * 2 / 3), ("events", "fast cause", 2 / 3 * (1 - math.exp(-L))),
            ("events", "slow cause", 1 / 3 * (1 - math.exp(-L))), ("events", "illness", 1 - ratio), ("events", "frail illness", 1 - (1 + 0.2 * T / 2)**-2),
            ("events", "cured illness", cured), ("events", "waned illness", 1 - waned), ("events", "fast illness", 1 - fast)]
    write("closed_forms", rows, "closed forms (exact.py)")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    three_state("three_state_gompertz", {"healthy": [gompertz(0.05, 0.08), gompertz(0.1, 0.004)], "sick": [gompertz(-0.2, 0.3), gompertz(0.08, 0.05)]})
    three_state("three_state_gengamma", {"healthy": [gengamma(2, 0.7, 0.5), gengamma(3.4, 0.5, 1)],
                                         "sick": [gengamma(1, 0.8, 0.5), gengamma_original(1.4, 3, 3)]})
    clock_forward()
    life_expectancy()
    partitioned()
    closed_forms()


main()
