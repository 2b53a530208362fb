#!/usr/bin/env python3
"""`popgx sensitivity` answers as a run of the changed model does, and finds the value that turns the decision."""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, variant  # noqa: E402

PEOPLE = 4000


def nmb(model, wtp=100000):
    """Incremental net benefit of the second strategy, by a plain run."""
    for c in answer("run", model, "-n", PEOPLE)["comparisons"]:
        if c["strategy"] == "test" and c["comparator"] == "no test":
            return wtp * c["outcomes"]["qaly"]["mean"] - c["outcomes"]["cost"]["mean"]
    return math.nan


def ends_are_those_of_the_changed_model():
    report = answer("sensitivity", SINGLE_GENE, "-n", PEOPLE, "--parameters", "ratio alt,adverse")
    bars = {bar["parameter"]: bar for bar in report["parameters"]}
    expect(set(bars) == {"ratio alt", "adverse"}, bars)
    expect(math.isclose(report["base"]["nmb"]["mean"], nmb(SINGLE_GENE), rel_tol=1e-6), report["base"])
    bar = bars["ratio alt"]
    text = SINGLE_GENE.read_text()
    line = next(each for each in text.splitlines() if each.strip().startswith("ratio alt:"))
    changed = line.replace(f"{bar['value']:g}", f"{bar['low']:g}", 1)
    expect(changed != line, line)
    variant((line, changed))
    expect(math.isclose(bar["at_low"]["nmb"]["mean"], nmb("model.yaml"), rel_tol=1e-6), bar, nmb("model.yaml"))
    widths = [abs(b["at_high"]["nmb"]["mean"] - b["at_low"]["nmb"]["mean"]) for b in report["parameters"]]
    expect(widths == sorted(widths, reverse=True), "the widest is not first:", widths)


def a_scenario_is_the_model_with_its_values():
    pathlib.Path("dear.yaml").write_text("parameters: {test price: 300 USD, alternate price: 2 USD per day}\n")
    pathlib.Path("all.yaml").write_text(f"include: {SINGLE_GENE}\nparameters: {{test price: 300 USD, alternate price: 2 USD per day}}\n")
    report = answer("sensitivity", SINGLE_GENE, "-n", PEOPLE, "--scenarios", "dear.yaml")
    expect(math.isclose(report["scenarios"][0]["result"]["nmb"]["mean"], nmb("all.yaml"), rel_tol=1e-6), report, nmb("all.yaml"))
    pathlib.Path("typo.yaml").write_text("parameters: {test prize: 300 USD}\n")
    done = popgx("sensitivity", SINGLE_GENE, "--scenarios", "typo.yaml")
    expect(done.returncode == 2 and "typo.yaml:1:14" in done.stderr and "did you mean `test price`?" in done.stderr, done)


def the_price_that_turns_the_decision():
    """Net benefit is linear in a price: the line through two of its points says where it is 0."""
    low, high = -2000.0, 5000.0
    found = answer("sensitivity", SINGLE_GENE, "-n", PEOPLE, "--solve", "test price", "--between", "-2000,5000")
    at = found["at_low"]["nmb"]["mean"], found["at_high"]["nmb"]["mean"]
    expect(found["is_found"] and at[0] > 0 > at[1], found)
    exact = low + at[0] * (high - low) / (at[0] - at[1])
    expect(abs(found["value"] - exact) < 1e-3 and found["simulations"] <= 12, found["value"], exact)
    never = answer("sensitivity", SINGLE_GENE, "-n", PEOPLE, "--solve", "test price", "--between", "4000,5000")
    expect(never["is_found"] is False and never["value"] is None, never)


DOSE = """popgx: 1
horizon: 1 year
currency: USD
thresholds: [50000]
parameters:
  dose: {value: 0.5, range: [0, 1]}
  least: 0
processes: {drug: {states: [none, taken]}}
strategies:
  usual: {}
  new: {entry: [{set: {drug: taken}}]}
payoffs:
  cost: [{while: {drug: taken}, rate: 0 USD / 1 year}]
  qaly:
    - {name: alive, while: {life: alive}, utility: 0.8}
    - {name: drug, while: {drug: taken}, utility: 0.1 * (dose - 0.2) * (dose - 0.9) + least}
"""


