#!/usr/bin/env python3
"""`--people`: people drawn in lots are the same in a run, in its file and in a trace, and cost fewer people for the same error."""
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import PUBLISHED, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx  # noqa: E402


def fewer_people_are_enough():
    plain = answer("run", PUBLISHED, "-n", 20480)
    for how, most in (("antithetic", 1.1), ("lattice", 0.5)):
        lots = answer("run", PUBLISHED, "-n", 20480, "--people", how)
        for a, b in zip(plain["strategies"], lots["strategies"]):
            ratio = (b["outcomes"]["cost"]["se"] / a["outcomes"]["cost"]["se"]) ** 2
            expect(ratio < most, how, a["name"], "variance against independent people", ratio)
            z = (b["outcomes"]["cost"]["mean"] - a["outcomes"]["cost"]["mean"]) / math.hypot(a["outcomes"]["cost"]["se"], b["outcomes"]["cost"]["se"])
            expect(abs(z) < 4.5, how, a["name"], "mean", z)
        expect(lots["run"]["people"] == how and "people" not in plain["run"], lots["run"])
    expect(answer("run", PUBLISHED, "-n", 20480, "--people", "independent")["run"]["checksum"] == plain["run"]["checksum"], "independent is the usual way")


def people_come_in_whole_lots():
    done = popgx("run", SINGLE_GENE, "-n", 30001, "--people", "lattice")
    expect("30,720 people, which are whole lots" in done.stderr and "30,720 people in lots, lattice" in done.stdout, done.stderr, done.stdout)
    expect(answer("run", SINGLE_GENE, "-n", 30001, "--people", "antithetic")["run"]["patients"] == 30002, "pairs")


def strategies_do_not_change_each_other():
    both = answer("run", PUBLISHED, "-n", 20480, "--people", "lattice")
    last = both["strategies"][-1]
    alone = answer("run", PUBLISHED, "-n", 20480, "--people", "lattice", "--strategies", last["name"])
    expect(alone["strategies"][0]["checksum"] == last["checksum"], "one strategy alone has other numbers")


def files_ranks_and_parts_have_the_same_bits():
    whole = answer("run", SINGLE_GENE, "-n", 40960, "--people", "lattice", "-o", "whole.h5", "--trajectories", "all", ranks=2)
    expect(answer("run", SINGLE_GENE, "-n", 40960, "--people", "lattice", "--threads", 1)["run"]["checksum"] == whole["run"]["checksum"], "ranks")
    again = answer("aggregate", "whole.h5")
    expect(again["run"]["checksum"] == whole["run"]["checksum"] and again["comparisons"] == whole["comparisons"], "aggregate")
    other = popgx("aggregate", "whole.h5", "--model", SINGLE_GENE, "--json")
    expect(other.returncode == 0, other.stderr)
    for part in (1, 2):
        answer("run", SINGLE_GENE, "-n", 40960, "--people", "lattice", "--part", f"{part}/2", "-o", f"part{part}.h5")
    merged = answer("merge", "part1.h5", "part2.h5", "-o", "merged.h5")
    expect(merged["checksum"] == whole["run"]["checksum"], merged)
    done = popgx("run", SINGLE_GENE, "-n", 40960, "-o", "whole.h5", "--trajectories", "all", "--resume")
    expect(done.returncode == 2, "independent people go on with a lattice", done.stderr)
    done = popgx("aggregate", "whole.h5", "--by", "variant")
    expect(done.returncode == 2 and "leave out" in done.stderr, done.stderr)


def a_trace_tells_of_the_people_of_the_run():
    run = answer("run", SINGLE_GENE, "-n", 40, "--people", "antithetic")
    told = [answer("trace", SINGLE_GENE, "--patient", p, "--people", "antithetic")["strategies"] for p in range(40)]
    for s, strategy in enumerate(run["strategies"]):
        mean = math.fsum(t[s]["outcomes"]["cost"] for t in told) / 40
        expect(math.isclose(mean, strategy["outcomes"]["cost"]["mean"], rel_tol=1e-12), strategy["name"], mean)


def precision_is_reached_sooner():
    plain, lots = (answer("run", SINGLE_GENE, "--until", "cost.se < 6", *how) for how in ((), ("--people", "lattice")))
    expect(lots["run"]["patients"] < plain["run"]["patients"] / 2, plain["run"]["patients"], lots["run"]["patients"])
    s = [c for c in lots["comparisons"] if c["comparator"] == lots["strategies"][0]["name"]]
    expect(all(c["outcomes"]["cost"]["se"] < 6 for c in s), s)


def what_has_no_right_error_is_refused():
    for words, reason in ((("--people", "latin"), "there are independent, antithetic and lattice"),
                          (("--people", "lattice", "--by", "variant"), "leave out --people, or --by"),
                          (("--people", "lattice", "--report", "all"), "without distribution"),
                          (("--people", "lattice", "-n", 5000), "ask for 20480 people at least"),
                          (("--people", "lattice", "--draws", 100), "leave --draws to a run of its own")):
        done = popgx("run", SINGLE_GENE, *words)
        expect(done.returncode == 2 and reason in done.stderr, words, done.returncode, done.stderr)


fewer_people_are_enough()
people_come_in_whole_lots()
strategies_do_not_change_each_other()
in_empty_folder(files_ranks_and_parts_have_the_same_bits)
a_trace_tells_of_the_people_of_the_run()
precision_is_reached_sooner()
what_has_no_right_error_is_refused()
finish()
