#!/usr/bin/env python3
"""`popgx aggregate`: stored trajectories give the results of the run, whoever wrote and whoever reads them; damage is refused."""
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import PUBLISHED, ROOT, SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, variant  # noqa: E402

THREE_STATE = ROOT / "benchmarks" / "three_state.yaml"


def figures(results):
    """What does not depend on the machine."""
    run = {name: results["run"][name] for name in ("model", "checksum", "patients", "seed", "strategies", "events")}
    return run, results["strategies"], results["comparisons"]


def same_as_run():
    """70,001 people are several stored blocks, the last one not full. Writers and readers: ranks, threads."""
    for model, patients, shards, writers, readers in (
            (THREE_STATE, 70001, 1, (None, 1), (3, 1)), (THREE_STATE, 70001, 2, (2, 1), (None, 3)), (THREE_STATE, 33000, 3, (3, 1), (2, 2)),
            (SINGLE_GENE, 3000, 1, (None, 2), (None, 1)), (PUBLISHED, 20000, 1, (None, 2), (None, 1))):
        run = answer("run", model, "-n", patients, "--seed", 7, "-o", "run.h5", "--force", "--trajectories", "all", "--shards", shards, "-q",
                     "-t", writers[1], ranks=writers[0])
        read = answer("aggregate", "run.h5", "-q", "-t", readers[1], ranks=readers[0])
        expect(figures(read) == figures(run), model.name, "written by", writers, "and read by", readers, "differs")
    text = popgx("aggregate", "run.h5", "-q").stdout
    expect(run["run"]["checksum"] in text and "Incremental" in text, text)


def entries():
    """What a strategy does to everybody at entry is in no column, and everything else is: whatever stands before, between and behind."""
    new, sick = "{set: {treatment: new}}", "{set: {health: sick}}"
    half = "{with probability: 50 %, set: {health: sick}}"
    for rules in ((new, sick), (new, half, sick), (half, new), (half, sick, new), ("{when: {health: healthy}, set: {treatment: new}}", sick)):
        model = variant((f"entry: [{new}]", f"entry: [{', '.join(rules)}]"), of=THREE_STATE)
        run = answer("run", model, "-n", 5000, "-o", "run.h5", "--force", "--trajectories", "all", "-q")
        expect(figures(answer("aggregate", "run.h5", "-q")) == figures(run), rules)


def needs_trajectories():
    popgx("run", SINGLE_GENE, "-n", "2k", "-o", "none.h5", "-q")
    popgx("run", SINGLE_GENE, "-n", "2k", "-o", "some.h5", "--trajectories", "sample:0.5", "-q")
    for path in ("none.h5", "some.h5"):
        done = popgx("aggregate", path)
        expect(done.returncode == 2 and path in done.stderr and "--trajectories all" in done.stderr and not done.stdout, done.returncode, done.stderr)
    done = popgx("aggregate", "missing.h5")
    expect(done.returncode in (1, 2) and "missing.h5" in done.stderr, done.returncode, done.stderr)


def other_prices():
    """Payoffs, discount rates, thresholds and titles of another model: the results of a run of that model."""
    popgx("run", THREE_STATE, "-n", "20k", "-o", "run.h5", "--trajectories", "all", "-q")
    changes = ((("rate: 3000 USD per year", "rate: 4100 USD per year"),), (("utility: 0.62", "utility: 0.5"), ("Three states", "Other")),
               (("continuous: 0.03", "continuous: {0 years: 0.03, 400 days: 0.01}"),), (("continuous: 0.03", "continuous: 0.015"), ("thresholds: [50000]", "thresholds: [20000, 30000]")),
               (("    - {event: falls ill, amount: 2500 USD, category: falling ill}\n", "    - {event: recovers, amount: 99 USD, category: other}\n"),))
    checksums = set()
    for replacements in changes:
        other = variant(*replacements, of=THREE_STATE, name="other.yaml")
        run = answer("run", other, "-n", "20k", "-q")
        read = answer("aggregate", "run.h5", "--model", other, "-q", ranks=2)
        expect(figures(read) == figures(run), "other payoffs:", replacements)
        checksums.add(read["run"]["checksum"])
    expect(len(checksums) == len(changes), "changes without an effect:", checksums)


def other_courses():
    """What would change trajectories is refused, and named."""
    popgx("run", THREE_STATE, "-n", "2k", "-o", "run.h5", "--trajectories", "all", "-q")
    for old, new, named in (("scale: 35", "scale: 36", "dies healthy"), ("horizon: 50 years", "horizon: 49 years", "horizon"),
                            ("set: {treatment: new}", "set: {treatment: standard}", "NEW"),
                            ("states: [healthy, sick]", "states: [healthy, sick, cured]", "health"), ('"exp(0.4)"', '"exp(0.41)"', "falls ill"),
                            ("  NEW: {", "  FIRST: {", "NEW")):
        done = popgx("aggregate", "run.h5", "--model", variant((old, new), of=THREE_STATE, name="other.yaml"), "-q")
        expect(done.returncode == 2 and named in done.stderr and not done.stdout, old, "->", new, done.returncode, done.stderr)
    popgx("run", SINGLE_GENE, "-n", "200", "-o", "gene.h5", "--trajectories", "all", "-q")
    done = popgx("aggregate", "gene.h5", "--model", THREE_STATE, "-q")
    expect(done.returncode == 2 and not done.stdout, done.returncode, done.stderr)


def damaged():
    """One flipped bit anywhere in a shard's chunks, and a shard that is cut or missing: named, nothing printed."""
    popgx("run", THREE_STATE, "-n", "70k", "-o", "run.h5", "--trajectories", "all", "--shards", 2, "-q")
    shard = sorted(pathlib.Path("run.h5.d").iterdir())[1]
    whole = shard.read_bytes()
    for share in (0.3, 0.5, 0.7):
        at = int(len(whole) * share)
        shard.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
        done = popgx("aggregate", "run.h5", "-q", "-t", 2)
        expect(done.returncode == 1 and shard.name in done.stderr and not done.stdout, share, done.returncode, done.stderr)
    shard.write_bytes(whole[:-1000])
    done = popgx("aggregate", "run.h5", "-q")
    expect(done.returncode == 1 and shard.name in done.stderr, done.stderr)
    shard.unlink()
    done = popgx("aggregate", "run.h5", "-q")
    expect(done.returncode == 1 and shard.name in done.stderr, done.stderr)


for test in (same_as_run, entries, needs_trajectories, other_prices, other_courses, damaged):
    in_empty_folder(test)
finish()