CURVES = """popgx: 1
horizon: 5 years
currency: USD
thresholds: [1000]
survival model:
  kind: partitioned
  progression-free: {exponential: 0.5 per year}
  overall: {exponential: 0.2 per year}
  effect: {hazard ratio: {drug: {new: 0.5}}}
processes: {drug: {states: [old, new]}}
strategies: {old: {}, new: {entry: [{set: {drug: new}}]}}
payoffs: {qaly: [{while: {life: alive}, utility: 1}]}
"""


def a_scenario_may_change_what_is_short_for_more():
    """A survival model is written out as a process when it is compiled; a scenario changes what the file says. (1 - e^-0.5) / 0.1 years, less (1 - e^-1) / 0.2."""
    pathlib.Path("curves.yaml").write_text(CURVES)
    pathlib.Path("no effect.yaml").write_text("survival model: {effect: {hazard ratio: {drug: {new: 1}}}}\n")
    found = answer("sensitivity", "curves.yaml", "-n", 20000, "--scenarios", "no effect.yaml")
    as_it_is, changed = found["base"], found["scenarios"][0]["result"]
    gain = 1000 * ((1 - math.exp(-0.5)) / 0.1 - (1 - math.exp(-1)) / 0.2)
    expect(abs(as_it_is["nmb"]["mean"] - gain) < 5 * as_it_is["nmb"]["se"] and changed["nmb"]["mean"] == 0, gain, as_it_is, changed)


def all_crossings_are_found():
    """Net benefit is 5,000 (dose - 0.2) (dose - 0.9) dollars a year: above 0 at both ends, below it between 0.2 and 0.9."""
    pathlib.Path("dose.yaml").write_text(DOSE)
    pair = ("sensitivity", "dose.yaml", "-n", 100, "--compare", "new,usual", "--solve", "dose", "--between")
    found = answer(*pair, "0,1")
    values = [crossing["value"] for crossing in found["crossings"]]
    expect(len(values) == 2 and abs(values[0] - 0.2) < 1e-6 and abs(values[1] - 0.9) < 1e-6, found)
    expect(found["is_found"] and found["value"] == values[0], "0.2 is nearer to 0.5 than 0.9 is", found)
    expect(len(answer(*pair, "0.3,1")["crossings"]) == 1 and answer(*pair, "0.3,0.8")["crossings"] == [], "one, and none")
    expect([x["value"] for x in answer(*pair, "0.2,0.8")["crossings"]] == [0.2] or abs(answer(*pair, "0.2,0.8")["crossings"][0]["value"] - 0.2) < 1e-6, "one at an end")
    pathlib.Path("dose.yaml").write_text(DOSE.replace("least: 0", "least: 0.1"))
    none = answer(*pair, "0,1")
    expect(not none["is_found"] and none["crossings"] == [] and not none["is_same_everywhere"], none)
    pathlib.Path("dose.yaml").write_text(DOSE.replace("0.1 * (dose - 0.2) * (dose - 0.9) + least", "least * dose"))
    same = answer(*pair, "0,1")
    expect(not same["is_found"] and same["is_same_everywhere"], same)


def grids_contain_their_ends():
    report = answer("sensitivity", SINGLE_GENE, "-n", 1000, "--two-way", "ratio alt,test price", "--steps", 2)
    bars = {b["parameter"]: b for b in answer("sensitivity", SINGLE_GENE, "-n", 1000, "--parameters", "ratio alt,test price")["parameters"]}
    expect([p["values"] for p in report["points"]] == [[x, y] for x in (bars["ratio alt"]["low"], bars["ratio alt"]["high"])
                                                       for y in (bars["test price"]["low"], bars["test price"]["high"])], report)


def ranks_agree():
    if HAS_MPI:
        one, two = (answer("sensitivity", SINGLE_GENE, "-n", PEOPLE, "--parameters", "adverse", ranks=ranks) for ranks in (1, 2))
        expect(one == two, one, two)


def mistakes_are_answered():
    for words, said in ((["--parameters", "advers"], "did you mean 'adverse'"), (["--wtp", "much"], "is not a number"),
                        (["--compare", "test"], "write two"), (["--solve", "adverse", "--between", "2,1"], "has no range")):
        done = popgx("sensitivity", SINGLE_GENE, *words)
        expect(done.returncode == 2 and said in done.stderr, words, done)


for test in (ends_are_those_of_the_changed_model, a_scenario_is_the_model_with_its_values, a_scenario_may_change_what_is_short_for_more, the_price_that_turns_the_decision, all_crossings_are_found, grids_contain_their_ends,
             ranks_agree, mistakes_are_answered):
    in_empty_folder(test)
finish()
