#!/usr/bin/env python3
"""Clocks, changes of hazards and effects on them, several at a time, as modellers meet them: each event's share of people against the hazard that the
model states, integrated here along each course that is possible. hazards_combined.py BUILD

Nothing of popgx is used: the laws are written out below from their definitions, and integrated by Simpson's rule.
"""
import json
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import expect, finish, in_empty_folder, popgx, python  # noqa: E402


def integral(f, start, end, steps=2000):
    """Simpson's rule; f may jump at a few points, which costs about (end - start) / steps of the jump."""
    h = (end - start) / steps
    return h / 3 * (f(start) + f(end) + sum((4 if i % 2 else 2) * f(start + i * h) for i in range(1, steps)))


def upper(z):
    """1 - Phi(z)."""
    return 0.5 * math.erfc(z / math.sqrt(2))


# ---- laws: the cumulative hazard at u ----

def weibull(shape, scale):
    return lambda u: (u / scale) ** shape


def gompertz(shape, rate):
    return lambda u: rate / shape * math.expm1(shape * u)


def loglogistic(shape, scale):
    return lambda u: math.log1p((u / scale) ** shape)


def lognormal(mu, sigma):
    return lambda u: -math.log(upper((math.log(u) - mu) / sigma)) if u > 0 else 0.0


def gamma_of_two(rate):
    """Shape 2: S = e^-x (1 + x)."""
    return lambda u: rate * u - math.log1p(rate * u)


def gengamma_half(mu, sigma):
    """Prentice's generalised gamma with Q = 1/2, of which k = 1 / Q^2 = 4: S = e^-x (1 + x + x^2/2 + x^3/6), x = 4 e^(Q (ln u - mu) / sigma)."""
    def cumulative(u):
        x = 4 * math.exp(0.5 * (math.log(u) - mu) / sigma) if u > 0 else 0.0
        return x - math.log(1 + x + x * x / 2 + x ** 3 / 6)
    return cumulative


def spline(on, gammas, knots):
    """Royston and Parmar 2002: g(S(u)) = gamma0 + gamma1 x + sum of gamma_j v_j(x), x = ln u, by their formula (4)."""
    k = [math.log(knot) for knot in knots]

    def cumulative(u):
        if u <= 0:
            return 0.0
        x = math.log(u)
        s = gammas[0] + gammas[1] * x
        for gamma, knot in zip(gammas[2:], k[1:-1]):
            share = (k[-1] - knot) / (k[-1] - k[0])
            cube = lambda at: max(x - at, 0) ** 3
            s += gamma * (cube(knot) - share * cube(k[0]) - (1 - share) * cube(k[-1]))
        return {"hazard": lambda: math.exp(s), "odds": lambda: math.log1p(math.exp(s)), "normal": lambda: -math.log(upper(s))}[on]()
    return cumulative


def hazard_of(cumulative, h=1e-4):
    return lambda u: (cumulative(u + h) - cumulative(max(u - h, 0))) / (h + min(h, u))


def cured(cumulative, share):
    return lambda u: -math.log(share + (1 - share) * math.exp(-cumulative(u)))


def waning(ratio, start, end, toward=1.0):
    return lambda u: ratio if u < start else toward if u > end else ratio + (toward - ratio) * (u - start) / (end - start)


def ill(burden):
    return 1 - math.exp(-burden)


def after_exponential(rate, horizon, burden):
    """1 - E e^-burden(s), where s is when something begins at this rate (`burden(None)`: it has not by the horizon)."""
    begun = integral(lambda s: rate * math.exp(-rate * s) * math.exp(-burden(s)), 0, horizon, 400)
    return 1 - begun - math.exp(-rate * horizon) * math.exp(-burden(None))


# ---- one law each, with what acts on it ----

