#!/usr/bin/env python3
"""`popgx equity`: the page's example by its formulas, standard errors against repeated runs, and what is refused."""
import math
import pathlib
import re
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

PAGE = (ROOT / "docs" / "equity.md").read_text()
MODEL = re.search(r"```yaml\n(.*?)```", PAGE, re.S)[1]
TABLE = re.search(r"```csv\n(.*?)```", PAGE, re.S)[1]
FIGURES = dict(re.findall(r"^\| ([^|]+?) \| ([-0-9.]+) \|$", PAGE, re.M))


def near(x, value, what, tolerance=1e-7):
    expect(abs(x - value) < tolerance, what, x, "is not", value)


def page():
    pathlib.Path("model.yaml").write_text(MODEL)
    pathlib.Path("health.csv").write_text(TABLE)
    run = answer("run", "model.yaml", "-n", 200000, "-o", "run.h5", "-q")
    poor = run["subgroups"][0]["groups"][0]["patients"] / 200000
    told = answer("equity", "run.h5", "--by", "income", "--table", "health.csv", "--atkinson", 2, "--kolm", 0.1)
    usual, new = told["strategies"]
    # By the formulas, with the share of poor people that there are; they bear 40 % of what is displaced.
    def harmonic(h): return 1 / sum(w / x for w, x in zip((poor, 1 - poor), h))
    def kolm(h): return -10 * math.log(sum(w * math.exp(-0.1 * x) for w, x in zip((poor, 1 - poor), h)))
    def mean(h): return sum(w * x for w, x in zip((poor, 1 - poor), h))
    before, after = (60, 70), (60 + 0.2 - 0.4 * 0.05 / poor, 70 + 0.1 - 0.6 * 0.05 / (1 - poor))
    near(new["groups"][0]["after"]["mean"], after[0], "health of the poor")
    near(new["mean"]["mean"], mean(after) - mean(before), "mean")
    near(new["weighted_mean"]["mean"], mean(after) - mean(before), "weighted mean")
    near(new["atkinson"]["change"]["mean"], harmonic(after) - harmonic(before), "Atkinson")
    near(new["atkinson"]["by_less_inequality"]["mean"], harmonic(after) - harmonic(before) - mean(after) + mean(before), "by less inequality")
    near(new["kolm"]["change"]["mean"], kolm(after) - kolm(before), "Kolm")
    near(usual["kolm"]["index"], mean(before) - kolm(before), "Kolm's index")
    near(usual["atkinson"]["index"], 1 - harmonic(before) / mean(before), "Atkinson's index")
    # And those of the page, for 40 %.
    for name, value in (("net of the poor", new["groups"][0]["net"]["mean"]), ("net of the rich", new["groups"][1]["net"]["mean"]), ("mean", new["mean"]["mean"]),
                        ("Atkinson equivalent", new["atkinson"]["change"]["mean"]), ("of it by less inequality", new["atkinson"]["by_less_inequality"]["mean"]),
                        ("Kolm equivalent", new["kolm"]["change"]["mean"])):
        near(value, float(FIGURES[name]), name, 5e-4)
    text = popgx("equity", "run.h5", "--by", "income").stdout
    expect("Equity and efficiency" in text and "poor" in text, text)


def errors():
    """Means and errors over seeds, of a model with luck, simulated health and weights."""
    chance = MODEL.replace("processes: {drug", "processes:\n  life: {events: {death: {to: dead, hazard: {by: income, poor: 0.9 per year, rich: 0.3 per year}}}}\n  drug: {states: [none, taken]}\n#  {drug")
    pathlib.Path("chance.yaml").write_text(chance)
    told = []
    for seed in range(1, 31):
        done = popgx("run", "chance.yaml", "-n", 2000, "--seed", seed, "-o", "c.h5", "--force", "-q")
        expect(done.returncode == 0, done.stderr)
        new = answer("equity", "c.h5", "--by", "income", "--atkinson", 1.5, "--kolm", 2)["strategies"][1]
        told.append({"Atkinson": new["atkinson"]["change"], "Kolm": new["kolm"]["change"], "net": new["groups"][0]["net"], "displaced": new["groups"][0]["displaced"]})
    for name in told[0]:
        spread, error = statistics.stdev(t[name]["mean"] for t in told), statistics.mean(t[name]["se"] for t in told)
        expect(0.6 < spread / error < 1.7, name, "varies by", spread, "and the errors are", error)


