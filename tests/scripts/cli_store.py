#!/usr/bin/env python3
"""`popgx run -o` and `popgx show`: what is written, what is refused, and that storing changes no result."""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, POPGX, ROOT, SINGLE_GENE, answer, expect, expect_same_data, finish, in_empty_folder, popgx, python  # noqa: E402

RUN = ("run", SINGLE_GENE, "--patients", "10k")


def storing():
    without = answer(*RUN)
    stored = answer(*RUN, "-o", "run.h5")
    expect(os.listdir() == ["run.h5"], "leaves", os.listdir())
    expect(stored["run"]["checksum"] == without["run"]["checksum"], "storing changes the results")
    text = popgx("show", "run.h5").stdout
    shown = answer("show", "run.h5")
    for word in (stored["run"]["checksum"], "popgx run", "10000"):
        expect(word in text, "popgx show does not say", word)
        expect(word in json.dumps(shown), "popgx show --json does not say", word)
    expect("no test" in text, "popgx show has no results:", text)


def refusing():
    expect(popgx(*RUN, "-o", "run.h5").returncode == 0, "cannot store")
    before = pathlib.Path("run.h5").read_bytes()
    done = popgx(*RUN, "--seed", 2, "-o", "run.h5")
    expect(done.returncode == 2 and "run.h5" in done.stderr and "--force" in done.stderr, done.returncode, done.stderr)
    expect(done.stdout == "", "results of a run that was refused:", done.stdout)
    expect(pathlib.Path("run.h5").read_bytes() == before, "an existing output was changed")
    forced = answer(*RUN, "--seed", 2, "-o", "run.h5", "--force")
    expect(forced["run"]["checksum"] in json.dumps(answer("show", "run.h5")), "--force does not replace")
    expect(os.listdir() == ["run.h5"], "leaves", os.listdir())


def nowhere_to_write():
    os.mkfifo("pipe")
    for place, reason in (("missing/run.h5", "no folder missing"), (".", "is a folder"), ("", "names no file"), ("pipe", "plain file")):
        done = popgx(*RUN, "-o", place, "--force")
        expect(done.returncode == 2 and reason in done.stderr and done.stdout == "", place, done.returncode, done.stderr)
    os.unlink("pipe")
    expect(os.listdir() == [], "leaves", os.listdir())
    wrong = popgx("run", "missing.yaml", "-o", "run.h5")
    expect(wrong.returncode == 2 and os.listdir() == [], "a wrong model leaves", os.listdir())


def no_more_room():
    """A limit on the size of files is a full disk: said, and resumed when it is gone."""
    command = [str(word) for word in (POPGX, *RUN, "-n", "300k", "--trajectories", "all", "-q", "-o", "run.h5")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000)))
    expect(done.returncode == 1 and "File too large" in done.stderr and "--resume" in done.stderr, done.returncode, done.stderr)
    expect(answer(*command[1:], "--resume")["run"]["checksum"] == answer(*RUN, "-n", "300k")["run"]["checksum"], "other results")


def elsewhere():
    """A folder that leads to another file system, from where the output could not be renamed, is refused before anybody lives."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as other:
        if os.stat(other).st_dev == os.stat(".").st_dev:
            return
        os.symlink(other, "run.h5.d")
        done = popgx(*RUN, "-o", "run.h5")
        expect(done.returncode == 2 and "another file system" in done.stderr and not os.listdir(other), done.returncode, done.stderr)


def trajectories():
    counts = {}
    for which in ("none", "sample:0.1", "all"):
        answer(*RUN, "-o", "run.h5", "--force", "--trajectories", which)
        counts[which] = os.path.getsize("run.h5")
    expect(counts["none"] < counts["sample:0.1"] < counts["all"], "sizes", counts)


def same_data():
    """More people than a chunk has rows: whoever simulates and compresses them, the data are the same."""
    many = ("run", SINGLE_GENE, "--patients", "140k", "--trajectories", "all", "-o")
    answer(*many, "one.h5", "--threads", 1)
    others = [("threads.h5", None), *([("ranks.h5", 2)] if HAS_MPI else [])]
    for other, ranks in others:
        answer(*many, other, "--threads", 2, ranks=ranks)
        expect_same_data("one.h5", other)


def documentation():
    """The example of docs/file-format.md reads a run, in one file and in shards."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs/file-format.md").read_text(), re.S).group(1)
    for shards in (1, 2):
        answer("run", SINGLE_GENE, "-n", "300k", "-o", "RUN.h5", "--force", "--trajectories", "sample:0.5", "--shards", shards)
        done = python(code)
        expect(done.returncode == 0 or "No module named" in done.stderr, shards, "shards:", done.stderr)


def not_a_run():
    pathlib.Path("text.h5").write_text("no HDF5")
    for name in ("text.h5", "missing.h5", "."):
        done = popgx("show", name)
        expect(done.returncode == 2 and name in done.stderr and done.stdout == "", name, done.returncode, done.stderr)


def closed_streams():
    """With standard output and error closed, what would be printed must not go into the file that gets their numbers."""
    command = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", POPGX, *RUN, "-o", "run.h5", "--trajectories", "all"]
    done = subprocess.run(list(map(str, command)), check=False)
    expect(done.returncode == 1, "closed streams exit", done.returncode)
    again = answer(*RUN, "-o", "again.h5", "--trajectories", "all")
    expect(again["run"]["checksum"] in popgx("show", "run.h5").stdout, "closed streams change the output")


def ranks():
    one = answer(*RUN, "-o", "one.h5", "--trajectories", "all")
    three = answer(*RUN, "-o", "three.h5", "--trajectories", "all", ranks=3)
    expect(three["run"]["checksum"] == one["run"]["checksum"], "ranks change the results")
    done = popgx(*RUN, "-o", "one.h5", ranks=2)
    expect(done.returncode == 2 and done.stderr.count("--force") == 1, done.returncode, done.stderr)
    expect(sorted(os.listdir()) == ["one.h5", "three.h5"], "leaves", os.listdir())


for test in (storing, refusing, nowhere_to_write, no_more_room, elsewhere, trajectories, same_data, documentation, not_a_run, closed_streams, *([ranks] if HAS_MPI else [])):
    in_empty_folder(test)
finish()
