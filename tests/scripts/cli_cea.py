#!/usr/bin/env python3
"""`popgx run --draws` and `popgx cea` as a user meets them. cli_cea.py BUILD

The single-gene study, few draws: figures that must agree with each other, ranks and threads that change nothing, exports that R
packages read, and mistakes that are answered.
"""
import csv
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, printed  # noqa: E402


def refused(*arguments):
    """What is said to who makes a mistake."""
    done = popgx(*arguments)
    expect(done.returncode == 2, arguments, "exits", done.returncode, done.stderr)
    return done.stderr


def near(a, b, tolerance):
    return a is not None and abs(a - b) <= tolerance


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def check_run():
    run = "run.h5"
    out = answer("run", SINGLE_GENE, "--draws", 300, "--patients", 400, "-o", run, "-q")
    psa = out["psa"]
    expect(psa["draws"] == 300 and psa["patients_per_draw"] == 400 and not psa["patients_chosen"], "what was asked for is said")
    expect(len(psa["parameters"]) == 13, "all uncertain parameters are named")
    cost = out["strategies"][0]["outcomes"]["cost"]
    expect(set(cost) == {"mean", "se", "sd", "low", "high", "psa_mean", "psa_se"}, f"an outcome has {sorted(cost)}")
    expect(cost["low"] < cost["psa_mean"] < cost["high"] and near(cost["sd"], 1775, 300), "the costs of draws differ as they should")
    for threads, ranks in ((1, None), (3, None), (1, 3)):
        again = answer("run", SINGLE_GENE, "--draws", 300, "--patients", 400, "-q", "-t", threads, ranks=ranks)
        expect(again["psa"]["checksum"] == psa["checksum"] and again["run"]["checksum"] == out["run"]["checksum"], f"{ranks or 1} x {threads} gives the same bits")
    few = answer("run", SINGLE_GENE, "--draws", 300, "-q", "--design", "latin")["psa"]
    expect(few["patients_chosen"] and 100 < few["patients_per_draw"] < 3000, f"{few['patients_per_draw']} people a draw were chosen")
    return run, out


def check_cea(run, out):
    cea = answer("cea", run, "--thresholds", "100000,50000", "--evppi", "ratio alt,test price+alternate price", "--population", "1k", "--export", "tables")
    pair = next(c for c in out["comparisons"] if c["strategy"] == "test")
    mine = next(c for c in cea["comparisons"] if c["strategy"] == "test")
    expect(near(mine["cost"]["mean"], pair["outcomes"]["cost"]["mean"], 1e-6), "the run and cea agree on costs")
    expect(near(mine["cost"]["se"], pair["outcomes"]["cost"]["se"], 1e-6), "and on their error")
    expect(near(mine["net_benefit"][0]["nmb"]["mean"], pair["nmb"]["mean"], 1e-6) and near(mine["net_benefit"][0]["nmb"]["se"], pair["nmb"]["se"], 1e-6),
           "and on net benefit")
    expect(near(mine["net_benefit"][1]["nhb"]["mean"], mine["net_benefit"][1]["nmb"]["mean"] / 50000, 1e-12), "health and money are two views of one benefit")
    for point in cea["acceptability"]:
        expect(near(sum(point["probability_best"].values()), 1, 1e-9), "probabilities of being best add up to 1")
        expect(point["evpi"] <= point["evpi_with_noise"] + 3 * point["evpi_se"] + 1, "noise adds to EVPI")
    information = cea["information"]
    expect(near(information["evpi_population"], 1000 * information["evpi"], 1e-6), "the population's EVPI is as many times one person's")
    expect([g["parameters"] for g in information["evppi"]][0] == "ratio alt", "the ratio is worth most")
    expect(all(g["evppi"] <= information["evpi"] + 4 * information["evpi_se"] + 4 * g["se"] for g in information["evppi"]), "no group is worth more than all")
    mean = answer("cea", run, "--probabilistic")
    uncertain = mean["net_benefit_uncertainty"][0]
    expect(near(next(c for c in mean["comparisons"] if c["strategy"] == "test")["net_benefit"][0]["nmb"]["mean"], uncertain["mean"], 1e-6),
           "the probabilistic base case is the mean over draws")
    expect(len(rows("tables/effects.csv")) == 300 and len(rows("tables/parameters.csv")) == 300, "draws are exported")
    expect(rows("tables/frontier.csv")[0]["Status"] == "ND", "the frontier is exported")
    expect(set(rows("tables/costs.csv")[0]) == {"no test", "test"}, "costs have a column for each strategy")


