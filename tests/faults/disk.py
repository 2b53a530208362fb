#!/usr/bin/env python3
"""A disk that is full at random points: a clear error, exit 1, what was finished stays, and once there is room the run goes on.

disk.py BUILD [long]: 6 sizes or 60, always the same ones. Needs the right to mount a small file system for itself alone.
"""
import json
import os
import pathlib
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import POPGX, ROOT, answer, expect, finish, in_empty_folder, launcher  # noqa: E402

TIMES = 60 if "long" in sys.argv[2:] else 6
RUN = ["run", str(ROOT / "benchmarks" / "three_state.yaml"), "-n", "200k", "-t", "1", "-q", "--trajectories", "all", "-o", "disk/run.h5"]
SCRIPT = """
mount -t tmpfs -o size="$1"k none disk || exit 77
shift
"$@" --force > first.out 2> first.err; echo $? > first.status
ls disk > first.left
mount -o remount,size=256M none disk
"$@" --resume --json > second.out 2> second.err; echo $? > second.status
"""


def text(name):
    return pathlib.Path(name).read_text()


def predicted():
    """A run that cannot fit is not begun, and says what it needs; --force begins it."""
    os.mkdir("disk")
    script = 'mount -t tmpfs -o size=3M none disk || exit 77; "$@" > first.out 2> first.err; echo $? > first.status; ls disk > first.left'
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", str(POPGX), *RUN])
    if done.returncode == 77 or not os.path.exists("first.status"):
        sys.exit(77)
    expect(int(text("first.status")) == 1 and "the disk has room for" in text("first.err") and "--force" in text("first.err"), text("first.err"))
    expect(text("first.left") == "", "a run that was refused leaves", text("first.left"))


def full():
    chance = random.Random(7)
    os.mkdir("disk")
    checksum = answer(*RUN[:-4])["run"]["checksum"]
    n_full = 0
    for number in range(TIMES):
        kilobytes = chance.randint(40, 16000)
        done = subprocess.run(["unshare", "-m", "sh", "-c", SCRIPT, "sh", str(kilobytes), *launcher(2 if number % 3 == 0 else None), str(POPGX), *RUN])
        if done.returncode == 77 or not os.path.exists("first.status"):
            sys.exit(77)
        what = (kilobytes, "kB:", text("first.status"), text("first.err"))
        if int(text("first.status")) != 0:
            n_full += 1
            expect(int(text("first.status")) == 1 and "No space left on device" in text("first.err"), *what)
            expect("run.h5\n" not in text("first.left"), "an output on a full disk", *what)
        expect(int(text("second.status")) == 0, "not resumable after", *what, text("second.err"))
        expect(int(text("second.status")) == 0 and json.loads(text("second.out"))["run"]["checksum"] == checksum, "other results after", *what)
    expect(n_full > TIMES // 3, "the disk was full only", n_full, "times")


if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
    sys.exit(77)
in_empty_folder(predicted)
in_empty_folder(full)
finish()
