#!/usr/bin/env python3
"""What `popgx run` and `popgx cea` say of decision problems that are worked out by hand. cli_results.py BUILD"""
import csv
import io
import math
import pathlib
import re
import sys

try:
    import h5py
except ImportError:
    h5py = None

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import PUBLISHED, ROOT, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, printed  # noqa: E402


# ---- decisions: what a strategy costs and brings is all there is to it ----

DECISIONS = {  # name: ([(cost, QALYs) of each strategy], [(strategy, what is said of it)] in the order of cost)
    "one": ([(100, 0.5)], [("a", "on the frontier")]),
    "nothing": ([(0, 0)], [("a", "on the frontier")]),
    "equal": ([(100, 0.5), (100, 0.5)], [("a", "on the frontier"), ("b", "dominated")]),
    "as good": ([(100, 0.5), (300, 0.5)], [("a", "on the frontier"), ("b", "dominated")]),
    "as dear": ([(100, 0.5), (100, 0.25)], [("a", "on the frontier"), ("b", "dominated")]),
    "saves": ([(500, 0.5), (100, 0.25)], [("b", "on the frontier"), ("a", 1600)]),
    "dominant": ([(500, 0.25), (100, 0.5)], [("b", "on the frontier"), ("a", "dominated")]),
    "below nothing": ([(-500, -0.5), (-100, 0.25), (-400, -0.75)],
                      [("a", "on the frontier"), ("c", "dominated"), ("b", 400 / 0.75)]),
    "chain": ([(0, 0), (500, 0.125), (600, 0.25), (1500, 0.375), (1600, 0.5)],
              [("a", "on the frontier"), ("b", "extendedly dominated"), ("c", 2400), ("d", "extendedly dominated"), ("e", 4000)]),
}


def decision(strategies):
    names = "abcdefgh"[:len(strategies)]
    chosen = "".join(f"  {n}: {{entry: [{{set: {{choice: {n}}}}}]}}\n" for n in names)
    costs = "".join(f"    - {{while: {{choice: {n}}}, rate: {c} USD / 1 year, category: {n}}}\n" for n, (c, q) in zip(names, strategies))
    health = "".join(f"    - {{while: {{choice: {n}}}, utility: {q}, name: {n}}}\n" for n, (c, q) in zip(names, strategies))
    return (f"popgx: 1\nhorizon: 1 year\ncurrency: USD\nthresholds: [2000]\nprocesses: {{choice: {{states: [none, {', '.join(names)}]}}}}\n"
            f"strategies:\n{chosen}payoffs:\n  cost:\n{costs}  qaly:\n{health}")


def check_decisions():
    for name, (strategies, wanted) in DECISIONS.items():
        model = pathlib.Path("decision.yaml")
        model.write_text(decision(strategies))
        for patients in (1, 50):
            text = printed("run", model, "-n", patients, "-q", "-o", "decision.h5", "--force") + printed("cea", "decision.h5")
            expect(not re.search(r"\b(nan|inf|n/a)\b", text, re.IGNORECASE), f"{name}: a figure is no number:\n{text}")
            expect("-0.0 " not in text and "-0 " not in text, f"{name}: less than nothing:\n{text}")
        cea = answer("cea", "decision.h5")
        for line, (strategy, status) in zip(cea["frontier"], wanted, strict=True):
            said = line["incremental"]["icer"] if "incremental" in line else line["status"]
            is_right = abs(said - status) < 0.01 if isinstance(status, (int, float)) and isinstance(said, (int, float)) else said == status
            expect(line["strategy"] == strategy and is_right, f"{name}: {strategy} should be {status}, is {line['strategy']}: {said}")
        best = max(range(len(strategies)), key=lambda s: 2000 * strategies[s][1] - strategies[s][0])
        expect(cea["best"][0]["strategy"] == "abcdefgh"[best], f"{name}: the best at 2,000 is {best}")
        for pair in cea["comparisons"]:
            (c, q), (c0, q0) = strategies["abcdefgh".index(pair["strategy"])], strategies["abcdefgh".index(pair["comparator"])]
            expect(abs(pair["net_benefit"][0]["nmb"]["mean"] - (2000 * (q - q0) - (c - c0))) < 0.01, f"{name}: net benefit of {pair}")
            quadrant = ("same" if (c, q) == (c0, q0) else "dominant" if c <= c0 and q >= q0 else "dominated" if c >= c0 and q <= q0
                        else "costs more" if q > q0 else "saves")
            expect(pair["icer"]["verdict"] == quadrant and (pair["icer"]["icer"] is not None) == (quadrant in ("costs more", "saves")),
                   f"{name}: {pair['strategy']} against {pair['comparator']}: {pair['icer']}")


