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


for each in (same_everywhere, from_trajectories, refused):
    in_empty_folder(each)
finish()