def refused():
    pathlib.Path("model.yaml").write_text(MODEL)
    popgx("run", "model.yaml", "-n", 1000, "-o", "run.h5", "-q")
    for arguments, says in ((("--by", "ancestry"), "only `income`"), ((), "--by"), (("--by", "income", "--threshold", "0"), "above 0"),
                            (("--by", "income", "--atkinson", "x"), "--atkinson"), (("--by", "income", "--reference", "old"), "no such strategy")):
        done = popgx("equity", "run.h5", *arguments)
        expect(done.returncode == 2 and says in done.stderr and not done.stdout, arguments, done.returncode, done.stderr)
    for table, says in (("group,baseline\npoor,60\n", "no line for the group 'rich'"), ("grup\npoor\n", "no column `group`"), ("group,displaced\npoor,0.5\nrich,0.4\n", "sum to 0.9"),
                        ("group,baseline\npoor,60\nrich,-1\n", "at least 0"), ("group\npoor\npor\n", "nobody in a group 'por'")):
        pathlib.Path("t.csv").write_text(table)
        done = popgx("equity", "run.h5", "--by", "income", "--table", "t.csv")
        expect(done.returncode == 2 and says in done.stderr and not done.stdout, table, done.stderr)
    expect("popgx equity" in popgx("equity", "--help").stdout)


SCORED = """\
popgx: 1
horizon: 5 days
people:
  group: {A: 0.6, B: rest}
  markers: {by: group, A: {zero: 0.5, one: 0.3, two: rest}, B: {zero: 0.2, one: 0.3, two: rest}}
  count: (markers = one) + 2 * (markers = two)
  score: 1 / (1 + exp(2 - 1.2 * count))
processes:
  illness:
    states: [unknown, ill, well]
    events:
      onset: {from: unknown, delay: 1 day, branches: {falling ill: "1 / (1 + exp(2 - 1.2 * count - 1.5 * (group = B)))", staying well: rest}}
      falling ill: {immediate: always, to: ill}
      staying well: {immediate: always, to: well}
strategies: {usual: {}}
"""


def calibration():
    """A score that is right in group A and does not know what befalls group B."""
    pathlib.Path("score.yaml").write_text(SCORED)
    by = "group x score at 0.2 0.5"
    popgx("run", "score.yaml", "-n", 40000, "-q", "--by", by, "-o", "score.h5")
    asked = ["equity", "score.h5", "--calibration", by, "--event", "falling ill"]
    rows = answer(*asked)["groups"]
    expect([row["group"] for row in rows] == [f"{g}, {band}" for g in "AB" for band in ("below 0.2", "0.2 to 0.5", "0.5 and above")], rows)
    total = {"A": 0.0, "B": 0.0}
    for row in rows:
        group, count = row["group"][0], rows.index(row) % 3
        share = {"A": (0.5, 0.3, 0.2), "B": (0.2, 0.3, 0.5)}[group][count]
        risk = 1 / (1 + math.exp(2 - 1.2 * count - 1.5 * (group == "B")))
        total[group] += share * risk
        near(row["expected"], 1 / (1 + math.exp(2 - 1.2 * count)), row["group"], 1e-12)
        near(row["observed"]["mean"], risk, row["group"], 4.5 * math.sqrt(risk * (1 - risk) / row["patients"]))
        near(row["ratio"]["se"], row["observed"]["se"] / row["expected"], row["group"])
    for row in (rows[2], rows[5]):
        whole = row["all_bands"]
        expect(whole["patients"] == sum(r["patients"] for r in rows if r["group"][0] == row["group"][0]), row)
        near(whole["observed"]["mean"], total[row["group"][0]], row["group"], 0.02)
    expect("all of these" in popgx(*asked).stdout)
    for wrong, says in ((["--event", "fall"], "no such event"), ([], "--event says"), (["--event", "onset", "--reference", "old"], "no such strategy")):
        done = popgx("equity", "score.h5", "--calibration", by, *wrong)
        expect(done.returncode == 2 and says in done.stderr, wrong, done.stderr)


for each in (page, errors, calibration, refused):
    in_empty_folder(each)
finish()