# ---- the report ----

PAGE = (ROOT / "docs" / "results.md").read_text()


def table(*arguments):
    """The long table: its rows, numbers as numbers."""
    rows = list(csv.DictReader(io.StringIO(printed(*arguments, "--csv"))))
    for row in rows:
        for column in ("time", "level", "value", "se", "low", "high"):
            row[column] = float(row[column]) if row[column] else None
    return rows


def find(rows, **wanted):
    found = [r for r in rows if all(r[k] == v for k, v in wanted.items())]
    expect(len(found) == 1, f"{len(found)} rows with {wanted}")
    return found[0] if found else {"value": math.nan, "se": math.nan, "low": math.nan, "high": math.nan}


def near(row, truth, what, least=0):
    """Within four standard errors; paired differences have errors of their own, so that of 100 figures none is expected to fail."""
    expect(abs(row["value"] - truth) <= 4 * (row["se"] or 0) + least, f"{what}: {row['value']} ({row['se']}) should be {truth}")


def check_page():
    pathlib.Path("page.yaml").write_text(re.search(r"```yaml\n(popgx: 1.*?)```", PAGE, re.DOTALL).group(1))
    hand = {name.strip(): float(value) for name, value in re.findall(r"^\| ([^|]+) \| [^|]+ \| (-?[\d.]+) \|$", PAGE, re.MULTILINE)}
    rows = table("run", "page.yaml", "-n", 100000, "-q", "--report", "all", "-o", "page.h5")
    near(find(rows, part="event", outcome="occurrences", item="infarction", strategy="usual", statistic="mean"), hand["infarctions, usual"], "infarctions")
    near(find(rows, part="event", outcome="occurrences", item="infarction", statistic="difference"), hand["infarctions, difference"], "infarctions prevented")
    near(find(rows, part="event", outcome="people with any", item="infarction", statistic="difference"), math.exp(-.2) - math.exp(-.1), "people with an infarction")
    people = find(rows, part="number needed", item="infarction", statistic="people")
    expect(people["low"] < hand["people for one infarction fewer"] < people["high"] < people["low"] * 1.1 and people["interval"] == "between", people)
    cost = find(rows, part="number needed", item="infarction", statistic="cost")
    expect(cost["low"] < hand["cost for one infarction fewer"] < cost["high"], cost)
    near(find(rows, part="state", item="scarred", strategy="usual", comparator="", time=1.0), hand["scarred after 1 year, usual"], "states")
    for year in (1, 2):
        near(find(rows, part="year", item="infarction", comparator="usual", time=float(year)), hand[f"infarction costs of year {year}, difference"], f"year {year}")
    worst = find(rows, part="distribution", outcome="qaly", strategy="usual", comparator="", level=0.1)
    expect(worst["low"] < hand["QALYs of the worst tenth, usual"] < worst["high"] and worst["high"] - worst["low"] < 0.01, worst)
    for side in ("better", "worse"):
        for luck, words in (("same", "if individual susceptibility is unchanged by the choice"), ("independent", "with independent luck")):
            near(find(rows, part="better or worse off", outcome="qaly", item=words, statistic=side), hand[f"{side} off, {luck} luck"], f"{side} off, {luck} luck", 1e-4)
    for row in table("show", "page.h5"):
        expect(row == next(r for r in rows if all(r[k] == row[k] for k in row if k not in ("value", "se", "low", "high"))), f"the file has {row}")
    expect("nobody takes both ways" in printed("cea", "page.h5"), "what cannot be known is said")
    text = printed("run", "page.yaml", "-q", "--report", "events,years")
    expect("Numbers needed" in text and "Costs by year since entry" in text and "Share of people in" not in text, "what was asked for is printed")
    expect(answer("run", "page.yaml", "-n", 3000, "-q")["run"]["checksum"] == answer("run", "page.yaml", "-n", 3000, "-q", "--report", "all")["run"]["checksum"],
           "the checksum does not depend on the report")


