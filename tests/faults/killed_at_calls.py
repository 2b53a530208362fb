#!/usr/bin/env python3
"""kill -9 at every system call that changes a file, before it or after it: what was synced before is still there, and the results are the same.

Of runs that begin, that are resumed, that grow, and whose draws are resumed. killed_at_calls.py BUILD [long]: the short form takes a sample of the calls.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import BUILD, POPGX, ROOT, SINGLE_GENE, UNCERTAIN_RATE, answer, bytes_of, expect, finish, in_empty_folder, stop_when  # noqa: E402

MOST = None if "long" in sys.argv[2:] else 6  # calls in the short form
LIBRARY = BUILD / "tests" / "libpopgx_faults.so"
BASE = ["run", ROOT / "benchmarks" / "three_state.yaml", "-n", "400k", "-t", "1", "-o", "run.h5", "--trajectories", "all"]
UNTIL = ["run", SINGLE_GENE, "--until", "nmb.se < 25", "-t", "1", "-o", "run.h5", "--trajectories", "all"]  # two looks
DRAWS = ["run", "model.yaml", "--draws", "8", "-n", "3M", "-t", "1", "-o", "run.h5"]  # two draws between two syncs


def run(command, die=None, count=None, **settings):
    if die is not None:
        settings["env"] = dict(os.environ, LD_PRELOAD=str(LIBRARY), POPGX_FAULT=f"die:{die}", **({"POPGX_FAULT_COUNT": count} if count else {}))
    return subprocess.run([str(word) for word in (POPGX, *command)], capture_output=True, text=True, timeout=60, **settings)


def remove():
    subprocess.run(["rm", "-rf", "run.h5", "run.h5.d"], check=True)


def restore():
    remove()
    if os.path.exists("before.d"):
        shutil.copytree("before.d", "run.h5.d")


def interrupt(command, pattern, n_bytes):
    """Stops a run of `command` as soon as it has written more than this many bytes; what is left becomes before.d."""
    stop_when(lambda: bytes_of("run.h5.d", pattern) > n_bytes, *command, "-q")
    os.rename("run.h5.d", "before.d")


def resumed(errors):
    """What two sessions found done: percent of people, draws."""
    found = [line.split("resumed: ")[1].split() for line in errors.splitlines() if "resumed: " in line]
    return {"people" if "%" in words else "draws": float(words[0]) for words in found}


def checksums():
    shown = answer("show", "run.h5")
    return shown["run"]["checksum"], shown.get("psa", {}).get("checksum")


def check(what, command):
    """Every call of `command`, which begins with what is in before.d."""
    restore()
    done = run(command, 0, "count")
    expect(done.returncode == 0, what, done.stderr)
    total, expected, before = int(pathlib.Path("count").read_text()), checksums(), resumed(done.stderr)
    expect(total > 10, what, "makes only", total, "calls")
    # The last ones clear away what a complete run no longer needs.
    for n in sorted({*range(1, total + 1, max(1, total // MOST) if MOST else 1), *range(total - 3, total + 1)}):
        restore()
        killed = run(command, n)
        expect(killed.returncode == -signal.SIGKILL, what, n, "is not killed:", killed.returncode, killed.stderr)
        is_whole = os.path.exists("run.h5")
        again = run([*command, *([] if "--resume" in command else ["--resume"])])
        expect(again.returncode == 0, what, n, "cannot be resumed:", again.stderr)
        if again.returncode != 0:
            continue
        after = resumed(again.stderr)
        lost = [key for key, share in before.items() if not is_whole and after.get(key, 0) < share]
        expect(not lost, what, n, "lost", lost, before, after)
        expect(checksums() == expected, what, n, "has other results")
        expect(not os.path.exists("run.h5.d"), what, n, "leaves", os.path.isdir("run.h5.d") and os.listdir("run.h5.d"))
    remove()


def begun():
    check("a run that begins", BASE)


def interrupted():
    interrupt(BASE, "*.journal", 1000000)
    check("a run that is resumed", [*BASE, "--resume"])


def grown():
    check("a run that finds out how many people are enough", UNTIL)


def interrupted_draws():
    pathlib.Path("model.yaml").write_text(UNCERTAIN_RATE)
    interrupt(DRAWS, "draws", 200)
    check("draws that are resumed", [*DRAWS, "--resume"])


if not LIBRARY.exists():
    sys.exit(77)
for test in (begun, interrupted, grown, interrupted_draws):
    in_empty_folder(test)
finish()
