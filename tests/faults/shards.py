#!/usr/bin/env python3
"""Runs of many files, read with few descriptors; and files that are cut, changed, gone, or another run's: named and refused, never read as nothing.

shards.py BUILD [long]: 40 files, or the 256 that a run may have, and many more changed bytes. Runs of one file too.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import POPGX, ROOT, answer, expect, finish, in_empty_folder, popgx  # noqa: E402

IS_LONG = "long" in sys.argv[2:]
FILES = 256 if IS_LONG else 40
RUN = ["run", ROOT / "benchmarks" / "three_state.yaml", "-t", "1", "-q", "--trajectories", "all"]
READERS = (["aggregate", "-q"], ["verify"])


def limited(descriptors, *words):
    return subprocess.run(["sh", "-c", f"ulimit -n {descriptors}; exec \"$@\"", "sh", POPGX, *words], capture_output=True, text=True, timeout=300)


def few_descriptors():
    patients = FILES * (16384 if IS_LONG else 4096)  # as many blocks as files, at least
    checksum = answer(*RUN, "-n", patients, "--shards", FILES, "-o", "run.h5")["run"]["checksum"]
    expect(len(os.listdir("run.h5.d")) == FILES, "files:", len(os.listdir("run.h5.d")))
    for descriptors in (FILES - 8, 32, 12, 8, 6, 5, 4):
        done = limited(descriptors, "aggregate", "run.h5", "-q")
        is_right = done.returncode == 0 and f"checksum {checksum}" in done.stdout
        expect(is_right or (done.returncode > 0 and not done.stdout and done.stderr), "aggregate with", descriptors, "descriptors:", done.returncode,
               done.stderr)
        expect(is_right or descriptors < 12, "aggregate cannot do with", descriptors, "descriptors:", done.stderr)
        done = limited(descriptors, "verify", "run.h5")
        expect(done.returncode == 0 or done.stderr, "verify with", descriptors, "descriptors:", done.returncode, done.stderr)
    for most in (257, 1500):
        done = popgx(*RUN, "-n", "10k", "--shards", most, "-o", "more.h5")
        expect(done.returncode == 2 and "at most 256" in done.stderr, most, "files:", done.returncode, done.stderr)


def refused(what, name):
    """Every reader of trajectories fails, and says which file it is that is broken."""
    for reader in READERS:
        done = popgx(*reader, "run.h5")
        said = done.stderr + (done.stdout if reader[0] == "verify" else "")
        expect(done.returncode in (1, 2), what, reader[0], "exits", done.returncode, done.stderr)
        expect(os.path.basename(name) in said, what, reader[0], "does not name", name, "but says", said[-500:])


def flip(path, byte):
    data = bytearray(path.read_bytes())
    data[byte % len(data)] ^= 1 << byte % 8
    path.write_bytes(data)


def damaged(path, other, chance):
    """`path` is a file of run.h5, `other` the same file of another run."""
    good = path.read_bytes()
    size = len(good)
    cases = [("cut in the middle", lambda: path.write_bytes(good[:size // 2])), ("cut by a byte", lambda: path.write_bytes(good[:-1])),
             ("empty", lambda: path.write_bytes(b"")), ("gone", path.unlink), ("of another run", lambda: shutil.copy(other, path)),
             ("a pipe", lambda: (path.unlink(), os.mkfifo(path))), ("longer", lambda: path.write_bytes(good + b"\0")), ("zeros", lambda: path.write_bytes(bytes(size))),
             ("a hole of zeros", lambda: path.write_bytes(good[:size // 3] + bytes(4096) + good[size // 3 + 4096:]))]
    for _ in range(200 if IS_LONG else 4):
        byte = chance.randrange(size)
        cases.append((f"with byte {byte} changed", lambda byte=byte: flip(path, byte)))
    for what, damage in cases:
        damage()
        refused(f"{path.name} {what}:", path.name)
        path.unlink(missing_ok=True)
        path.write_bytes(good)
    expect(popgx("verify", "run.h5").returncode == 0, "what was restored is not right")


def one_file():
    for name, seed in (("run.h5", 1), ("other.h5", 2)):
        expect(popgx(*RUN, "-n", "20k", "--seed", seed, "-o", name).returncode == 0, "no run")
    good = pathlib.Path("run.h5").read_bytes()
    chance = random.Random(3)
    for byte in [chance.randrange(len(good)) for _ in range(400 if IS_LONG else 12)]:
        flip(pathlib.Path("run.h5"), byte)
        refused(f"run.h5 with byte {byte} changed:", "run.h5")
        pathlib.Path("run.h5").write_bytes(good)
    for size in (0, 1, 39, 40, 1000, len(good) // 2, len(good) - 41, len(good) - 40, len(good) - 1):
        pathlib.Path("run.h5").write_bytes(good[:size])
        refused(f"run.h5 cut to {size} bytes:", "run.h5")


def many_files():
    for name, seed in (("run.h5", 1), ("other.h5", 2)):
        expect(popgx(*RUN, "-n", "60k", "--seed", seed, "--shards", "5", "-o", name).returncode == 0, "no run")
    chance = random.Random(4)
    mine, others = sorted(pathlib.Path("run.h5.d").iterdir()), sorted(pathlib.Path("other.h5.d").iterdir())
    for k in range(5) if IS_LONG else (0, 3):
        damaged(mine[k], others[k], chance)
    os.rename(mine[1], "kept")  # two of the run's own, in each other's place
    os.rename(mine[2], mine[1])
    os.rename("kept", mine[2])
    refused("two files in each other's place:", mine[1].name)


for test in (few_descriptors, one_file, many_files):
    in_empty_folder(test)
finish()