SAME = """popgx: 1
horizon: 10 years
currency: USD
thresholds: [50000]
discount: {annual: 3 %}
processes:
  drug: {states: [none, taken]}
  life: {events: {death: {to: dead, hazard: 0.05 per year}}}
  visit: {events: {visit: {hazard: 3 per year}}}
strategies:
  watch: {}
  treat: {entry: [{set: {drug: taken}}], visit: [{set: {drug: none}}]}
payoffs:
  cost: [{while: {drug: taken}, rate: 100 USD per year}]
  qaly: [{while: {life: alive, drug: none}, utility: 0.9}, {while: {life: alive, drug: taken}, utility: 0.9}]
"""


def check_same():
    """Equal utilities in pieces: QALYs differ by rounding alone, and no ratio is made of that."""
    model = pathlib.Path("same.yaml")
    model.write_text(SAME)
    out = answer("run", model, "-n", 3000, "-q", "-o", "same.h5")
    pair = next(c for c in out["comparisons"] if c["strategy"] == "treat")
    expect(pair["icer"] is None, f"the ICER is {pair['icer']}, with a QALY difference of {pair['outcomes']['qaly']['mean']}")
    text = printed("run", model, "-n", 3000, "-q")
    expect("dominated" in text, "treating costs more for the same QALYs")
    cea = answer("cea", "same.h5")
    pair = next(c for c in cea["comparisons"] if c["strategy"] == "treat")
    expect(pair["icer"]["verdict"] == "dominated" and pair["qaly"]["mean"] == 0, "so says cea")


def check_studies(run):
    """A study tells less than knowing, more the larger it is, and is worth what it costs or not."""
    found = answer("cea", run, "--curve", "100000", "--evppi", "adverse,adverse+ratio alt", "--population", "1k", "--sizes", "20,200,20000", "--study-cost", "5000+10",
                   "--evsi", "adverse=binomial, adverse=binomial + adverse*ratio alt=binomial")["information"]
    known = {group["parameters"]: group for group in found["evppi"]}
    for study, group in zip(found["studies"], ("adverse", "adverse+ratio alt")):
        values = [size["evsi"] for size in study["sizes"]]
        expect(values[0] <= values[1] <= values[2], f"larger studies tell more: {study}")
        expect(near(values[2], known[group]["evppi"], 4 * known[group]["se"] + 0.5), f"a very large one tells all: {study}, {known[group]}")
        for size in study["sizes"]:
            cost = 5000 + 10 * study["measures"] * size["persons"]
            expect(near(size["cost"], cost, 1e-6) and near(size["enbs"], 1000 * size["evsi"] - cost, 1e-6), f"costs and benefits of {size}")
        best = max(study["sizes"], key=lambda size: size["enbs"])
        expect(study["best_persons"] == (best["persons"] if best["enbs"] > 0 else None), f"the best size of {study}")
    for wrong, why in (("adverse=binomal", "write for example"), ("advers=binomial", "did you mean 'adverse'?"), ("adverse=normal", "write for example"),
                       ("adverse", "write for example"), ("test price=binomial", "no probability"), ("adverse=normal(sd 0)", "write for example")):
        expect(why in refused("cea", run, "--evsi", wrong, "--evppi", "none"), f"a study '{wrong}'")
    expect("whole number" in refused("cea", run, "--evsi", "adverse=binomial", "--sizes", "0.5"), "half a person")
    expect("write what a study costs" in refused("cea", run, "--evsi", "adverse=binomial", "--study-cost", "5+"), "a cost that is not finished")
    expect("name it with --evsi" in refused("cea", run, "--sizes", "5"), "sizes of nothing")


def check_mistakes(run):
    refused("cea", SINGLE_GENE)
    expect("did you mean 'test price'" in refused("cea", run, "--evppi", "tset price"), "a parameter's name is corrected")
    expect("no such strategy" in refused("cea", run, "--reference", "x"), "a strategy is missing")
    refused("cea", run, "--thresholds", "1,,2")
    expect("no draws" in refused("cea", "same.h5", "--probabilistic"), "a run without draws is told")
    expect("has a distribution" in refused("run", "same.yaml", "--draws", 10, "-q"), "nothing to draw")
    expect("--memory allows" in refused("run", SINGLE_GENE, "--draws", "1M", "--memory", "10M", "-q"), "memory is planned")
    bad = pathlib.Path("bad.yaml")
    bad.write_text(SINGLE_GENE.read_text().replace("value: 0.20, distribution: {beta: [20, 80]}", "value: 0.20, distribution: {normal: {sd: 0.2}}"))
    expect("draw " in refused("run", bad, "--draws", 200, "-q"), "a draw that makes no model is named")