def check_value():
    text = next(t for t in re.findall(r"```yaml\n(popgx: 1.*?)```", PAGE, re.DOTALL) if "perspectives:" in t)
    pathlib.Path("value.yaml").write_text(text)
    hand = {name.strip(): float(value) for name, value in re.findall(r"^\| ([^|]+) \| [^|]+ \| (-?[\d.]+) \|$", PAGE, re.MULTILINE)}
    for report in ([], ["--report", "years"]):
        printed("run", "value.yaml", "-n", 100, "-q", "-o", "value.h5", "--force", *report)
        asked = ["cea", "value.h5", "--severity", "14", "--evlyg", "--weights", "qaly:0.6:0:10,cost:0.4:10000:0"]
        cea = answer(*asked)
        payer, societal = cea["perspectives"]
        expect(abs(payer["icer"] - hand["ICER, payer"]) < 0.01 and abs(societal["icer"] - hand["ICER, societal"]) < 0.01, cea["perspectives"])
        expect(abs(payer["nmb"]["mean"] - (20000 - hand["ICER, payer"])) < 0.01, payer)
        expect(abs(cea["beyond_the_qaly"][1]["evlyg"]["mean"] - hand["evLYG"]) < 1e-5, cea["beyond_the_qaly"])
        expect(abs(cea["beyond_the_qaly"][1]["weighted_sum"]["mean"] - hand["weighted sum, new"]) < 1e-5, cea["beyond_the_qaly"])
        expect(abs(cea["severity"]["absolute_shortfall"]["mean"] - hand["absolute shortfall"]) < 1e-6 and cea["severity"]["weight"] == hand["weight of a QALY"], cea["severity"])
        out = printed(*asked)
        expect(f"{hand['net benefit with it']:,.0f}" in out and "not counted" in out and not re.search(r"\bnan\b|n/a", out), out)
    for qalys, weight in (("13", 1), ("13.34", 1.2), ("19.99", 1.2), ("20", 1.7), ("2.5", 1)):
        expect(answer("cea", "value.h5", "--severity", qalys)["severity"]["weight"] == weight, f"{qalys} QALYs weigh {weight}")
    expect(answer("cea", "value.h5", "--severity", "new")["severity"]["absolute_shortfall"]["mean"] == 1, "a strategy may be the general population")
    for wrong in (["--severity", "nwe"], ["--weights", "qaly:0.6:0"], ["--weights", "qualy:1:0:1"], ["--weights", "qaly:1:2:2"]):
        expect(popgx("cea", "value.h5", *wrong).returncode == 2, wrong)


NORMS_MODEL = """\
popgx: 1
title: People of two sexes and one age, who live for ten years at 0.5
horizon: 10 years
currency: USD
thresholds: [20000]
people: {age: 55 years, sex: {male: 40 %, female: rest}}
strategies: {usual: {}, new: {}}
payoffs:
  qaly: [{name: alive, while: {life: alive}, utility: 0.5}]
"""


def check_norms():
    """At 55, half-way between the lines of 50 and 60, men have 15 QALYs left and women 25: 21 of all."""
    pathlib.Path("norms.yaml").write_text(NORMS_MODEL)
    pathlib.Path("norms.csv").write_text("sex,age,qaly\nmale,50,20\nmale,60,10\nfemale,50,30\nfemale,60,20\nfemale,70,3\n")
    printed("run", "norms.yaml", "-n", 40000, "-q", "-o", "norms.h5", "--force", "--by", "sex")
    severity = answer("cea", "norms.h5", "--severity", "norms.csv")["severity"]
    expect(abs(severity["absolute_shortfall"]["mean"] - (21 - 5)) < 4.5 * severity["absolute_shortfall"]["se"] < 0.15, severity)
    expect(abs(severity["absolute_shortfall"]["se"] - 10 * math.sqrt(0.4 * 0.6 / 40000)) < 1e-3 and severity["weight"] == 1.2, severity)
    for table, reason in (("age,qaly\n56,20\n60,10\n", "no lines around the age of 55.00"), ("age,qaly,gender\n50,1,male\n", "no attribute `gender`"),
                          ("age,qaly,sex\n50,1,men\n", "no level `men`"), ("age,sex\n50,male\n", "columns `age` and `qaly`"), ("age,qaly\n50,-1\n", "at least 0")):
        pathlib.Path("wrong.csv").write_text(table)
        done = popgx("cea", "norms.h5", "--severity", "wrong.csv")
        expect(done.returncode == 2 and reason in done.stderr, table, done.returncode, done.stderr)
    done = popgx("cea", "norms.h5", "--severity", "norms.csv", "--subgroup", "sex")
    expect(done.returncode == 2 and "leave --subgroup out" in done.stderr, done.stderr)


def check_weighted_errors():
    """Costs and QALYs together: the weighted sum that is net benefit has its error."""
    printed("run", SINGLE_GENE, "-n", 20000, "-q", "-o", "gene.h5", "--force")
    cea = answer("cea", "gene.h5", "--weights", "qaly:100000:0:1,cost:1:1:0")
    nmb = next(c["nmb"] for c in answer("run", SINGLE_GENE, "-n", 20000)["comparisons"] if c["strategy"] == "test")
    found = next(row["weighted_difference"] for row in cea["beyond_the_qaly"] if row["strategy"] == "test")
    expect(abs(found["mean"] - nmb["mean"]) < 1e-6 and abs(found["se"] - nmb["se"]) < 1e-6, found, nmb)