T = 8.0
HEAD = "popgx: 1\nhorizon: 8 years\n"
MODEL = HEAD + """\
people:
  age: 50 years
  sex: {female: 0.5, male: rest}
  frail: {distribution: {gamma: {mean: 1, sd: 0.5}}}
processes:
  drug: {states: [none, new], events: {start: {from: none, to: new, hazard: 0.3 per year}}}
  late: {states: [none, new], events: {change: {from: none, to: new, delay: 3 years}}}
  spline on age:
    states: [well, ill]
    events:
      spline on age: {from: well, to: ill, clock: age, acceleration factor: {drug: {new: 1.4}},
                      hazard: {spline: {on: odds, gamma: [-12.5, 2.8, 0.06, -0.02], knots: [5, 30, 55, 90]}}}
  normal spline:
    states: [well, ill]
    events: {normal spline: {from: well, to: ill, clock: time, hazard: {spline: {on: normal, gamma: [-1.1, 0.7, 0.03], log knots: [-1.5, 0.5, 2.5]}}}}
  cure that wanes:
    states: [well, ill]
    events:
      cure that wanes: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.4, scale: 3}, cured: 30 %},
                        hazard ratio: {sex: {male: 0.4, waning: {from: 1 year, to: 6 years, toward: 0.8}}}}
  several:
    states: [well, ill]
    events:
      several:
        from: well
        to: ill
        clock: age
        hazard: {gompertz: {shape: 0.08, rate: 0.0005}}
        hazard ratio: [frail, {sex: {male: 1.5}, late: {new: 2}, age: {per: 10 years, ratio: 1.2, from: 40 years}}]
        acceleration factor: {sex: {male: 1.1}}
  list that wanes:
    states: [well, ill]
    events:
      list that wanes: {from: well, to: ill, clock: time, hazard: 0.1 per year, hazard ratio: [frail, {sex: {male: 0.5, waning: {from: 1 year, to: 3 years}}}]}
  two that wane:
    states: [well, ill]
    events:
      two that wane:
        {from: well, to: ill, clock: time, hazard: {lognormal: {meanlog: 1.5, sdlog: 0.8}},
         hazard ratio: {sex: {male: 0.4, waning: {from: 1 year, to: 3 years}}, late: {new: 0.5, waning: {from: 2 years, to: 7 years, toward: 1.3}}}}
  faster and waning:
    states: [well, ill]
    events:
      faster and waning:
        {from: well, to: ill, clock: time, hazard: {loglogistic: {shape: 1.5, scale: 5}}, hazard ratio: {sex: {male: 0.4, waning: {from: 1 year, to: 3 years}}},
         time ratio: {late: {new: 2}}}
  excess:
    states: [well, ill]
    events:
      excess: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.4, scale: 10}, plus: {periods: {table: periods.csv}}},
               hazard ratio: {late: {new: 0.6}}}
  steps:
    states: [well, ill]
    events: {steps: {from: well, to: ill, clock: time, hazard: {survival table: km.csv, between: steps}, hazard ratio: {late: {new: 0.5}}}}
strategies: {usual: {}}
"""
FILES = {"periods.csv": "from_years,to_years,rate_per_year\n0,2,0.02\n2,5,0.1\n5,100,0.01\n", "km.csv": "time,survival\n1,0.9\n2.5,0.8\n4,0.6\n6,0.5\n"}


def test_laws_with_what_acts_on_them():
    got = results_of(MODEL, FILES)["usual"]
    odds = spline("odds", [-12.5, 2.8, 0.06, -0.02], [5, 30, 55, 90])
    # Exposure on the clock of age: as it is until the drug, 1.4 times as fast from then on.
    agrees(got, "events.spline on age", after_exponential(0.3, T, lambda s: odds(50 + (T if s is None else s + 1.4 * (T - s))) - odds(50)))
    agrees(got, "events.normal spline", ill(spline("normal", [-1.1, 0.7, 0.03], [math.exp(x) for x in (-1.5, 0.5, 2.5)])(T)))

    h, r = hazard_of(cured(weibull(1.4, 3), 0.3)), waning(0.4, 1, 6, 0.8)
    agrees(got, "events.cure that wanes", 0.5 * ill(cured(weibull(1.4, 3), 0.3)(T)) + 0.5 * ill(integral(lambda u: h(u) * r(u), 0, T)), 2e-5)

    H = gompertz(0.08, 0.0005)

    def frail(burden):  # gamma, mean 1 and variance 1/4
        return 1 - (1 + burden / 4) ** -4
    by_speed = {f: 1.2 * (H(f * 53) - H(f * 50) + 2 * (H(f * 58) - H(f * 53))) for f in (1, 1.1)}
    agrees(got, "events.several", 0.5 * frail(by_speed[1]) + 0.5 * frail(1.5 * by_speed[1.1]))
    agrees(got, "events.list that wanes", 0.5 * frail(0.8) + 0.5 * frail(0.1 * (0.5 + 1.5 + 5)))

    h, one, two = hazard_of(lognormal(1.5, 0.8)), waning(0.4, 1, 3), waning(0.5, 2, 7, 1.3)
    def late(u): return two(u) if u > 3 else 1
    agrees(got, "events.two that wane", sum(0.5 * ill(integral(lambda u, r=r: h(u) * r(u) * late(u), 1e-9, T, 4000)) for r in (one, lambda u: 1)), 2e-4)

    # The waning is on the event's clock, which goes half as fast from year 3 on.
    h, one = hazard_of(loglogistic(1.5, 5)), waning(0.4, 1, 3)
    agrees(got, "events.faster and waning", 0.5 * ill(integral(lambda u: h(u) * one(u), 1e-9, 5.5)) + 0.5 * ill(loglogistic(1.5, 5)(5.5)), 2e-5)

    H = weibull(1.4, 10)
    agrees(got, "events.excess", ill(H(3) + 0.04 + 0.1 + 0.6 * (H(T) - H(3) + 0.2 + 0.03)))
    # A table in steps: at years 1 and 2.5 as it is, at 4 and 6 half the burden; then half the hazard of the last interval, two years of it.
    agrees(got, "events.steps", 1 - 0.8 * math.sqrt(0.5 / 0.8) * math.sqrt(0.5 / 0.6))


