#!/usr/bin/env python3
"""Subgroups from the command line: the same for ranks, threads, resuming and stored trajectories; kept in the file; refused where they make no sense."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

MODEL = ROOT / "jobs" / "clopidogrel-cyp2c19" / "model.yaml"
BY = "sex x age group,observed carrier x carrier,age at 60 70,first observed CYP2C19 under genotype-guided escalation"
STRATEGIES = "universal clopidogrel,genotype-guided escalation"
RUN = ("run", MODEL, "-n", 9000, "-q", "--strategies", STRATEGIES, "--by", BY)


def same_everywhere():
    one = answer(*RUN, "-t", 1)
    expect([of["by"] for of in one["subgroups"]] == ["sex x age group", "observed carrier x carrier under genotype-guided escalation", "age at 60 70",
                                                      "first observed CYP2C19 under genotype-guided escalation"], one["subgroups"])
    plain = answer(*RUN[:-2], "-t", 1)
    expect(plain["run"]["checksum"] == one["run"]["checksum"] and plain["strategies"] == one["strategies"], "subgroups change other results")
    for ranks, threads in ((None, 3), (3, 1)):
        expect(answer(*RUN, "-t", threads, ranks=ranks)["subgroups"] == one["subgroups"], ranks, "ranks,", threads, "threads: other subgroups")
    for of in one["subgroups"]:
        expect(sum(group["patients"] for group in of["groups"]) == 9000, of["by"], "does not sort everybody")
    # Resumed, and from the file.
    stopped = popgx(*RUN, "-o", "run.h5", "--time-limit", "0.05s")
    expect(stopped.returncode in (0, 75), stopped.returncode, stopped.stderr)
    expect(answer(*RUN, "-o", "run.h5", "--resume", ranks=2)["subgroups"] == one["subgroups"], "resumed: other subgroups")
    other = popgx(*RUN[:-1], "sex", "-o", "run.h5", "--resume")
    expect(other.returncode == 2 and "model" in other.stderr, "other subgroups are resumed:", other.stderr)


def from_trajectories():
    run = answer(*RUN[:-2], "-o", "all.h5", "--trajectories", "all")
    read = answer("aggregate", "all.h5", "-q", "--by", BY, ranks=2)
    expect(read["subgroups"] == answer(*RUN)["subgroups"] and read["run"]["checksum"] == run["run"]["checksum"], "aggregate --by: other subgroups")
    text = popgx("aggregate", "all.h5", "-q", "--by", "carrier").stdout
    expect("By carrier (" in text, text)


def refused():
    for by, says in (("ancestri", "did you mean `ancestry`"), ("age", "age at 50 65"), ("age at", "agent"), ("age at x sex", "age"), ("sex x", "sex"),
                     ("observed carrier under universal", "there is no strategy"), ("age at 1 2 2", "bands"),
                     ("CYP2C19 x ancestry x observed CYP2C19 x age at 1 2 3 4 5 6 7 8 9", "more than 4096 groups")):
        done = popgx("run", MODEL, "-n", 10, "-q", "--by", by)
        expect(done.returncode == 2 and says in done.stderr and not done.stdout, by, done.returncode, done.stderr)
    done = popgx("run", MODEL, "-n", 10, "-q", "--by", "observed carrier", "--strategies", "universal clopidogrel")
    expect(done.returncode == 2 and "no strategy orders a test" in done.stderr, done.stderr)


TWO_GROUPS = """\
popgx: 1
title: A drug that pays for some
horizon: 1 year
currency: USD
thresholds: [50000]
people: {variant: {carrier: 30 %, non-carrier: rest}, rare: {yes: 0.001, no: rest}}
parameters:
  gain of carriers: {value: 0.05, distribution: {normal: {sd: 0.02}}}
  gain of others: {value: 0.01, distribution: {normal: {sd: 0.01}}}
processes: {drug: {states: [none, taken]}}
strategies: {usual: {}, new: {entry: [{set: {drug: taken}}]}}
payoffs:
  cost: [{while: {drug: taken}, rate: 1500 USD per year}]
  qaly:
    - {name: alive, while: {life: alive}, utility: 0.8}
    - {name: drug, while: {drug: taken}, utility: {by: variant, carrier: gain of carriers, non-carrier: gain of others}}
