#!/usr/bin/env python3
"""pack and merge with every failing system call and allocation, one after another: what they read stays whole, and what they say they wrote is whole.

copies.py BUILD [long]: the short form takes a sample, always the same one.
"""
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import BUILD, POPGX, ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

MOST = 10**6 if "long" in sys.argv[2:] else 6  # of a kind
RUN = ["run", ROOT / "benchmarks" / "three_state.yaml", "-n", "20k", "-t", "1", "-q", "--trajectories", "all"]
LIBRARY = BUILD / "tests" / "libpopgx_faults.so"


def run(command, fault, count=None):
    settings = dict(os.environ, LD_PRELOAD=str(LIBRARY), POPGX_FAULT=fault, **({"POPGX_FAULT_COUNT": count} if count else {}))
    return subprocess.run([str(word) for word in (POPGX, *command)], capture_output=True, text=True, env=settings, timeout=60)


def is_whole(path, checksum):
    return popgx("verify", path).returncode == 0 and answer("show", path)["run"]["checksum"] == checksum


def check(command, inputs, output, checksum, fault):
    done = run(command, fault)
    what = (command[0], fault, done.returncode, done.stderr[-300:])
    expect(done.returncode in (0, 1), *what)
    if done.returncode == 0:
        expect(is_whole(output, checksum), "a false success at", *what)
    else:
        expect(done.stderr.startswith("popgx") and done.stderr.count("\n") == 1, "no message at", *what)
        expect(not os.path.exists(output) or is_whole(output, checksum), "half an output at", *what)  # what fails may be what comes after it
    expect(all(popgx("verify", path).returncode == 0 for path in inputs), "an input was changed by", *what)
    return done.returncode != 0


def every_call(command, inputs, output, checksum, restore):
    n_failed = 0
    for kind in ("sync", "name", "open", "write", "memory"):
        restore()
        expect(run(command, f"{kind}:0", "count").returncode == 0, command[0], "under observation fails")
        total = int(pathlib.Path("count").read_text())
        os.remove("count")
        expect(total > 0, kind, "is not observed")
        for n in range(1, total + 1, max(1, total // MOST)):
            restore()
            n_failed += check(command, inputs, output, checksum, f"{kind}:{n}")
    expect(n_failed > 10, command[0], "hardly fails:", n_failed)


def packing():
    checksum = answer(*RUN, "-o", "saved/run.h5", "--shards", 2)["run"]["checksum"]

    def restore():
        for left in ("run.h5.d", "run.h5"):
            subprocess.run(["rm", "-rf", left], check=True)
        shutil.copytree("saved", ".", dirs_exist_ok=True)

    every_call(["pack", "run.h5"], ["run.h5"], "run.h5", checksum, restore)


def merging():
    checksum = answer(*RUN[:-2])["run"]["checksum"]
    for k in (1, 2):
        answer(*RUN, "--part", f"{k}/2", "-o", f"part-{k}.h5")

    def restore():
        subprocess.run(["rm", "-rf", "run.h5", "run.h5.d"], check=True)

    every_call(["merge", "part-1.h5", "part-2.h5", "-o", "run.h5", "--shards", 2], ["part-1.h5", "part-2.h5"], "run.h5", checksum, restore)


if not LIBRARY.exists():
    sys.exit(77)
for test in (packing, merging):
    in_empty_folder(lambda: (os.mkdir("saved"), test()))
finish()
