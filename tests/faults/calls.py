#!/usr/bin/env python3
"""Every failing system call and allocation, one after another: no crash, no false success, and the run can be resumed.

calls.py BUILD [long]: the short form takes a sample of the writes and allocations, always the same one.
"""
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import BUILD, POPGX, ROOT, answer, expect, finish, in_empty_folder  # noqa: E402

IS_LONG = "long" in sys.argv[2:]
MOST = {"write": 20, "memory": 40}  # of a kind in the short form
MODEL = ROOT / "benchmarks" / "three_state.yaml"
RUN = ["run", MODEL, "-n", "20k", "-t", "1", "-q", "-o", "run.h5", "--trajectories", "all"]
LIBRARY = BUILD / "tests" / "libpopgx_faults.so"


def run(*more, fault=None, count=None):
    settings = dict(os.environ)
    if fault:
        settings.update(LD_PRELOAD=str(LIBRARY), POPGX_FAULT=fault, **({"POPGX_FAULT_COUNT": count} if count else {}))
    return subprocess.run([str(word) for word in (POPGX, *RUN, *more)], capture_output=True, text=True, env=settings, timeout=60)


def remove():
    subprocess.run(["rm", "-rf", "run.h5", "run.h5.d"], check=True)


def check(kind, n, checksum):
    """The nth call fails: an error that is told, or nothing that matters; then whatever there is can be resumed."""
    done = run(fault=f"{kind}:{n}")
    what = (f"{kind} {n}:", done.returncode, done.stderr[-300:])
    expect(done.returncode in (0, 1), *what)
    if done.returncode == 0:
        expect(answer("show", "run.h5")["run"]["checksum"] == checksum, "a false success at", *what)
    else:
        expect(done.stderr.startswith("popgx") and len(done.stderr) > 20, "no message at", *what)
        expect(done.stderr.count("\n") == 1, "more than one line at", *what)
    again = run("--resume")
    expect(again.returncode == 0, "not resumable after", *what, again.stderr)
    if again.returncode == 0:
        expect(answer("show", "run.h5")["run"]["checksum"] == checksum, "other results after", *what)
        expect(os.listdir() == ["run.h5"], "leaves", os.listdir(), os.path.exists("run.h5.d") and os.listdir("run.h5.d"), "after", *what)
    remove()
    return done.returncode != 0


def calls():
    expect(run().returncode == 0, "a run without faults fails")
    checksum = answer("show", "run.h5")["run"]["checksum"]
    for kind in ("sync", "name", "open", "write", "memory"):
        remove()
        expect(run(fault=f"{kind}:0", count="count").returncode == 0, "a run under observation fails")
        total = int(pathlib.Path("count").read_text())
        os.remove("count")
        expect(total > 4, kind, "is not observed:", total)
        remove()
        step = max(1, total // MOST.get(kind, total)) if not IS_LONG else 1
        failed = sum(check(kind, n, checksum) for n in range(1, total + 1, step))
        expect(failed > 0, "no failing", kind, "makes a run fail")


if not LIBRARY.exists():
    sys.exit(77)
in_empty_folder(calls)
finish()