subgroups: [variant, rare]
"""


def near(x, value, widest, what):
    expect(abs(x["mean"] - value) <= 4 * x["se"] + 1e-3 and x["se"] <= widest, what, x, "is not", value)


def carriers_share(run):
    return run["subgroups"][0]["groups"][0]["patients"] / run["run"]["patients"]


def individualised():
    """A carrier gains 0.05 x 50,000 - 1,500 = 1,000, others lose 1,000: nobody is treated, or the 30 % who gain. Over draws the net benefits are normal,
    N(1000, 1000) and N(-1000, 500): with perfect information s (f(m / s) - |m| / s F(-|m| / s)) is gained, 83.3 by carriers and 4.25 by others; by
    all together, N(-400, 461), 49.1."""
    pathlib.Path("model.yaml").write_text(TWO_GROUPS)
    run = answer("run", "model.yaml", "-n", 3000, "--draws", 2000, "-o", "two.h5", "-q")
    carriers = run["subgroups"][0]["groups"][0]["comparisons"][1]["nmb"]
    expect(abs(carriers["mean"] - 1000) < 1e-3 and abs(carriers["sd"] - 1000) < 50 and abs(carriers["psa_mean"] - 1000) < 70, carriers)
    told = answer("cea", "two.h5", "--subgroup", "variant")
    value = told["individualised"][0]
    expect(value["best_for_all"] == "usual" and [group["best"] for group in value["groups"]] == ["new", "usual"], value)
    near(value["value"], 300, 9, "value")
    near(value["groups"][0]["gain"], 1000, 1e-3, "gain")
    near(value["static_value"], 300 * carriers_share(run) / 0.3, 9, "static value")
    near(value["dynamic_value"], 0.3 * 83.32 + 0.7 * 4.25, 3, "dynamic value")
    expect(abs(value["evpi_for_all"] - 49.1) < 12, "EVPI", value["evpi_for_all"])
    expect(abs(value["groups"][0]["probability"] - 0.841) < 0.02, value["groups"][0])
    expect([group["group"] for group in told["groups"]] == ["carrier", "non-carrier"] and told["groups"][0]["information"]["evpi"] > 60, told["groups"][0])
    text = popgx("cea", "two.h5", "--subgroup", "variant").stdout
    expect("static value of heterogeneity 3" in text and "======== variant: carrier ========" in text, text[:3000])
    popgx("run", "model.yaml", "-n", "500", "--draws", 20, "-o", "few.h5", "-q", "--force")
    few = popgx("cea", "few.h5", "--subgroup", "rare")
    expect(few.returncode == 0, few.stderr)
    done = popgx("cea", "two.h5", "--subgroup", "sex")
    expect(done.returncode == 2 and "only `variant`, `rare`" in done.stderr and "--by 'sex'" in done.stderr, done.stderr)


PERSPECTIVES = """\
perspectives:
  payer: {costs: all}
"""


def beside_perspectives_and_a_report():
    """A group has its perspectives, which here count what costs do, and no report."""
    pathlib.Path("model.yaml").write_text(TWO_GROUPS + PERSPECTIVES)
    groups = []
    for report in ([], ["--report", "all"]):
        expect(popgx("run", "model.yaml", "-n", 3000, "-o", "two.h5", "-q", "--force", *report).returncode == 0, "run", report)
        groups.append(answer("cea", "two.h5", "--subgroup", "variant", "--evlyg")["groups"])
        text = popgx("cea", "two.h5", "--subgroup", "variant", "--evlyg").stdout
        expect("Perspectives" in text and "======== variant: carrier ========" in text, text)
    expect(groups[0] == groups[1] and "report" not in groups[1][0], "a report changes groups")
    for group in groups[0]:
        nmb = next(row["net_benefit"][0]["nmb"] for row in group["comparisons"] if row["strategy"] == "new")
        expect(group["perspectives"][0]["nmb"] == nmb, group["perspectives"], nmb)


for each in (individualised, beside_perspectives_and_a_report, same_everywhere, from_trajectories, refused):
    in_empty_folder(each)
finish()