# ---- what pauses, what starts anew, what is due when ----

COURSES = """\
popgx: 1
horizon: 8 years
people: {age: 62.25 years, entry date: 2030.5 years, sex: {female: 0.5, male: rest}, gene: {slow: 0.3, fast: rest}}
definitions: {ratio of odds: "if(gene = slow, 3, 1) * if(sex = male, 0.5, 1)"}
processes:
  disease:
    states: [none, mild, severe, remission, relapse]
    events:
      onset: {from: none, to: mild, delay: 1 year}
      worse: {from: mild, to: severe, delay: 0.5 years}
      remission: {from: severe, to: remission, delay: 2.5 years}
      relapse: {from: remission, to: relapse, delay: 1 year}
  paused: {states: [no, yes, over], events: {pause: {from: no, to: yes, delay: 2 years}, resume: {from: yes, to: over, delay: 1 year}}}
  since an event:
    states: [well, ill]
    events:
      harm:
        {from: well, to: ill, clock: {since: onset}, while: {disease: [mild, severe, relapse], paused: [no, over]}, hazard: {generalised gamma: {mu: 1, sigma: 0.8, Q: 0.5}}}
  spells:
    states: [none, mild, severe, gone, again, ill]
    events:
      s onset: {from: none, to: mild, delay: 1 year}
      s worse: {from: mild, to: severe, delay: 0.5 years}
      s gone: {from: severe, to: gone, delay: 2.5 years}
      s again: {from: gone, to: again, delay: 1 year}
      spell harm:
        {from: [mild, severe, again], to: ill, clock: {in: [mild, severe, again]}, while: {paused: [no, over]}, hazard: {generalised gamma: {mu: 1, sigma: 0.8, Q: 0.5}},
         hazard ratio: {sex: {male: 1.5}}}
  state clock:
    states: [a, b, ill]
    events:
      to b: {from: a, to: b, delay: 3 years}
      back: {from: b, to: a, delay: 1 year, repeats: once}
      state harm: {from: a, to: ill, clock: time in state, hazard: {weibull: {shape: 1.7, scale: 6}}}
  life table:
    states: [alive, gone]
    events:
      ageing: {from: alive, to: gone, hazard: {life table: life.csv, by: sex, smr: 1.8, minus: 0.02 per year}, hazard ratio: {gene: {slow: 1.5}}}
  table with excess:
    states: [alive, gone]
    events:
      excess death:
        {from: alive, to: gone, clock: time, hazard: {life table: life.csv, by: sex, age at entry: 62.25 years, plus: {weibull: {shape: 0.8, scale: 40}}}}
  calendar:
    states: [well, ill]
    events: {reform: {from: well, to: ill, clock: calendar time, hazard: {periods: {table: law.csv}}, hazard ratio: {paused: {yes: 3}}}}
  chemotherapy:
    events:
      infusion: {every: 21 days, times: 8, while: {weeks: [first, last]}}
      check: {delay: 100 days, while: {weeks: [first, last]}}
  weeks: {states: [first, break, last], events: {stop: {from: first, to: break, delay: 50 days}, go on: {from: break, to: last, delay: 30 days}}}
  odds:
    states: [well, ill, spared]
    events:
      crisis:
        from: well
        delay: 1 year
        branches: {death of it: "0.2 * ratio of odds / (1 - 0.2 + 0.2 * ratio of odds)", survival of it: rest}
      death of it: {immediate: always, to: ill}
      survival of it: {immediate: always, to: spared}
strategies: {usual: {}}
"""
TABLES = {"life.csv": "sex,age,annual_rate\nfemale,0,0.001\nfemale,62,0.01\nfemale,65,0.03\nmale,0,0.001\nmale,62,0.03\nmale,65,0.08\n",
          "law.csv": "from_years,to_years,rate_per_year\n0,2032,0\n2032,2034,0.04\n2034,2035,0.2\n2035,3000,0.05\n"}


