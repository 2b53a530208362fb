#!/usr/bin/env python3
"""`popgx run --draws` and `popgx cea` as a user meets them. cli_cea.py BUILD

The single-gene study, few draws: figures that must agree with each other, ranks and threads that change nothing, exports that R
packages read, and mistakes that are answered.
"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
POPGX = pathlib.Path(sys.argv[1]).resolve() / "popgx"
HAS_MPI = "POPGX_MPI:BOOL=ON" in (pathlib.Path(sys.argv[1]) / "CMakeCache.txt").read_text()
MODEL = ROOT / "jobs" / "single-gene" / "model.yaml"
failures = []


def expect(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED:", text)


def popgx(*arguments, status=0, ranks=1):
    launcher = [str(ROOT / "scripts" / "mpi-run"), str(ranks)] if ranks > 1 and HAS_MPI else []
    done = subprocess.run([*launcher, str(POPGX), *map(str, arguments)], capture_output=True, text=True)
    expect(done.returncode == status, f"{arguments} exits {done.returncode}: {done.stderr}")
    return done


def near(a, b, tolerance):
    return a is not None and abs(a - b) <= tolerance


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def check_run(folder):
    run = folder / "run.h5"
    out = json.loads(popgx("run", MODEL, "--draws", 300, "--patients", 400, "-o", run, "-q", "--json").stdout)
    psa = out["psa"]
    expect(psa["draws"] == 300 and psa["patients_per_draw"] == 400 and not psa["patients_chosen"], "what was asked for is said")
    expect(len(psa["parameters"]) == 13, "all uncertain parameters are named")
    cost = out["strategies"][0]["outcomes"]["cost"]
    expect(set(cost) == {"mean", "se", "sd", "low", "high", "psa_mean", "psa_se"}, f"an outcome has {sorted(cost)}")
    expect(cost["low"] < cost["psa_mean"] < cost["high"] and near(cost["sd"], 1775, 300), "the costs of draws differ as they should")
    for threads, ranks in ((1, 1), (3, 1), (1, 3)):
        again = json.loads(popgx("run", MODEL, "--draws", 300, "--patients", 400, "-q", "--json", "-t", threads, ranks=ranks).stdout)
        expect(again["psa"]["checksum"] == psa["checksum"] and again["run"]["checksum"] == out["run"]["checksum"], f"{ranks} x {threads} gives the same bits")
    few = json.loads(popgx("run", MODEL, "--draws", 300, "-q", "--json", "--design", "latin").stdout)["psa"]
    expect(few["patients_chosen"] and 100 < few["patients_per_draw"] < 3000, f"{few['patients_per_draw']} people a draw were chosen")
    return run, out


def check_cea(run, out, folder):
    cea = json.loads(popgx("cea", run, "--json", "--thresholds", "100000,50000", "--evppi", "ratio alt,test price+alternate price",
                           "--population", "1k", "--export", folder / "tables").stdout)
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
    mean = json.loads(popgx("cea", run, "--json", "--probabilistic").stdout)
    uncertain = mean["net_benefit_uncertainty"][0]
    expect(near(next(c for c in mean["comparisons"] if c["strategy"] == "test")["net_benefit"][0]["nmb"]["mean"], uncertain["mean"], 1e-6),
           "the probabilistic base case is the mean over draws")
    expect(len(rows(folder / "tables" / "effects.csv")) == 300 and len(rows(folder / "tables" / "parameters.csv")) == 300, "draws are exported")
    expect(rows(folder / "tables" / "frontier.csv")[0]["Status"] == "ND", "the frontier is exported")
    expect(set(rows(folder / "tables" / "costs.csv")[0]) == {"no test", "test"}, "costs have a column for each strategy")


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


def check_same(folder):
    """Equal utilities in pieces: QALYs differ by rounding alone, and no ratio is made of that."""
    model = folder / "same.yaml"
    model.write_text(SAME)
    out = json.loads(popgx("run", model, "-n", 3000, "-q", "--json", "-o", folder / "same.h5").stdout)
    pair = next(c for c in out["comparisons"] if c["strategy"] == "treat")
    expect(pair["icer"] is None, f"the ICER is {pair['icer']}, with a QALY difference of {pair['outcomes']['qaly']['mean']}")
    text = popgx("run", model, "-n", 3000, "-q").stdout
    expect("dominated" in text, "treating costs more for the same QALYs")
    cea = json.loads(popgx("cea", folder / "same.h5", "--json").stdout)
    pair = next(c for c in cea["comparisons"] if c["strategy"] == "treat")
    expect(pair["icer"]["verdict"] == "dominated" and pair["qaly"]["mean"] == 0, "so says cea")


def check_mistakes(run, folder):
    popgx("cea", MODEL, status=2)
    expect("did you mean 'test price'" in popgx("cea", run, "--evppi", "tset price", status=2).stderr, "a parameter's name is corrected")
    expect("no such strategy" in popgx("cea", run, "--reference", "x", status=2).stderr, "a strategy is missing")
    popgx("cea", run, "--thresholds", "1,,2", status=2)
    expect("no draws" in popgx("cea", folder / "same.h5", "--probabilistic", status=2).stderr, "a run without draws is told")
    expect("has a distribution" in popgx("run", folder / "same.yaml", "--draws", 10, "-q", status=2).stderr, "nothing to draw")
    expect("--memory allows" in popgx("run", MODEL, "--draws", "1M", "--memory", "10M", "-q", status=2).stderr, "memory is planned")
    bad = folder / "bad.yaml"
    bad.write_text(MODEL.read_text().replace("value: 0.20, distribution: {beta: [20, 80]}", "value: 0.20, distribution: {normal: {sd: 0.2}}"))
    expect("draw " in popgx("run", bad, "--draws", 200, "-q", status=2).stderr, "a draw that makes no model is named")


def check_until(folder):
    """A run until a precision is reached is the run of as many people, whoever simulates them."""
    asked = ["run", MODEL, "--until", "nmb.se < 12", "-q", "--json"]
    out = json.loads(popgx(*asked, "-t", 1).stdout)
    pair = next(c for c in out["comparisons"] if c["strategy"] == "test")
    expect(out["until"]["reached"] and 9 < pair["nmb"]["se"] < 12, f"the error is {pair['nmb']['se']}")
    expect(0.7 < out["until"]["patients_needed"] / (4608.56 / 12) ** 2 < 1.3, "4608.56 between people (exact) make 147,490 people")
    expect(json.loads(popgx(*asked, "-t", 3).stdout)["run"]["checksum"] == out["run"]["checksum"], "threads change nothing")
    expect(json.loads(popgx(*asked, "-t", 1, ranks=2).stdout)["run"]["checksum"] == out["run"]["checksum"], "nor do ranks")
    same = json.loads(popgx("run", MODEL, "-n", out["run"]["patients"], "-q", "--json").stdout)
    expect(same["run"]["checksum"] == out["run"]["checksum"], "it is the run of as many people")
    few = json.loads(popgx("run", MODEL, "--until", "qaly.se < 0.5 %", "-n", 30000, "-q", "--json", "-o", folder / "until.h5").stdout)
    expect(not few["until"]["reached"] and few["run"]["patients"] == 30000 and few["until"]["patients_needed"] > 30000, "--patients is the most")
    expect("write for example" in popgx("run", MODEL, "--until", "nmb < 5", "-q", status=2).stderr, "a precision that is none")


def check_resuming(folder):
    """Draws that were interrupted, wherever that was, end with the bits of those that were not."""
    asked = ["run", MODEL, "--draws", 150, "--patients", 20000, "-q", "--json", "-t", 1]
    whole = json.loads(popgx(*asked).stdout)["psa"]["checksum"]
    run = folder / "stopped.h5"
    done = subprocess.run([str(POPGX), *map(str, asked), "-o", str(run), "--time-limit", "1s"], capture_output=True, text=True)
    expect(done.returncode in (0, 75), f"a time limit ends with {done.returncode}: {done.stderr}")
    expect(done.returncode == 0 or not run.exists(), "what is not complete has no name")
    for threads in (2, 1):          # the second finds a complete run
        again = json.loads(popgx(*asked[:-1], threads, "-o", run, "--resume").stdout)["psa"]
        expect(again["checksum"] == whole and again["draws"] == 150, "resuming gives the same draws")
    expect("--force makes it anew" in popgx("run", MODEL, "--draws", 151, "--patients", 20000, "-q", "-o", run, "--resume", status=2).stderr,
           "a complete run has the draws that it has")
    expect(not (folder / "stopped.h5.d").exists(), "nothing is left behind")


def check_page(folder):
    """The figures of docs/decision-analysis.md, from the model there."""
    page = (ROOT / "docs" / "decision-analysis.md").read_text()
    model = folder / "page.yaml"
    model.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL).group(1))
    figures = {name.strip(): float(value) for name, value in re.findall(r"^\| (icer|probability|evpi|evppi \w+) \| ([\d.]+) \|$", page, re.MULTILINE)}
    popgx("run", model, "--draws", 4000, "-q", "-o", folder / "page.h5")
    cea = json.loads(popgx("cea", folder / "page.h5", "--json").stdout)
    information = cea["information"]
    expect(near(next(c for c in cea["comparisons"] if c["strategy"] == "new")["icer"]["icer"], figures["icer"], 1), "the page's ICER")
    expect(near(information["evpi"], figures["evpi"], 4 * information["evpi_se"]), f"the page's EVPI: {information['evpi']}")
    expect(near(information["probability"], figures["probability"], 0.03), f"the page's probability: {information['probability']}")
    for group in information["evppi"]:
        expect(near(group["evppi"], figures["evppi " + group["parameters"]], 4 * group["se"]), f"the page's EVPPI: {group}")


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    run, out = check_run(folder)
    check_cea(run, out, folder)
    check_same(folder)
    check_mistakes(run, folder)
    check_page(folder)
    check_resuming(folder)
    check_until(folder)
    expect("popgx cea" in popgx("cea", "--help").stdout, "help has examples")
sys.exit(1 if failures else 0)
