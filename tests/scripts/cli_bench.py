#!/usr/bin/env python3
"""`popgx bench`: what it prints, that it simulates what `popgx run` does, and that a model need not be named."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, SINGLE_GENE, answer, expect, finish, popgx  # noqa: E402

SHORT = ("--patients", "10k", "--rounds", "2")
KEYS = ["model", "patients", "strategies", "seed", "ranks", "threads", "isa", "rounds", "events", "seconds", "cpu_seconds",
        "events_per_second", "patient_strategies_per_second", "events_per_cpu_second", "patient_strategies_per_cpu_second",
        "peak_rss_bytes", "checksum"]


def figures():
    bench, run = answer("bench", SINGLE_GENE, *SHORT), answer("run", SINGLE_GENE, "--patients", "10k")["run"]
    expect(list(bench) == KEYS, list(bench))
    expect(bench["checksum"] == run["checksum"] and bench["events"] == run["events"], bench, run)
    expect(bench["patients"] == 10000 and bench["strategies"] == 2 and bench["threads"] == 1 and bench["rounds"] == 2, bench)
    rate = bench["events_per_second"] * bench["seconds"]
    expect(abs(rate - bench["events"]) < 1e-6 * rate, bench)


def ranks_and_threads():
    ranks = 2 if HAS_MPI else 1
    bench = answer("bench", SINGLE_GENE, *SHORT, "--threads", "2", ranks=2)
    expect(bench["ranks"] == ranks and bench["threads"] == 2, bench)
    expect(bench["checksum"] == answer("bench", SINGLE_GENE, *SHORT)["checksum"], bench)


def default():
    expect(answer("bench", "--patients", "2k", "--rounds", "1")["model"].endswith("three_state.yaml"), "the default model")
    text = popgx("bench", "--patients", "2k", "--rounds", "1").stdout
    expect("events per second" in text and "2,000 people x 2 strategies" in text, text)


def mistakes():
    for arguments, said in ((("nothing.yaml",), "nothing.yaml"), ((SINGLE_GENE, "--rounds", "0"), "--rounds")):
        done = popgx("bench", *arguments)
        expect(done.returncode != 0 and said in done.stderr and not done.stdout, done)


figures()
ranks_and_threads()
default()
mistakes()
finish()
