#!/usr/bin/env python3
"""Life tables along age and calendar: shares of the dead against the integral of the table along each date of birth. life_tables.py BUILD

The integral is taken day by day and person by person here, not from birthday to new year as popgx does it.
"""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from meaning import agrees, results_of  # noqa: E402
from program import finish  # noqa: E402

YEARS = [2020, 2021, 2023]
# Big steps, so that a step at the wrong time shows.
RATE = {"female": {2020: [0.01, 0.05, 0.2], 2021: [0.02, 0.3, 0.1], 2023: [0.03, 0.02, 0.6]},
        "male": {2020: [0.02, 0.15, 0.3], 2021: [0.01, 0.4, 0.2], 2023: [0.02, 0.1, 0.1]}}
AGES = [0, 41, 43]
TABLE = "sex,year,age,annual_rate\n" + "".join(
    f"{sex},{year},{age},{RATE[sex][year][k]}\n" for sex in RATE for year in YEARS for k, age in enumerate(AGES))

MODEL = """\
popgx: 1
horizon: 5 years
year: 365 days
people:
  sex: {{female: 0.5, male: rest}}
  {people}
processes:
  life: {{events: {{death: {{to: dead, clock: {clock}, hazard: {{life table: table.csv, by: sex, year: calendar time{more}}}}}}}}}
strategies: {{usual: {{}}}}
"""


def rate_at(sex, age, date):
    year = [y for y in YEARS if y <= date][-1] if date >= YEARS[0] else YEARS[0]
    k = max(k for k, first in enumerate(AGES) if first <= age)
    return RATE[sex][year][k]


def survival(sex, age, entry, horizon=5, change=lambda h, t: h, steps=3650):
    """By the middle of each of many short steps."""
    width = horizon / steps
    total = 0.0
    for i in range(steps):
        t = (i + 0.5) * width
        total += change(rate_at(sex, age + t, entry + t), t) * width
    return math.exp(-total)


def dead(people, **how):
    """Share of the dead among people [(age, entry date)], half of each sex."""
    return 1 - sum(survival(sex, age, entry, **how) for sex in RATE for age, entry in people) / (2 * len(people))


def run(people, more="", clock="age", table=TABLE, files=None):
    model = MODEL.format(people=people, more=more, clock=clock)
    return results_of(model, {"table.csv": table, **(files or {})})["usual"]


def test_one_date():
    """Everybody is 40.3 years old on 20 July 2020 or so: six cells of the table."""
    agrees(run("age: 40.3 years\n  entry date: 2020.55 years"), "occupancy_at_horizon.life.dead", dead([(40.3, 2020.55)]), 2e-4)


def test_before_and_after_the_table():
    agrees(run("age: 40.3 years\n  entry date: 1999 years"), "occupancy_at_horizon.life.dead", dead([(40.3, 1999)]), 2e-4)
    agrees(run("age: 90 years\n  entry date: 2040 years"), "occupancy_at_horizon.life.dead", dead([(90, 2040)]), 2e-4)


def test_many_dates():
    """Ages and dates spread evenly: the sum over a grid of both."""
    grid = [(38 + 6 * (i + 0.5) / 40, 2019 + 3 * (j + 0.5) / 40) for i in range(40) for j in range(40)]
    agrees(run("age: {distribution: {uniform: [38 years, 44 years]}}\n  entry date: {distribution: {uniform: [2019 years, 2022 years]}}"),
           "occupancy_at_horizon.life.dead", dead(grid, steps=200), 5e-4)


def test_a_cohort_file_gives_dates():
    rows = [(40 + i / 7, 2020 + i / 5) for i in range(12)]
    cohort = "age,entry date\n" + "".join(f"{age!r},{entry!r}\n" for age, entry in rows)
    agrees(run("file: {table: cohort.csv, columns: {age: years, entry date: years}}", files={"cohort.csv": cohort}),
           "occupancy_at_horizon.life.dead", dead(rows), 3e-4)


def test_what_changes_the_hazard():
    one = "age: 40.3 years\n  entry date: 2020.55 years"
    for more, change in ((", smr: 2", lambda h, t: 2 * h), (", plus: 0.1 per year", lambda h, t: h + 0.1),
                         (", minus: 0.04 per year", lambda h, t: max(h - 0.04, 0)), (", at least: 0.12 per year", lambda h, t: max(h, 0.12))):
        agrees(run(one, more), "occupancy_at_horizon.life.dead", dead([(40.3, 2020.55)], change=change), 3e-4, more)


def test_on_the_time_since_the_start():
    agrees(run("age: 40.3 years\n  entry date: 2020.55 years", ", age at entry: 40.3 years", "time"), "occupancy_at_horizon.life.dead",
           dead([(40.3, 2020.55)]), 2e-4)


def test_by_sex_and_ancestry():
    """Half a year before a birthday, and four and a half after it, of four groups."""
    shares = {("female", "A"): 0.3, ("female", "B"): 0.2, ("male", "A"): 0.1, ("male", "B"): 0.4}
    rates = {("female", "A"): (0.01, 0.05), ("female", "B"): (0.2, 0.02), ("male", "A"): (0.03, 0.3), ("male", "B"): (0.08, 0.01)}
    table = "ancestry,sex,age,annual_rate\n" + "".join(f"{b},{a},{age},{rates[a, b][k]}\n" for a, b in rates for k, age in enumerate((0, 61)))
    model = MODEL.format(people="ancestry: {by: sex, female: {A: 0.6, B: rest}, male: {A: 0.2, B: rest}}\n  age: 60.5 years", clock="age", more="")
    strategy = results_of(model.replace("by: sex, year: calendar time", "by: [sex, ancestry]"), {"table.csv": table})["usual"]
    agrees(strategy, "occupancy_at_horizon.life.dead", 1 - sum(p * math.exp(-0.5 * rates[of][0] - 4.5 * rates[of][1]) for of, p in shares.items()))


def test_probabilities_and_the_last_age():
    """q 0.1 and 0.5 in the years of age 40 and 41, and nobody lives beyond their 43rd birthday, whatever the year."""
    table = "sex,year,age,qx\n" + "".join(f"{sex},{year},{age},{q}\n" for sex in RATE for year in (2020, 2030)
                                          for age, q in ((0, 0.1), (41, 0.5), (42, 1)))
    strategy = run("age: 40 years\n  entry date: 2025 years", table=table)
    agrees(strategy, "occupancy_at_horizon.life.dead", 1)
    years = (1 - 0.9) / -math.log(0.9) + (0.9 + 0.45) * (1 - 0.5) / -math.log(0.5)
    agrees(strategy, "life_years", years, 1e-4)


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
finish()