def check_totals():
    """Years add up to the totals; a run that ends after five years is the first five years; ranks and threads change nothing."""
    for model in (SINGLE_GENE, PUBLISHED):
        rows = table("run", model, "-n", 5000, "-q", "-t", 1, "--report", "all")
        for whole in rows:
            if whole["part"] not in ("outcome", "category") or whole["statistic"] == "icer":
                continue
            if whole["comparator"] not in ("", rows[0]["strategy"]):
                continue
            years = [r for r in rows if r["part"] == "year" and all(r[k] == whole[k] for k in ("strategy", "comparator", "outcome", "item"))]
            if years or whole["part"] == "outcome":
                expect(abs(sum(r["value"] for r in years) - whole["value"]) <= 1e-9 * (1 + abs(whole["value"])), f"{model}: years of {whole}")
        expect(table("run", model, "-n", 5000, "-q", "-t", 2, "--report", "all", ) == rows, f"{model}: threads change the report")
        for row in rows:
            if row["part"] == "state at the horizon" and row["value"]:
                last = max((r for r in rows if r["part"] == "state" and r["item"] == row["item"] and r["outcome"] == row["outcome"]
                            and r["strategy"] == row["strategy"] and not r["comparator"]), key=lambda r: r["time"])
                expect(last["value"] == row["value"], f"{model}: the last of the states is that of the horizon: {row}")
    whole = table("run", SINGLE_GENE, "-n", 5000, "-q", "--report", "years")
    text = SINGLE_GENE.read_text()
    pathlib.Path("short.yaml").write_text(text.replace("horizon: 40 years", "horizon: 5 years"))
    for row in table("run", "short.yaml", "-n", 5000, "-q"):
        if row["part"] == "outcome" and not row["comparator"]:
            first = sum(r["value"] for r in whole if r["part"] == "year" and r["time"] <= 5 and not r["item"]
                        and all(r[k] == row[k] for k in ("strategy", "comparator", "outcome")))
            # what an indication costs in utility is for a year, so the fifth year's are cut at the end of the short run and not at that of the year
            expect(abs(first - row["value"]) <= 2e-3 * abs(row["value"]), f"five years: {first} and {row}")


def check_store():
    """A report is in the file, survives an interruption, and comes again from stored trajectories."""
    asked = ["run", SINGLE_GENE, "-n", 5000, "-q"]
    whole = table(*asked, "--report", "all", "-o", "whole.h5", "--trajectories", "all")
    expect(table("show", "whole.h5") == whole, "the file has the report")
    once = [r for r in whole if r["item"] != "with independent luck"]
    expect(once != whole and table("aggregate", "whole.h5", "-q") == once, "and trajectories have it again, but for other luck")
    if h5py:
        with h5py.File("whole.h5") as file:
            stored = file["results/report"][:]
        report = [r for r in whole if r["part"] not in ("outcome", "comparison", "state at the horizon")]
        expect(len(stored) == len(report), f"HDF5 has {len(stored)} rows, CSV {len(report)}")
        for have, want in zip(stored, report):
            expect(all(have[k].decode() == want[k] for k in ("part", "strategy", "comparator", "item", "statistic")) and have["value"] == want["value"], have, want)
    printed(*asked, "-o", "plain.h5", "--trajectories", "all")
    again = table("aggregate", "plain.h5", "-q", "--report", "years,states,events,categories")
    expect(again == [r for r in whole if r["part"] not in ("distribution", "better or worse off")], "also those of a run that nobody asked")
    expect(popgx(*asked, "-o", "whole.h5", "--resume", "--report", "years").returncode == 2, "another report is another run")


def check_calendar():
    """Entry in the middle of 2025, 100 a year for two years: 50 in 2025, 100 in 2026, and what is after is kept apart."""
    pathlib.Path("calendar.yaml").write_text("""popgx: 1
horizon: 2 years
currency: USD
people: {entry date: 2025.5 years}
strategies: {usual: {}}
payoffs: {cost: [{while: {life: alive}, rate: 100 USD per year, category: care}]}
report: {years: {calendar: [2025, 2026]}}
""")
    years = {r["time"]: r["value"] for r in table("run", "calendar.yaml", "-n", 10, "-q") if r["part"] == "year" and r["outcome"] == "cost"}
    expect({y: round(v, 3) for y, v in years.items()} == {2025: 50, 2026: 100, 2027: 50}, f"calendar years are {years}")
    expect("after 2026" in printed("run", "calendar.yaml", "-n", 10, "-q"), "what is after is told")


