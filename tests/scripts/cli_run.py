#!/usr/bin/env python3
"""`popgx run`: the keys of its JSON, and what its checksums must and must not depend on."""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, PUBLISHED, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, variant  # noqa: E402

PATIENTS = ("--patients", "20k")
RUN_KEYS = ["model", "patients", "draws", "strategies", "seed", "ranks", "threads", "isa", "events", "seconds",
            "peak_rss_bytes", "checksum"]
STRATEGY_KEYS = ["name", "checksum", "outcomes", "costs", "qaly_items", "events", "occupancy_at_horizon"]
COMPARISON_KEYS = ["strategy", "comparator", "outcomes", "cov_cost_qaly", "icer", "nmb"]
OUTCOMES = {"cost", "qaly", "life_years", "life_years_undiscounted"}


def is_estimate(x):
    return set(x) == {"mean", "se"} and all(math.isfinite(v) for v in x.values()) and x["se"] >= 0


def keys():
    run = answer("run", SINGLE_GENE, *PATIENTS)
    expect(list(run) == ["run", "strategies", "comparisons", "precision"], list(run))
    expect(list(run["run"]) == RUN_KEYS, list(run["run"]))
    expect(run["run"]["patients"] == 20000 and run["run"]["seed"] == 1, run["run"])
    expect(run["run"]["strategies"] == ["no test", "test"], run["run"]["strategies"])
    for strategy in run["strategies"]:
        expect(list(strategy) == STRATEGY_KEYS, list(strategy))
        expect(set(strategy["outcomes"]) == OUTCOMES, strategy["outcomes"].keys())
        for group in STRATEGY_KEYS[2:]:
            for name, value in strategy[group].items():
                expect(is_estimate(value), strategy["name"], group, name, value)
    pairs = [(c["strategy"], c["comparator"]) for c in run["comparisons"]]
    expect(sorted(pairs) == [("no test", "test"), ("test", "no test")], pairs)
    for comparison in run["comparisons"]:
        expect(list(comparison) == COMPARISON_KEYS, list(comparison))
        expect(is_estimate(comparison["nmb"]) and all(map(is_estimate, comparison["outcomes"].values())), comparison)


def figures():
    """Sums and differences that must hold between the figures of one run."""
    run = answer("run", SINGLE_GENE, *PATIENTS)
    by_name = {s["name"]: s for s in run["strategies"]}
    for strategy in run["strategies"]:
        for total, parts in (("cost", "costs"), ("qaly", "qaly_items")):
            parts = math.fsum(x["mean"] for x in strategy[parts].values())
            expect(math.isclose(strategy["outcomes"][total]["mean"], parts, rel_tol=1e-9), strategy["name"], total, parts)
        life = [strategy["occupancy_at_horizon"][f"life.{state}"]["mean"] for state in ("alive", "dead")]
        expect(math.isclose(sum(life), 1), strategy["name"], life)
    for c in run["comparisons"]:
        d = {o: by_name[c["strategy"]]["outcomes"][o]["mean"] - by_name[c["comparator"]]["outcomes"][o]["mean"] for o in OUTCOMES}
        for outcome, difference in d.items():
            expect(math.isclose(c["outcomes"][outcome]["mean"], difference, rel_tol=1e-6, abs_tol=1e-9), c, outcome, difference)
        expect(math.isclose(c["icer"], d["cost"] / d["qaly"], rel_tol=1e-6), c)
        expect(math.isclose(c["nmb"]["mean"], 100000 * d["qaly"] - d["cost"], rel_tol=1e-6), c)
        dearest = 100000 * c["outcomes"]["qaly"]["se"] + c["outcomes"]["cost"]["se"]  # the triangle inequality of sds
        expect(0 < c["nmb"]["se"] <= dearest * (1 + 1e-9), c)


def checksums(run):
    return {s["name"]: s["checksum"] for s in run["strategies"]}


def same_bits():
    for model in (SINGLE_GENE, PUBLISHED):
        first = answer("run", model, *PATIENTS, "--threads", 1)
        others = [answer("run", model, *PATIENTS, "--threads", 2)]
        if HAS_MPI:
            others += [answer("run", model, *PATIENTS, "--threads", 1, ranks=n) for n in (1, 2, 3)]
            expect(others[-1]["run"]["ranks"] == 3, others[-1]["run"])
        for other in others:
            expect(other["run"]["checksum"] == first["run"]["checksum"], model, other["run"])
            expect(checksums(other) == checksums(first), model, checksums(other))
            expect(other["run"]["events"] == first["run"]["events"], model, other["run"])
        another = answer("run", model, *PATIENTS, "--seed", 2)
        expect(another["run"]["checksum"] != first["run"]["checksum"], model, "another seed gives the same results")
        fewer = answer("run", model, "--patients", 19999)
        expect(fewer["run"]["checksum"] != first["run"]["checksum"], model, "fewer people give the same results")


def strategies_alone():
    every = checksums(answer("run", PUBLISHED, *PATIENTS))
    names = list(every)
    for name in names:
        alone = answer("run", PUBLISHED, *PATIENTS, "--strategies", name)
        expect(checksums(alone) == {name: every[name]}, name, "alone is another", alone["run"])
        expect(alone["comparisons"] == [], name, "is compared with itself")
    two = answer("run", PUBLISHED, *PATIENTS, "--strategies", f"{names[1]}, {names[0]}")
    expect(two["run"]["strategies"] == names[:2], "not in the model's order:", two["run"]["strategies"])
    expect(all(checksums(two)[n] == every[n] for n in names[:2]), checksums(two))


def unrelated_process():
    before = checksums(answer("run", SINGLE_GENE, *PATIENTS))
    process = ("  weather:\n    states: [dry, wet]\n    events:\n"
               "      a drop: {from: dry, to: wet, hazard: 2 per year}\n      a sunny day: {from: wet, to: dry, hazard: 1 per year}\n")
    more = answer("run", variant(("  harm:\n    states", process + "  harm:\n    states")), *PATIENTS)
    expect("a drop" in more["strategies"][0]["events"], "the process is not there")
    expect(checksums(more) == before, "an unrelated process changes", checksums(more), before)
    people = answer("run", variant(("  age: 40 years\n", "  age: 40 years\n  shoes: {left: 0.5, right: rest}\n")), *PATIENTS)
    expect(checksums(people) == before, "an unrelated attribute changes", checksums(people), before)


def without_thresholds():
    run = answer("run", variant(("thresholds: [100000]\n", "")), "--patients", 1)
    expect(all("nmb" not in c for c in run["comparisons"]), "there is an nmb without a threshold")
    expect(run["strategies"][0]["outcomes"]["cost"]["se"] == 0, "one person has a standard error")


def text():
    done = popgx("run", PUBLISHED, *PATIENTS)
    expect(done.returncode == 0 and done.stderr == "", done.stderr)
    names = answer("check", PUBLISHED)["model"]["strategies"]
    for word in (*names, "QALYs", "life years", "ICER", "Difference from", "Efficiency frontier", "checksum", "20,000 people"):
        expect(word in done.stdout, "the tables do not say", word)
    expect(all(line == line.rstrip() for line in done.stdout.splitlines()), "blanks at the end of a line")


for test in (keys, figures, same_bits, strategies_alone, unrelated_process, without_thresholds, text):
    in_empty_folder(test)
finish()
