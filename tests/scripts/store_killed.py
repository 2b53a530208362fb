#!/usr/bin/env python3
"""Runs that are killed at any instant: an output is whole or not there, and the next run takes the place over."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, POPGX, SINGLE_GENE, answer, expect, finish, in_empty_folder, launcher, popgx  # noqa: E402

PATIENTS = 300000


def start(ranks):
    command = [*launcher(ranks), POPGX, "run", SINGLE_GENE, "-n", str(PATIENTS), "-o", "run.h5", "--trajectories", "all", "-q"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def killed_at(share, seconds, ranks):
    """Kills a run after this share of the seconds that a whole one takes; then its output is whole or not there."""
    run = start(ranks)
    time.sleep(share * seconds)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    if os.path.exists("run.h5"):
        expect(answer("show", "run.h5")["run"]["patients"] == PATIENTS, "an output that is not whole")
        os.remove("run.h5")


def killed(ranks=None):
    begin = time.monotonic()
    expect(start(ranks).wait() == 0, "a run that nobody kills fails")
    seconds = time.monotonic() - begin
    os.remove("run.h5")
    for k in range(8):
        killed_at(k / 7, seconds, ranks)
    wait_for_orphans()
    answer("run", SINGLE_GENE, "-n", 1000, "-o", "run.h5", "--trajectories", "all", ranks=ranks)
    expect(os.listdir() == ["run.h5"], "leaves", os.listdir())


def wait_for_orphans():
    """mpirun starts ranks in groups of their own; without it they end by themselves, and with them their lock."""
    for _ in range(100):
        done = popgx("run", SINGLE_GENE, "-n", 1, "-o", "run.h5", "--force")
        if done.returncode == 0:
            os.remove("run.h5")
            return
        time.sleep(0.1)
    expect(False, "the place is never free again:", done.stderr)


def at_the_same_time():
    first = start(None)
    while not os.path.exists("run.h5.d/manifest.json") and first.poll() is None:  # written under the lock; its file is there before it is held
        time.sleep(0.001)
    second = popgx("run", SINGLE_GENE, "-n", 1, "-o", "run.h5", "--force")
    is_overtaken = first.poll() is not None
    expect(first.wait() == 0, "the first run fails")
    if not is_overtaken:
        expect(second.returncode == 2 and "another run is writing it" in second.stderr, second.returncode, second.stderr)
        expect(answer("show", "run.h5")["run"]["patients"] == PATIENTS, "the second run's output is there")


in_empty_folder(killed)
in_empty_folder(at_the_same_time)
if HAS_MPI and shutil.which("mpirun"):
    in_empty_folder(lambda: killed(ranks=2))
finish()