def check_until():
    """A run until a precision is reached is the run of as many people, whoever simulates them."""
    asked = ["run", SINGLE_GENE, "--until", "nmb.se < 12", "-q"]
    out = answer(*asked, "-t", 1)
    pair = next(c for c in out["comparisons"] if c["strategy"] == "test")
    expect(out["until"]["reached"] and 9 < pair["nmb"]["se"] < 12, f"the error is {pair['nmb']['se']}")
    told, people = out["precision"], out["run"]["patients"]
    expect(told["figure"] == "nmb" and near(told["se"], pair["nmb"]["se"], 1e-9), f"the error that is told: {told}")
    for step in told["patients_for"]:
        expect(step["se"] < told["se"] and near(step["patients"], people * (told["se"] / step["se"]) ** 2, 1), f"people for an error: {step}")
    expect([step["se"] for step in told["patients_for"]] in ([10, 5, 2], [5, 2, 1]), f"errors are round numbers: {told}")
    expect(near(told["patients_for_1_percent"], people * (100 * told["se"] / pair["nmb"]["mean"]) ** 2, 1), f"people for an error of 1 %: {told}")
    expect(0.7 < out["until"]["patients_needed"] / (4608.56 / 12) ** 2 < 1.3, "4608.56 between people (exact) make 147,490 people")
    expect(answer(*asked, "-t", 3)["run"]["checksum"] == out["run"]["checksum"], "threads change nothing")
    expect(answer(*asked, "-t", 1, ranks=2)["run"]["checksum"] == out["run"]["checksum"], "nor do ranks")
    same = answer("run", SINGLE_GENE, "-n", out["run"]["patients"], "-q")
    expect(same["run"]["checksum"] == out["run"]["checksum"], "it is the run of as many people")
    few = answer("run", SINGLE_GENE, "--until", "qaly.se < 0.5 %", "-n", 30000, "-q", "-o", "until.h5")
    expect(not few["until"]["reached"] and few["run"]["patients"] == 30000 and few["until"]["patients_needed"] > 30000, "--patients is the most")
    expect("write for example" in refused("run", SINGLE_GENE, "--until", "nmb < 5", "-q"), "a precision that is none")


def check_resuming():
    """Draws that were interrupted, wherever that was, end with the bits of those that were not."""
    asked = ["run", SINGLE_GENE, "--draws", 150, "--patients", 20000, "-q"]
    whole = answer(*asked, "-t", 1)["psa"]["checksum"]
    run = "stopped.h5"
    done = popgx(*asked, "-t", 1, "-o", run, "--time-limit", "1s")
    expect(done.returncode in (0, 75), f"a time limit ends with {done.returncode}: {done.stderr}")
    expect(done.returncode == 0 or not pathlib.Path(run).exists(), "what is not complete has no name")
    for threads in (2, 1):          # the second finds a complete run
        again = answer(*asked, "-t", threads, "-o", run, "--resume")["psa"]
        expect(again["checksum"] == whole and again["draws"] == 150, "resuming gives the same draws")
    expect("--force makes it anew" in refused("run", SINGLE_GENE, "--draws", 151, "--patients", 20000, "-q", "-o", run, "--resume"),
           "a complete run has the draws that it has")
    expect(not pathlib.Path("stopped.h5.d").exists(), "nothing is left behind")


def check_page():
    """The figures of docs/decision-analysis.md, from the model there."""
    page = (ROOT / "docs" / "decision-analysis.md").read_text()
    model = pathlib.Path("page.yaml")
    model.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1))
    figures = {name.strip(): float(value) for name, value in re.findall(r"^\| (icer|probability|evpi|evppi \w+) \| ([\d.]+) \|$", page, re.MULTILINE)}
    printed("run", model, "--draws", 4000, "-q", "-o", "page.h5")
    cea = answer("cea", "page.h5")
    information = cea["information"]
    expect(near(next(c for c in cea["comparisons"] if c["strategy"] == "new")["icer"]["icer"], figures["icer"], 1), "the page's ICER")
    expect(near(information["evpi"], figures["evpi"], 4 * information["evpi_se"]), f"the page's EVPI: {information['evpi']}")
    expect(near(information["probability"], figures["probability"], 0.03), f"the page's probability: {information['probability']}")
    for group in information["evppi"]:
        expect(near(group["evppi"], figures["evppi " + group["parameters"]], 4 * group["se"]), f"the page's EVPPI: {group}")


def main():
    run, out = check_run()
    check_cea(run, out)
    check_studies(run)
    check_same()
    check_mistakes(run)
    check_page()
    check_resuming()
    check_until()
    expect("popgx cea" in printed("cea", "--help"), "help has examples")


in_empty_folder(main)
finish()
