#!/usr/bin/env python3
"""`popgx pack`: one file that holds what the shards held, and the run untouched until it does."""
import os
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import SINGLE_GENE, answer, expect, expect_same_data, finish, in_empty_folder, popgx  # noqa: E402

RUN = ("run", SINGLE_GENE, "-n", "20001", "-q", "--trajectories", "all", "--shards", 3)


def elsewhere():
    run = answer(*RUN, "-o", "run.h5", "--draws", 3)
    packed = answer("pack", "run.h5", "-o", "one.h5")
    expect(packed["files_before"] == 4 and packed["bytes"] == os.path.getsize("one.h5"), packed)
    expect(sorted(os.listdir()) == ["one.h5", "run.h5", "run.h5.d"], "leaves", os.listdir())
    expect(popgx("verify", "run.h5").returncode == 0, "the run was changed")
    expect_same_data("run.h5", "one.h5")
    answer(*RUN[:-1], 1, "-o", "single.h5", "--draws", 3)  # as if it had been written as one file
    expect_same_data("single.h5", "one.h5")
    shutil.rmtree("run.h5.d")
    os.remove("run.h5")
    expect(popgx("verify", "one.h5").returncode == 0, "verify")
    expect(answer("aggregate", "one.h5")["run"]["checksum"] == run["run"]["checksum"], "aggregate")
    expect("information" in answer("cea", "one.h5", "--thresholds", 50000), "the draws are gone")


def in_place():
    for more in ((), ("-o", "./run.h5")):
        answer(*RUN, "-o", "run.h5", "--force")
        shutil.copy("run.h5", "master.h5")
        before = answer("show", "run.h5")["run"]
        done = popgx("pack", "run.h5", *more)
        expect(done.returncode == 0 and "made of 4" in done.stdout, done.stdout, done.stderr)
        expect(sorted(os.listdir()) == ["master.h5", "run.h5"], "leaves", os.listdir())
        expect(answer("show", "run.h5")["run"] == before, "what it says about itself is not what it was")
        expect(popgx("verify", "run.h5").returncode == 0, "verify")
    again = popgx("pack", "run.h5")
    expect(again.returncode == 0 and "one file already" in again.stdout, again.stdout, again.stderr)
    expect(popgx("pack", "run.h5", "-o", "copy.h5").returncode == 0 and popgx("verify", "copy.h5").returncode == 0, "a copy of one file")


def parts_and_results_alone():
    answer("run", SINGLE_GENE, "-n", "20001", "--trajectories", "sample:0.5", "--part", "2/2", "--shards", 2, "-o", "part.h5")
    expect(popgx("pack", "part.h5").returncode == 0 and answer("show", "part.h5")["run"]["part"] == 2, "a part")
    answer("run", SINGLE_GENE, "-n", "20001", "-o", "none.h5")
    expect(popgx("pack", "none.h5", "-o", "copy.h5").returncode == 0 and popgx("verify", "copy.h5").returncode == 0, "without trajectories")


def damage():
    """Whatever is wrong with the run, it is named, and nothing is written or removed."""
    answer(*RUN, "-o", "run.h5")
    shards = sorted(pathlib.Path("run.h5.d").iterdir())
    sound = shards[1].read_bytes()

    def flip():
        with open(shards[1], "r+b") as file:
            file.seek(len(sound) // 2)
            file.write(bytes([sound[len(sound) // 2] ^ 1]))

    for name, spoil in (("missing", shards[1].unlink), ("cut", lambda: shards[1].write_bytes(sound[:-1000])), ("flipped", flip),
                        ("swapped", lambda: shutil.copy(shards[0], shards[1]))):
        spoil()
        for more in ((), ("-o", "one.h5")):
            done = popgx("pack", "run.h5", *more)
            expect(done.returncode == 1 and shards[1].name in done.stderr, name, done.returncode, done.stderr)
            expect(sorted(os.listdir()) == ["run.h5", "run.h5.d"], name, "leaves", os.listdir())
            expect(not any("partial" in left for left in os.listdir("run.h5.d")) and shards[0].exists(), name, os.listdir("run.h5.d"))
        shards[1].write_bytes(sound)
    expect(popgx("verify", "run.h5").returncode == 0, "the run was changed")


def refusing():
    answer(*RUN, "-o", "run.h5")
    pathlib.Path("there.h5").write_text("precious")
    for path, more, status, says in (("missing.h5", (), 2, "missing.h5"), ("there.h5", (), 2, "HDF5"), ("run.h5", ("-o", "there.h5"), 2, "--force"),
                                     ("run.h5", ("-o", "no/where.h5"), 2, "no folder no"), ("run.h5.d", (), 2, "run.h5.d")):
        done = popgx("pack", path, *more)
        expect(done.returncode == status and says in done.stderr, path, more, done.returncode, done.stderr)
    expect(pathlib.Path("there.h5").read_text() == "precious", "an output was replaced")
    expect(popgx("pack", "run.h5", "-o", "there.h5", "--force").returncode == 0 and popgx("verify", "there.h5").returncode == 0, "--force")


for test in (elsewhere, in_place, parts_and_results_alone, damage, refusing):
    in_empty_folder(test)
finish()
