#!/usr/bin/env python3
"""`popgx run --part` and `popgx merge`: parts joined in any order are the run in one piece, and nothing else can be joined."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import POPGX, ROOT, SINGLE_GENE, answer, bytes_of, expect, expect_same_data, finish, in_empty_folder, popgx, stop_when, variant  # noqa: E402

RUN = ("run", SINGLE_GENE, "-n", "20001", "-q")  # the last block is not full


def run_parts(n, *more, run=RUN, which=None):
    for k in which or range(1, n + 1):
        answer(*run, "--part", f"{k}/{n}", "-o", f"part-{k}.h5", *more)
    return [f"part-{k}.h5" for k in (which or range(1, n + 1))]


def expect_same(one, other):
    """The same results, the same answers of every command, the same bytes."""
    expect(answer("cea", one)["comparisons"] == answer("cea", other)["comparisons"], "cea of", one, "and", other)
    expect_same_data(one, other)


def expect_refused(says, *arguments):
    done = popgx("merge", *arguments, "-o", "refused.h5")
    expect(done.returncode == 2 and done.stdout == "", arguments, done.returncode, done.stdout)
    for word in [says] if isinstance(says, str) else says:
        expect(word in done.stderr, arguments, "does not say", word, ":", done.stderr)
    expect(not os.path.exists("refused.h5") and not os.path.exists("refused.h5.d"), arguments, "leaves", os.listdir())


def trajectories():
    for which in ("sample:0.3", "all"):
        more = ("--trajectories", which, "--force", "--by", "variant", "--report", "years,events")
        whole = answer(*RUN, "-o", "whole.h5", *more)
        parts = run_parts(3, *more)
        merged = answer("merge", parts[2], parts[0], parts[1], "-o", "merged.h5", "--force")
        expect(merged["checksum"] == whole["run"]["checksum"] and merged["patients"] == 20001 and merged["parts"] == 3, which, merged)
        expect_same("whole.h5", "merged.h5")
        expect(popgx("verify", "merged.h5").returncode == 0, which, "verify")
    again = answer("aggregate", "merged.h5")
    expect(again["run"]["checksum"] == whole["run"]["checksum"], "aggregate of what was merged")
    of_part = answer("aggregate", parts[1])
    expect(of_part["run"]["checksum"] == answer("show", parts[1])["run"]["checksum"], "aggregate of a part")


def shards():
    """Parts of several files, merged into several files, on several ranks."""
    whole = answer(*RUN, "-o", "whole.h5", "--trajectories", "all")
    parts = run_parts(2, "--trajectories", "all", "--shards", 2)
    merged = answer("merge", *parts, "-o", "merged.h5", "--shards", 3, ranks=2)
    expect(merged["checksum"] == whole["run"]["checksum"], "merged shards")
    expect(len(os.listdir("merged.h5.d")) == 3 and popgx("verify", "merged.h5").returncode == 0, "shards:", os.listdir("merged.h5.d"))
    expect_same("whole.h5", "merged.h5")
    shard = sorted(pathlib.Path("part-2.h5.d").iterdir())[1]
    shard.unlink()
    done = popgx("merge", *parts, "-o", "other.h5")
    expect(done.returncode == 1 and shard.name in done.stderr and not os.path.exists("other.h5"), "without a shard:", done.stderr)


def other_cuttings():
    """Parts of different cuttings fit if their edges do."""
    whole = answer(*RUN, "-o", "whole.h5")
    for k, n in ((1, 2), (3, 4), (4, 4)):
        answer(*RUN, "--part", f"{k}/{n}", "-o", f"{k}of{n}.h5")
    merged = answer("merge", "4of4.h5", "1of2.h5", "3of4.h5", "-o", "merged.h5")
    expect(merged["checksum"] == whole["run"]["checksum"], "halves and quarters")


def draws():
    run = ("run", SINGLE_GENE, "-n", "3000", "--draws", "25", "-q")
    whole = answer(*run, "-o", "whole.h5", "--design", "latin")
    parts = run_parts(4, "--design", "latin", run=run)  # 3000 people are 2 blocks: some parts have draws alone
    alone = [part for part in parts if answer("show", part)["run"]["part_patients"] == 0]
    expect(len(alone) == 2, "parts without patients:", alone)
    for arguments in (("cea", alone[0]), ("equity", alone[0], "--by", "sex")):
        done = popgx(*arguments)
        expect(done.returncode == 2 and "draws alone" in done.stderr, *arguments, "of draws alone:", done.stderr)
    merged = answer("merge", *reversed(parts), "-o", "merged.h5")
    expect(merged["checksum"] == whole["run"]["checksum"] and merged["draws"] == 25, "draws:", merged)
    expect_same("whole.h5", "merged.h5")
    one, other = answer("cea", "whole.h5"), answer("cea", "merged.h5")
    expect({**one, "run": ""} == {**other, "run": ""}, "cea with draws")
    expect_refused(["draws 7 to 12 ", "--part 2/4"], parts[0], parts[2], parts[3])
    model = variant(("{sd: 1000}", "{sd: 1001}"), name="other.yaml")  # the base case is the same
    answer("run", model, *run[2:], "--design", "latin", "--part", "2/4", "-o", "part-2.h5", "--force")
    expect_refused("its model's files", *parts)
    done = popgx(*run, "--part", "1/26", "-o", "run.h5")
    expect(done.returncode == 2 and "at most 25 parts" in done.stderr, "more parts than draws:", done.stderr)


def chosen_patients():
    """How many people a draw has is chosen from the same pilot, whichever part it is."""
    run = ("run", ROOT / "jobs/single-gene/model.yaml", "--draws", "6", "-q")
    whole = answer(*run)
    parts = [answer(*run, "--part", f"{k}/2", "-o", f"part-{k}.h5") for k in (1, 2)]
    expect({part["psa"]["patients_per_draw"] for part in parts} == {whole["psa"]["patients_per_draw"]}, "patients of a draw")
    expect(answer("merge", "part-1.h5", "part-2.h5", "-o", "run.h5")["checksum"] == whole["run"]["checksum"], "chosen patients")


def array_job():
    """jobs/array.sbatch, as Slurm starts it."""
    whole = answer(*RUN)
    for job in (1, 2):
        settings = {**os.environ, "SLURM_ARRAY_TASK_ID": str(job), "SLURM_ARRAY_TASK_MAX": "2", "POPGX": str(POPGX), "POPGX_LAUNCHER": "env"}
        done = subprocess.run(["bash", ROOT / "jobs/array.sbatch", *map(str, RUN[1:])], env=settings, capture_output=True, text=True)
        expect(done.returncode == 0, "job", job, done.stderr)
    expect(answer("merge", "part-1.h5", "part-2.h5", "-o", "run.h5")["checksum"] == whole["run"]["checksum"], "an array job")


def refusing():
    parts = run_parts(4)
    expect_refused(["patients 4096 to 10239 ", "--part 2/4"], parts[0], parts[2], parts[3])
    expect_refused(["4096 to 10239, 14336 to 20000", "2/4, 4/4"], parts[0], parts[2])
    expect_refused([parts[0], "both", "patients 0 to 4095"], *parts, parts[0])
    answer(*RUN, "--part", "1/2", "-o", "half.h5")
    expect_refused(["half.h5", "part-2.h5", "patients 4096 to 10239"], "half.h5", *parts[1:])
    for says, more in (("--seed 2", ("--seed", 2)), ("--patients 20002", ("-n", 20002)), ("strategies", ("--strategies", "no test")),
                       ("--trajectories", ("--trajectories", "all")), ("--draws 4", ("--draws", 4))):
        answer(*RUN, "--part", "2/4", "-o", "other.h5", "--force", *more)
        expect_refused([says, "cannot be joined"], parts[0], "other.h5", *parts[2:])
    model = variant(("horizon: 40 years", "horizon: 30 years"), name="other.yaml")
    answer("run", model, "-n", "20001", "--part", "2/4", "-o", "other.h5", "--force")
    expect_refused("the model", parts[0], "other.h5", *parts[2:])
    expect_refused("not an HDF5 file", __file__)
    expect_refused("missing", parts[0], "missing.h5")
    done = popgx("merge", *parts, "-o", parts[0])
    expect(done.returncode == 2 and "--force" in done.stderr, "over a part:", done.stderr)
    with open(parts[1], "r+b") as file:
        file.seek(4000)
        file.write(b"broken")
    done = popgx("merge", *parts, "-o", "refused.h5")
    expect(done.returncode == 1 and parts[1] in done.stderr and not os.path.exists("refused.h5"), "a damaged part:", done.stderr)


def wrong_parts():
    for part in ("0/3", "4/3", "3", "a/b", "1/0", "1/2/3", "-1/3", "1/1000001", "/"):
        done = popgx(*RUN, "--part", part, "-o", "run.h5")
        expect(done.returncode == 2 and f"--part '{part}'" in done.stderr and "3/8" in done.stderr, part, done.stderr)
    for says, more in (("-o PART.h5", ()), ("--until", ("-o", "run.h5", "--until", "nmb.se < 1"))):
        done = popgx(*RUN, "--part", "1/2", *more)
        expect(done.returncode == 2 and says in done.stderr, more, done.stderr)
    done = popgx(*RUN, "--part", "50/99", "-o", "run.h5")
    expect(done.returncode == 2 and "at most" in done.stderr and os.listdir() == [], "more parts than blocks:", done.stderr, os.listdir())
    whole = answer(*RUN, "--part", "1/1", "-o", "run.h5")
    expect("part" not in whole["run"] and "part" not in answer("show", "run.h5")["run"], "1/1 is the whole run")


def telling():
    """Nobody takes a part for the run."""
    text = popgx(*RUN, "--part", "2/3", "-o", "part.h5", "--trajectories", "all").stdout
    told = "part 2 of 3 of a run"
    expect(told in text, "run says", text)
    for command in ("cea", "show", "aggregate"):
        said = popgx(command, "part.h5")
        expect(said.returncode == 0 and told in said.stdout, command, "says", said.stdout, said.stderr)
    for command in ("cea", "aggregate"):
        said = answer(command, "part.h5")
        said = said if command == "cea" else said["run"]
        expect(said.get("part") == 2 and said.get("parts") == 3 and said.get("first_patient") == 6144, command, "--json", json.dumps(said)[:300])
    run = answer("show", "part.h5")["run"]
    expect((run["part"], run["parts"], run["patients"], run["part_patients"], run["format"]) == (2, 3, 20001, 6144, "popgx part"), "show", run)


def resuming():
    """A part that was stopped is resumed as any run is; another part is another run."""
    run = ["run", ROOT / "benchmarks" / "three_state.yaml", "-n", "4M", "-t", "1", "-q", "-o", "part.h5", "--trajectories", "sample:0.01"]
    stop_when(lambda: bytes_of("part.h5.d") > 10000, *run, "--part", "2/2")
    state = answer("show", "part.h5")["run"]
    expect(state["part"] == 2 and state["part_patients"] == state["patients_done"] + state["patients_missing"], "show", state)
    other = popgx(*run, "--part", "1/2", "--resume")
    expect(other.returncode == 2 and "--part 2/2" in other.stderr, "another part", other.stderr)
    resumed = answer(*run, "--part", "2/2", "--resume")
    shutil.move("part.h5", "resumed.h5")
    expect(answer(*run, "--part", "2/2")["run"]["checksum"] == resumed["run"]["checksum"], "resumed part")
    expect_same("part.h5", "resumed.h5")


tests = (trajectories, shards, other_cuttings, draws, chosen_patients, array_job, refusing, wrong_parts, telling, resuming)
for test in tests:
    in_empty_folder(test)
finish()
