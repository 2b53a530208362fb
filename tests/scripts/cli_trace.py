#!/usr/bin/env python3
"""`popgx trace` tells of the person that `popgx run` simulates, in text and for machines."""
import math
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import PUBLISHED, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx  # noqa: E402


def totals_are_those_of_a_run():
    """Seeds until one brings events; one person is the whole population, so means are that person's totals."""
    for model in (SINGLE_GENE, PUBLISHED):
        for seed in range(1, 9):
            run, trace = answer("run", model, "-n", 1, "--seed", seed), answer("trace", model, "--patient", 0, "--seed", seed)
            expect([s["name"] for s in trace["strategies"]] == run["run"]["strategies"], trace["strategies"])
            expect(sum(s["timed_events"] for s in trace["strategies"]) == run["run"]["events"], model, seed)
            for told, ran in zip(trace["strategies"], run["strategies"]):
                same(told["outcomes"], ran["outcomes"], model, seed)
                same(told["costs"], ran["costs"], model, seed)
                same(told["qaly_items"], ran["qaly_items"], model, seed)
                events(told, ran, model, seed)


def same(told, ran, *where):
    expect(told.keys() == ran.keys(), *where, told, ran)
    for name, value in told.items():
        expect(value == ran[name]["mean"], *where, name, value, ran[name])


def events(told, ran, *where):
    moments = [e["name"] for e in told["story"] if e["kind"] == "moment"]
    for name, value in ran["events"].items():
        expect(moments.count(name) == value["mean"], *where, name, moments, value)


def bills_add_up():
    for patient in range(20):
        for strategy in answer("trace", SINGLE_GENE, "--patient", patient)["strategies"]:
            for outcome, total in strategy["outcomes"].items():
                bills = [e["amount"] for e in strategy["story"] if e["kind"] == "bill" and e["outcome"] == outcome]
                expect(math.isclose(math.fsum(bills), total, rel_tol=1e-12, abs_tol=1e-9), patient, strategy["name"], outcome)
            minutes = [e["minute"] for e in strategy["story"]]
            expect(minutes == sorted(minutes), patient, strategy["name"], "is not in the order of time")


def text_is_side_by_side():
    done = popgx("trace", SINGLE_GENE, "--patient", 22, "--width", 120)
    expect(done.returncode == 0 and done.stderr == "", done.stderr)
    expect(max(map(len, done.stdout.splitlines())) <= 120, "a line is longer than --width")
    expect(re.search(r"(?m)^ +days +years +no test +test$", done.stdout), done.stdout)
    for word in ("variant", "genotype would show", "~ indication: ", "cost, USD", "person 22, seed 1"):
        expect(word in done.stdout, "the story does not say", word)
    brief = popgx("trace", SINGLE_GENE, "--patient", 22, "--brief").stdout
    expect("~" not in brief and "person 22" in brief, "--brief shows clocks")
    narrow = popgx("trace", PUBLISHED, "--width", 80).stdout
    expect(len(re.findall(r"(?m)^ +days +years ", narrow)) == len(answer("check", PUBLISHED)["model"]["strategies"]),
           "a narrow page does not have a band for each strategy:", narrow)
    expect(popgx("trace", SINGLE_GENE, "--patient", 23).stdout != done.stdout, "two people have one story")


def luck_is_shared():
    """Thresholds at entry are the same under every strategy."""
    for patient in range(10):
        first = None
        for strategy in answer("trace", SINGLE_GENE, "--patient", patient)["strategies"]:
            aims = {e["clock"]: e["threshold"] for e in strategy["story"] if e["kind"] == "clock aimed" and e["minute"] == 0}
            expect(first in (None, aims), patient, aims, first)
            expect(aims, patient, "has no clocks")
            first = aims


for test in (totals_are_those_of_a_run, bills_add_up, text_is_side_by_side, luck_is_shared):
    in_empty_folder(test)
finish()