def test_courses():
    got = results_of(COURSES, TABLES)["usual"]
    H = gengamma_half(1, 0.8)
    # The clock runs from year 1 on; possible in years 1-2, 3-4 and 5-8 of entry, that is 0-1, 2-3 and 4-7 of it.
    agrees(got, "events.harm", ill(H(1) + H(3) - H(2) + H(7) - H(4)), 2e-5)
    # In the group in years 1-4 and, anew, from 5 on; possible in 0-1 and 2-3 of the first spell and 0-3 of the second.
    once = H(1) + H(3) - H(2) + H(3)
    agrees(got, "events.spell harm", 0.5 * ill(once) + 0.5 * ill(1.5 * once), 2e-5)
    W = weibull(1.7, 6)
    agrees(got, "events.state harm", ill(W(3) + W(3)), 2e-5)  # in years 0-3, and 4-7 anew; then in b

    def to_65(first, then, change): return 2.75 * change(first) + 5.25 * change(then)
    def smr(h): return max(1.8 * h - 0.02, 0)
    died = 0.0
    for first, then in ((0.01, 0.03), (0.03, 0.08)):
        burden = to_65(first, then, smr)
        died += 0.5 * (0.3 * ill(1.5 * burden) + 0.7 * ill(burden))
    agrees(got, "events.ageing", died)
    extra = weibull(0.8, 40)(T)
    agrees(got, "events.excess death", sum(0.5 * ill(to_65(first, then, lambda h: h) + extra) for first, then in ((0.01, 0.03), (0.03, 0.08))))
    # Entry in mid-2030; three times the hazard in years 2-3, mid-2032 to mid-2033.
    agrees(got, "events.reform", ill(0.04 * (2 + 2) + 0.2 + 0.05 * 3.5))
    # Infusions on days 0 (a minute later), 21, 42; a break from day 50 to 80; then 80, 101, 122, 143, 164. Checks every 100 days from day 80 on.
    agrees(got, "events.infusion", 8)
    agrees(got, "events.check", (8 * 365.25 - 80) // 100)
    dead = 0.0
    for share, odds in ((0.15, 3), (0.15, 1.5), (0.35, 1), (0.35, 0.5)):
        dead += share * 0.25 * odds / (1 + 0.25 * odds)
    agrees(got, "events.death of it", dead)


# ---- parameters as other programs print them ----

CONVERSIONS = """\
popgx: 1
horizon: 6 years
processes:
  a: {states: [well, ill], events: {a: {from: well, to: ill, clock: time, hazard: {exponential: {survreg: {intercept: 2}}}}}}
  b: {states: [well, ill], events: {b: {from: well, to: ill, clock: time, hazard: {loglogistic: {survreg: {intercept: 4, scale: 0.6}, in: months}}}}}
  c: {states: [well, ill], events: {c: {from: well, to: ill, clock: time, hazard: {lognormal: {survreg: {intercept: 1.3, scale: 0.6}}}}}}
  d: {states: [well, ill], events: {d: {from: well, to: ill, clock: time, hazard: {weibull: {survreg: {intercept: 7.5, scale: 1.4}, in: days}}}}}
  e: {states: [well, ill], events: {e: {from: well, to: ill, hazard: {exponential: {median: 30 months}}}}}
  f: {states: [well, ill], events: {f: {from: well, to: ill, hazard: {exponential: {mean: 7 years}}}}}
  g: {states: [well, ill], events: {g: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.5, mean: 5 years}}}}}
  h: {states: [well, ill], events: {h: {from: well, to: ill, clock: time, hazard: {loglogistic: {shape: 2.5, mean: 60, in: months}}}}}
  i: {states: [well, ill], events: {i: {from: well, to: ill, clock: time, hazard: {lognormal: {sdlog: 0.7, mean: 5 years}}}}}
  j: {states: [well, ill], events: {j: {from: well, to: ill, clock: time, hazard: {lognormal: {sdlog: 0.7, median: 5 years}}}}}
  k: {states: [well, ill], events: {k: {from: well, to: ill, clock: time, hazard: {gamma: {shape: 2, median: 4 years}}}}}
  l: {states: [well, ill], events: {l: {from: well, to: ill, clock: time, hazard: {gompertz: {shape: 0.2, median: 5 years}}}}}
  m: {states: [well, ill], events: {m: {from: well, to: ill, clock: time, hazard: {generalised gamma: {sigma: 0.8, Q: 0.5, median: 5 years}}}}}
  n: {states: [well, ill], events: {n: {from: well, to: ill, clock: time, hazard: {generalised gamma original: {shape: 1.5, k: 1, median: 5 years}}}}}
  o: {states: [well, ill], events: {o: {from: well, to: ill, clock: time, hazard: {gompertz: {shape: 0.0167, rate: 0.01, in: months}}}}}
strategies: {usual: {}}
"""


def median_of(cumulative):
    low, high = 0.0, 100.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if cumulative(middle) < math.log(2) else (low, middle)
    return low


def test_conversions():
    got, t = results_of(CONVERSIONS)["usual"], 6.0
    rate = math.log(2) * 0.2 / math.expm1(1)  # of the Gompertz whose median is 5
    expected = {
        "a": t * math.exp(-2), "b": loglogistic(1 / 0.6, math.exp(4) / 12)(t), "c": lognormal(1.3, 0.6)(t), "d": weibull(1 / 1.4, math.exp(7.5) / 365.25)(t),
        "e": t / 2.5 * math.log(2), "f": t / 7, "g": weibull(1.5, 5 / math.gamma(1 + 1 / 1.5))(t), "h": loglogistic(2.5, 5 * math.sin(math.pi / 2.5) / (math.pi / 2.5))(t),
        "i": lognormal(math.log(5) - 0.245, 0.7)(t), "j": lognormal(math.log(5), 0.7)(t), "k": gamma_of_two(median_of(gamma_of_two(1)) / 4)(t),
        "l": gompertz(0.2, rate)(t), "m": gengamma_half(math.log(5 / median_of(gengamma_half(0, 0.8))), 0.8)(t), "n": math.log(2) * (t / 5) ** 1.5,
        "o": gompertz(0.0167, 0.01)(12 * t)}
    for name, burden in expected.items():
        agrees(got, f"events.{name}", ill(burden))


# ---- ratios that wane on the drug's own time; hazards held above that of the general population ----

WANING = """\
popgx: 1
horizon: 10 years
people: {age: 60 years, sex: {female: 0.5, male: rest}}
processes:
  drug: {states: [none, new, stopped], events: {indication: {from: none, hazard: 0.4 per year}, stop: {from: new, to: stopped, delay: 6 years}}}
  by age:
    states: [well, ill]
    events:
      by age: {from: well, to: ill, clock: age, hazard: {gompertz: {shape: 0.1, rate: 0.0002}},
               hazard ratio: [{sex: {male: 1.5}}, {drug: {new: 0.4, waning: {since: {drug: new}, from: 1 year, to: 4 years}}}]}
  twice:
    events:
      twice: {clock: time, hazard: {weibull: {shape: 1.5, scale: 6}}, repeats: 2,
                      hazard ratio: {drug: {new: 2, stopped: 1.5, waning: {since: indication, from: 0 years, to: 2 years, toward: 0.5}}}}
strategies: {usual: {indication: [{set: {drug: new}}]}}
"""


def test_waning_on_a_time_of_its_own():
    got, end = results_of(WANING, {})["usual"], 10.0

    def after_indication(burden, share):
        """E of share(burden), over when the drug is begun."""
        begun = integral(lambda s: 0.4 * math.exp(-0.4 * s) * share(burden(s)), 0, end, 200)
        return begun + math.exp(-0.4 * end) * share(burden(end))

    ratio = waning(0.4, 1, 4)
    def h(t): return 0.0002 * math.exp(0.1 * (60 + t))
    def by_age(s):
        stop = min(end, s + 6)
        return integral(h, 0, s, 40) + integral(lambda t: h(t) * ratio(t - s), s, stop, 120) + integral(h, stop, end, 40)
    agrees(got, "events.by age", sum(0.5 * after_indication(lambda s, sex=sex: sex * by_age(s), ill) for sex in (1, 1.5)), 1e-4)

    weight = waning(2, 0, 2, 0.5), waning(1.5, 0, 2, 0.5)
    def k(t): return 0.25 * math.sqrt(t / 6)
    def repeated(s):
        stop = min(end, s + 6)
        return integral(k, 0, s, 100) + integral(lambda t: k(t) * weight[0](t - s), s, stop, 200) + integral(lambda t: k(t) * weight[1](t - s), stop, end, 100)
    agrees(got, "events.twice", after_indication(repeated, lambda b: 2 - 2 * math.exp(-b) - b * math.exp(-b)), 1e-4)


def hazard_of_lognormal(t, mu, sigma):
    z = (math.log(t) - mu) / sigma
    return math.exp(-z * z / 2) / (t * sigma * math.sqrt(2 * math.pi)) / upper(z)


HELD = """\
popgx: 1
horizon: 15 years
people: {age: 60 years, sex: {female: 0.5, male: rest}}
processes:
  drug: {states: [old, new]}
  event: {states: [well, ill], events: {event: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.6, scale: 12}}, at least: LEAST,
          hazard ratio: {sex: {male: 1.4}, drug: {new: 0.3, waning: {from: 5 years, to: 10 years}}}, acceleration factor: {sex: {male: 1.2}}}}}
survival model:
  kind: partitioned
  progression-free: {weibull: {shape: 1.1, scale: 9 months}}
  overall: {lognormal: {meanlog: 2.9, sdlog: 0.9, in: months}}
  effect: {hazard ratio: {drug: {new: 0.65, waning: {from: 2 years, to: 5 years, toward: 0.9}}}}
  at least: LEAST
strategies: {old: {}, new: {entry: [{set: {drug: new}}]}}
payoffs: {qaly: [{name: free, while: {survival: progression-free}, utility: 1}, {name: progressed, while: {survival: progressed}, utility: 1}]}
""".replace("LEAST", "{life table: general.csv, age at entry: 60 years}")


def test_a_hazard_held_above_another_one_whatever_the_ratios():
    strategies = results_of(HELD, {"general.csv": "age,annual_rate\n0,0.03\n65,0.06\n70,0.2\n"})
    def general(t): return 0.03 if t < 5 else 0.06 if t < 10 else 0.2
    steps, end = 15_000, 15.0
    dt = end / steps
    for name in ("old", "new"):
        event, progression, overall, free, alive, happened = [0.0, 0.0], 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(steps):
            t = (i + 0.5) * dt
            r = waning(0.65, 2, 5, 0.9)(t) if name == "new" else 1
            dp, do = 1.1 / 0.75 * (t / 0.75) ** 0.1 * r * dt, max(hazard_of_lognormal(t, 2.9 - math.log(12), 0.9) * r, general(t)) * dt
            free += dt * math.exp(-max(progression + dp / 2, overall + do / 2))
            alive += dt * math.exp(-overall - do / 2)
            for sex, (ratio, speed) in enumerate(((1, 1), (1.4, 1.2))):
                u = speed * t  # waning is on the event's clock
                r = waning(0.3, 5, 10)(u) if name == "new" else 1
                de = dt * max(ratio * r * speed * 1.6 / 12 * (u / 12) ** 0.6, general(t))
                happened += 0.5 * de * math.exp(-event[sex] - de / 2 - overall - do / 2)  # to those alive
                event[sex] += de
            progression, overall = progression + dp, overall + do
        agrees(strategies[name], "qaly_items.free", free, 2e-4, name)
        agrees(strategies[name], "qaly_items.progressed", alive - free, 2e-4, name)
        agrees(strategies[name], "events.event", happened, 2e-4, name)
        agrees(strategies[name], "occupancy_at_horizon.life.dead", ill(overall), 1e-4, name)


# ---- effects of who people are and of what has happened so far ----

HISTORY = """\
popgx: 1
horizon: 7 years
people: {frail: {distribution: {gamma: {mean: 1, sd: 0.8}}}, age: {distribution: {uniform: [50 years, 70 years]}}}
genes: {G: {alleles: alleles.csv, rules: genotypes}}
quantities:
  dose: {start: 1, set: {event: increase, to: 1.5}}
  recent: {bands of: time since relapse, from: [0 years, 1 year], names: [fresh, old]}
processes:
  illness: {events: {relapse: {delay: 2 years}, increase: {delay: 4.5 years, repeats: once}}}
  harm:
    states: [none, harmed]
    events:
      harm: {from: none, to: harmed, hazard: 0.03 per year,
             hazard ratio: [{G: {A/V: 1.5, V/V: 3}, recent: {fresh: 2}}, 1 + 0.5 * count of relapse, "if(dose > 1, dose ^ 2, 1)"]}
  one: {states: [well, ill], events: {one: {from: well, to: ill, hazard: 0.2 per year, hazard ratio: frail}}}
  other: {states: [well, ill], events: {other: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 2, scale: 6}}, hazard ratio: [frail, {one: {ill: 1.7}}]}}}
  old: {states: [well, ill], events: {old: {from: well, to: ill, hazard: 0.02 per year, hazard ratio: {age: {per: 10 years, ratio: 2, from: 60 years}}}}}
  both: {events: {both: {delay: 1 minute, repeats: once, while: {one: ill, other: ill}}}}
  test:
    events:
      call: {delay: 1 year, repeats: once}
      complaint: {after: call, probability: {by: G, A/A: 0.1, A/V: 0.2, V/V: 0.5}}
strategies: {usual: {}}
"""


def test_effects_of_history_and_a_shared_frailty():
    got = results_of(HISTORY, {"alleles.csv": "allele,frequency,kind\nA,0.7,reference_remainder\nV,0.3,\n"})["usual"]
    # Years 0-2, 2-3, 3-4, 4-4.5, 4.5-5, 5-6, 6-7: relapses at 2, 4 and 6, the dose from 4.5 on.
    burden = 0.03 * (2 + 1.5 * 2 + 1.5 + 0.5 * 2 * 2 + 2.25 * (0.5 * 2 * 2 + 2 + 2.5 * 2))
    shares = {1: 0.49, 1.5: 0.42, 3: 0.09}
    agrees(got, "events.harm", sum(share * ill(ratio * burden) for ratio, share in shares.items()))
    agrees(got, "events.complaint", 0.49 * 0.1 + 0.42 * 0.2 + 0.09 * 0.5)
    agrees(got, "events.old", integral(lambda age: ill(0.02 * 7 * 2 ** ((age - 60) / 10)), 50, 70, 200) / 20)

    v = 0.64
    def laplace(b): return (1 + v * b) ** (-1 / v)  # E e^(-b frail)
    def slope(b): return (1 + v * b) ** (-1 / v - 1)  # E frail e^(-b frail)
    H = weibull(2, 6)
    agrees(got, "events.one", 1 - laplace(1.4))
    # `one` at s, with its hazard 0.2 frail; then the other goes on 1.7 times as fast.
    well = laplace(1.4 + H(7)) + integral(lambda s: 0.2 * slope(0.2 * s + H(s) + 1.7 * (H(7) - H(s))), 0, 7)
    agrees(got, "events.other", 1 - well)
    agrees(got, "events.both", 1 - laplace(1.4) - integral(lambda s: 0.2 * slope(0.2 * s + H(s) + 1.7 * (H(7) - H(s))), 0, 7), 1e-5)


# ---- a parameter that chooses among laws, drawn ----

CHOICE = """\
popgx: 1
horizon: 5 years
currency: USD
thresholds: [1000]
parameters: {law: {value: 0.6, distribution: {uniform: [0, 1]}}}
processes:
  life: {events: {death: {to: dead, clock: time, hazard: {choose: law, among: [{weight: 0.5, hazard: {weibull: {shape: 1.2, scale: 4}}},
          {weight: 0.3, hazard: {loglogistic: {shape: 1.5, scale: 4}}}, {weight: 0.2, hazard: 0.1 per year}]}}}}
strategies: {usual: {}}
payoffs: {qaly: [{while: {life: alive}, utility: 1}]}
"""


def test_laws_are_chosen_as_often_as_their_weights_say():
    def years(H): return integral(lambda t: math.exp(-H(t)), 0, 5)
    expected = [years(weibull(1.2, 4)), years(loglogistic(1.5, 4)), years(lambda t: 0.1 * t)]

    def run():
        pathlib.Path("model.yaml").write_text(CHOICE)
        done = popgx("run", "model.yaml", "--draws", 100, "--design", "latin", "--patients", 2000, "-o", "draws.h5", "--quiet")
        expect(done.returncode == 0, done.stderr)
        read = python("import h5py\nwith h5py.File('draws.h5') as f: print(f['psa/parameters'][:][:, 0].tolist(), f['psa/outcomes'][:][:, 0, 1].tolist(), sep='\\n')")
        if "No module named" in read.stderr:
            return
        laws, lived = (json.loads(line) for line in read.stdout.splitlines())
        for law, found in zip(laws, lived):
            which = 0 if law < 0.5 else 1 if law < 0.8 else 2
            expect(abs(found - expected[which]) < 0.2, "with", law, "people live", found, "years, not", expected[which])  # five standard errors
        expect([sum(low <= law < high for law in laws) for low, high in ((0, 0.5), (0.5, 0.8), (0.8, 1))] == [50, 30, 20], "the laws are drawn as", laws)
    in_empty_folder(run)


ACCELERATED = """\
popgx: 1
horizon: 10 years
survival model:
  kind: partitioned
  progression-free: {loglogistic: {shape: 1.4, scale: 1.2}}
  overall: {generalised gamma: {mu: 1.1, sigma: 0.8, Q: 0.5}}
  effect: {progression-free: {time ratio: {drug: {new: 1.5}}}, overall: {acceleration factor: {drug: {new: 0.8}}, hazard ratio: {drug: {new: 0.9}}}}
processes: {drug: {states: [old, new]}}
strategies: {old: {}, new: {entry: [{set: {drug: new}}]}, stopped: {entry: [{set: {drug: new}}], at 2 years: [{set: {drug: old}}]}}
payoffs: {qaly: [{name: free, while: {survival: progression-free}, utility: 1}, {name: progressed, while: {survival: progressed}, utility: 1}]}
"""


def test_survival_curves_with_accelerated_time():
    strategies = results_of(ACCELERATED)
    P, D = loglogistic(1.4, 1.2), gengamma_half(1.1, 0.8)
    for name, taken in (("old", 0), ("new", 10), ("stopped", 2)):
        def progression(t): return P(min(t, taken) / 1.5 + max(t - taken, 0))
        def death(t):
            first, then = 0.8 * min(t, taken), 0.8 * min(t, taken) + max(t - taken, 0)
            return 0.9 * D(first) + D(then) - D(first)
        alive, free = (integral(lambda t: math.exp(-burden(t)), 0, 10, 4000) for burden in (death, lambda t: max(death(t), progression(t))))
        agrees(strategies[name], "qaly_items.free", free, 2e-5, name)
        agrees(strategies[name], "qaly_items.progressed", alive - free, 2e-5, name)


# ---- laws that change while they run ----

SWITCHES = """\
popgx: 1
horizon: 8 years
people: {age: {distribution: {uniform: [50 years, 60 years]}}, band: {of: age, from: [50 years, 54 years], names: [younger, older]}, sex: {female: 0.5, male: rest}}
processes:
  drug: {states: [old, new], events: {switch: {from: old, to: new, hazard: 0.25 per year}}}
  family:
    states: [well, ill]
    events: {family: {from: well, to: ill, clock: time, hazard: {by: drug, old: {weibull: {shape: 1.5, scale: 9}}, new: {loglogistic: {shape: 2, scale: 6}}}}}
  spell:
    states: [none, one, other, gone, back, ill]
    events:
      begin: {from: none, to: one, delay: 1 year}
      turn: {from: one, to: other, delay: 1 year}
      leave: {from: other, to: gone, delay: 2 years}
      come back: {from: gone, to: back, delay: 1.5 years}
      harm in spell: {from: [one, other, back], to: ill, clock: {in: [one, other, back]}, hazard: {weibull: {shape: 1.8, scale: 5}}, acceleration factor: {drug: {new: 1.6}}}
  cure:
    states: [well, ill]
    events: {cure: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.3, scale: 3}, cured: 40 %, at the latest: 6 years}, time ratio: {sex: {female: 1.25}},
             hazard ratio: {sex: {male: 0.7}}}}
  curve:
    states: [well, ill]
    events: {curve: {from: well, to: ill, clock: time, hazard: {survival table: km.csv, by: sex, in: months}, time ratio: {drug: {new: 2}}}}
  bands:
    states: [well, ill]
    events: {bands: {from: well, to: ill, clock: time, hazard: {gompertz: {shape: 0.1, rate: 0.0001}, clock: age, age at entry: band}}}
  law of both:
    states: [well, ill]
    events:
      law of both: {from: well, to: ill, clock: {since: switch}, hazard: {by: sex, female: {periods: {table: periods.csv}, plus: 0.05 per year}, male: {gamma: {shape: 2, mean: 5 years}, minus: 0.02 per year}}}
  first: {states: [well, ill], events: {first: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.2, scale: 5}}, hazard ratio: {sex: {male: 0.5}}}}}
  second: {states: [well, ill], events: {second: {from: well, to: ill, clock: time, hazard: {weibull: {shape: 1.2, scale: 5}}, same luck as: first}}}
  before: {states: [open, wrong, closed], events: {look: {from: open, to: closed, delay: 3 years}, wrongly: {from: open, to: wrong, delay: 1 day, while: {first: ill, second: well}}}}
strategies: {usual: {}}
"""


def test_laws_that_change_while_they_run():
    got = results_of(SWITCHES, {"km.csv": "sex,time,survival\nfemale,12,0.9\nfemale,60,0.5\nmale,24,0.7\nmale,48,0.4\n",
                                "periods.csv": "from_years,to_years,rate_per_year\n0,1,0.3\n1,3,0.1\n3,9,0.02\n"})["usual"]
    old, new = weibull(1.5, 9), loglogistic(2, 6)
    agrees(got, "events.family", after_exponential(0.25, T, lambda s: old(T) if s is None else old(s) + new(T) - new(s)))

    W = weibull(1.8, 5)
    def spell(s, begin, end):
        """The clock from the entry into the group, 1.6 times as fast from the switch on, whenever that was."""
        normal = end - begin if s is None else min(max(s - begin, 0), end - begin)
        return W(normal + 1.6 * (end - begin - normal))
    agrees(got, "events.harm in spell", after_exponential(0.25, T, lambda s: spell(s, 1, 4) + spell(s, 5.5, 8)))

    # The longest time is stretched too: 7.5 years of women, so that everybody has it who is alive to it.
    agrees(got, "events.cure", 1)

    def km(times, survival):
        def cumulative(u):
            points = list(zip([0, *times], [1, *survival]))
            k = max(i for i in range(len(times)) if points[i][0] <= u)
            (a, sa), (b, sb) = points[k], points[k + 1]
            return -math.log(sa) + math.log(sa / sb) * (u - a) / (b - a)
        return cumulative
    tables = km([1, 5], [0.9, 0.5]), km([2, 4], [0.7, 0.4])
    agrees(got, "events.curve", sum(0.5 * after_exponential(0.25, T, lambda s, H=H: H(T if s is None else s + (T - s) / 2)) for H in tables), 1e-4)

    H = gompertz(0.1, 0.0001)
    agrees(got, "events.bands", sum(share * ill(H(age + T) - H(age)) for share, age in ((0.4, 52), (0.6, 56))))  # the last band is as wide as the one before

    def periods(u): return 0.3 * min(u, 1) + 0.1 * min(max(u - 1, 0), 2) + 0.02 * max(u - 3, 0) + 0.05 * u
    G = gamma_of_two(2 / 5)
    turn = 0.02 / (0.4 - 0.02) / 0.4  # the hazard 0.4 x / (1 + x), x = 0.4 u, is 0.02 here
    def less(u): return G(u) - G(turn) - 0.02 * (u - turn) if u > turn else 0.0
    agrees(got, "events.law of both", sum(0.5 * after_exponential(0.25, T, lambda s, B=B: 0 if s is None else B(T - s)) for B in (periods, less)), 1e-4)

    agrees(got, "events.first", 0.5 * ill(weibull(1.2, 5)(T)) + 0.5 * ill(0.5 * weibull(1.2, 5)(T)))
    agrees(got, "events.second", ill(weibull(1.2, 5)(T)))
    agrees(got, "events.wrongly", 0)  # the second comes with the first or before it


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