def check_survival():
    """A constant hazard of 0.3 a year: survival e^(-0.3 t), restricted mean (1 - e^(-0.3 t)) / 0.3."""
    pathlib.Path("survival.yaml").write_text("""popgx: 1
horizon: 10 years
currency: USD
processes: {life: {events: {death: {to: dead, hazard: 0.3 per year}}}}
strategies: {usual: {}, none: {}}
payoffs: {cost: [{event: death, amount: 1 USD, category: death}]}
report: {states: {at: [0 years, 1 year, 5 years, 10 years]}, events: true}
""")
    rows = table("run", "survival.yaml", "-n", 50000, "-q", "-o", "survival.h5")
    for t in (0, 1, 5, 10):
        alive = find(rows, part="state", item="alive", strategy="usual", comparator="", time=float(t))
        near(alive, math.exp(-0.3 * t), f"survival to {t}")
        expect(abs(alive["se"] - math.sqrt(math.exp(-0.3 * t) * (1 - math.exp(-0.3 * t)) / 50000)) < 2e-5, f"its error is binomial: {alive}")
        if t:
            near(find(rows, part="state", outcome="restricted mean survival", strategy="usual", comparator="", time=float(t)),
                 (1 - math.exp(-0.3 * t)) / 0.3, f"restricted mean to {t}", 1e-5)
    years = {r["level"]: r for r in table("run", "survival.yaml", "-n", 50000, "-q", "--report", "distribution") if r["part"] == "distribution"
             and r["outcome"] == "life_years_undiscounted" and r["strategy"] == "usual" and not r["comparator"]}
    expect(years[0.5]["low"] - 0.01 < math.log(2) / 0.3 < years[0.5]["high"] + 0.01 and abs(years[0.5]["value"] - math.log(2) / 0.3) < 0.05, f"median survival {years[0.5]}")
    expect(years[0.975]["value"] == 10 and years[0.1]["value"] < years[0.25]["value"], "who is alive at the horizon has its years")
    expect(not [r for r in rows if r["part"] == "number needed"], "two strategies that are the same need nobody")
    printed("cea", "survival.h5")


# ---- JSON ----

# How many levels below these keys are named by the model.
NAMED = {"outcomes": 1, "costs": 1, "qaly_items": 1, "events": 1, "occupancy_at_horizon": 1, "items": 2, "levels": 1}


def keys_of(value, named=0):
    if isinstance(value, list):
        return set().union(*(keys_of(v) for v in value))
    if not isinstance(value, dict):
        return set()
    return (set() if named else set(value)).union(*(keys_of(v, named - 1 if named else NAMED.get(k, 0)) for k, v in value.items()))


def check_json():
    """The page names every key that `popgx run --json` prints, and no other."""
    section = PAGE.split("## The answer as JSON")[1].split("\n## ")[0]
    shown = set(re.findall(r"`([a-z_0-9]+)`", section)) | set(re.findall(r'"([a-z_]+)"', section))
    columns = set(re.findall(r"`([a-z]+)`", PAGE.split("## One long table")[1]))
    model = (ROOT / "docs" / "tutorial.md").read_text().split("```yaml\n")[-1].split("```")[0]
    pathlib.Path("json.yaml").write_text(model + "  visits: {unit: calls, items: [{event: attack, amount: 2, name: call}]}\nsubgroups: [variant]\n")
    printed_keys = keys_of(answer("run", "json.yaml", "-n", 500, "-q", "--report", "all", "--draws", 4))
    printed_keys |= keys_of(answer("run", "json.yaml", "-n", 500, "-q", "--until", "nmb.se < 1e6"))
    printed_keys |= keys_of(answer("run", "json.yaml", "-n", 9000, "-q", "--part", "1/2", "-o", "part.h5"))
    expect(printed_keys <= shown | columns, "docs/results.md does not say what these are:", printed_keys - shown - columns)
    gone = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) - printed_keys - {"disclosure"}
    expect(not gone, "docs/results.md names what is not printed:", gone)


def check_report_mistakes():
    expect("none of categories" in popgx("run", SINGLE_GENE, "--report", "yeras", "-q").stderr, "a word of --report")


def main():
    check_decisions()
    check_page()
    check_value()
    check_norms()
    check_weighted_errors()
    check_totals()
    check_store()
    check_calendar()
    check_survival()
    check_json()
    check_report_mistakes()


in_empty_folder(main)
finish()
