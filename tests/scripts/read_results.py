#!/usr/bin/env python3
"""The readers for Python and R: the examples of docs/reading-results.md run, both read the same, and neither reads what is not there."""
import json
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import ROOT, SINGLE_GENE, answer, expect, finish, in_empty_folder, python  # noqa: E402

PAGE = (ROOT / "docs/reading-results.md").read_text()
RUN = ("run", SINGLE_GENE, "-n", "20001", "-q", "-o", "RUN.h5", "--force")


def r(code):
    return subprocess.run(["Rscript", "-e", code], capture_output=True, text=True)


HAS_PANDAS = python("import h5py, pandas").returncode == 0
HAS_RHDF5 = bool(shutil.which("Rscript")) and r("library(rhdf5)").returncode == 0
SOURCE = f'source("{ROOT}/scripts/popgx.R"); run <- popgx_open("RUN.h5"); '

# The same questions to both; answers as JSON. Levels are compared by their names.
PYTHON_FACTS = """
import json, popgx
with popgx.open("RUN.h5") as run:
    people, events, ends = run.people((%d, %d)), run.events("test", (%d, %d)), run.ends("test", (%d, %d))
    print(json.dumps({"patients": people.index.tolist(), "variant": people["variant"].tolist(), "age": people["age"].tolist(),
        "who": events["patient"].tolist(), "minute": events["minute"].tolist(), "event": events["event"].tolist(),
        "died": ends["died"].tolist(), "mean": run.table("outcomes")["mean"].tolist(), "drawn": run.draws()["parameters"].values.tolist(),
        "qaly": run.draws()["qaly"].values.tolist()}))
"""
R_FACTS = SOURCE + """
range <- c(%d, %d); people <- popgx_people(run, range); events <- popgx_events(run, "test", range); ends <- popgx_ends(run, "test", range); draws <- popgx_draws(run)
line <- function(name, x) cat('"', name, '": [', paste(if (is.logical(x)) tolower(x) else if (is.numeric(x)) format(x, digits = 17, trim = TRUE, scientific = FALSE) else
  paste0('"', x, '"'), collapse = ", "), ']', sep = "")
rows <- function(name, x) { cat('"', name, '": [', sep = ""); for (i in seq_len(nrow(x))) cat(if (i > 1) ", " else "", "[",
  paste(format(unlist(x[i, ]), digits = 17, trim = TRUE), collapse = ", "), "]", sep = ""); cat("]") }
cat("{"); line("patients", people$patient); cat(", "); line("variant", people$variant); cat(", "); line("age", people$age); cat(", ")
line("who", events$patient); cat(", "); line("minute", events$minute); cat(", "); line("event", events$event); cat(", "); line("died", ends$died); cat(", ")
line("mean", popgx_table(run, "outcomes")$mean); cat(", "); rows("drawn", draws$parameters); cat(", "); rows("qaly", draws$qaly); cat("}")
"""

# What a run without trajectories and draws has not, and what the reader says then.
MISTAKES = {"run.people()": "holds nobody", "run.draws()": "has no draws", "run.table('x')": "there are cells",
            "run.events('x')": "has no strategy 'x': there are 'no test', 'test'"}
MISTAKEN = f"""
import popgx
run = popgx.open("RUN.h5")
for call in {list(MISTAKES)}:
    try:
        eval(call)
        print("it is read all the same")
    except Exception as error:
        print(error)
"""


def examples():
    answer(*RUN, "--trajectories", "all", "--draws", 20, "--shards", 2)
    shutil.copy(ROOT / "scripts/popgx.R", ".")
    done = python("\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.S)))
    expect(done.returncode == 0 and done.stderr == "", "the examples in Python:", done.stderr)
    if HAS_RHDF5:
        done = r("\n".join(re.findall(r"```r\n(.*?)```", PAGE, re.S)))
        expect(done.returncode == 0, "the examples in R:", done.stderr)


def same_facts():
    """Both readers, one file or several, a sample or all: the same facts, and those of /results."""
    for which, shards in (("all", 3), ("sample:0.2", 1)):
        run = answer(*RUN, "--trajectories", which, "--draws", 3, "--shards", shards)
        first, after = 4000, 6200  # across a border of blocks, and of shards
        done = python(PYTHON_FACTS % ((first, after) * 3))
        expect(done.returncode == 0, which, done.stderr)
        facts = json.loads(done.stdout)
        expect(all(first <= patient < after for patient in facts["patients"]) and facts["patients"] == sorted(facts["patients"]), which, "patients")
        expect(len(facts["patients"]) == after - first if which == "all" else 300 < len(facts["patients"]) < 600, which, len(facts["patients"]))
        expect(set(facts["who"]) <= set(facts["patients"]) and len(facts["died"]) == len(facts["patients"]), which, "events of others")
        expect(abs(facts["mean"][0] - run["strategies"][0]["outcomes"]["cost"]["mean"]) < 1e-9, which, facts["mean"])
        if not HAS_RHDF5:
            continue
        done = r(R_FACTS % (first, after - 1))
        expect(done.returncode == 0, which, done.stderr)
        other = json.loads(done.stdout)
        for name, values in facts.items():
            expect(other[name] == values, which, name, "differs:", str(other[name])[:100], str(values)[:100])


def counts():
    """Events of everybody are the counts that the results have."""
    run = answer(*RUN, "--trajectories", "all")
    done = python("""
import json, popgx
with popgx.open("RUN.h5") as run:
    print(json.dumps({s: run.events(s)["event"].value_counts().to_dict() for s in run.strategies} | {"dead": float(run.ends("test")["died"].mean())}))
""")
    found = json.loads(done.stdout)
    for strategy in run["strategies"]:
        for event, estimate in strategy["events"].items():
            expect(round(estimate["mean"] * 20001) == found[strategy["name"]].get(event, 0), strategy["name"], event)
    expect(abs(found["dead"] - run["strategies"][1]["occupancy_at_horizon"]["life.dead"]["mean"]) < 1e-9, "the dead")


def at_entry():
    """What happens to everybody at entry is in no column; both readers tell of it, as the first thing of each person."""
    model = ROOT / "benchmarks/three_state.yaml"
    run = answer("run", model, "-n", 3000, "-q", "-o", "RUN.h5", "--trajectories", "all")
    done = python("""
import popgx
with popgx.open("RUN.h5") as run:
    events, ends = run.events("NEW", (1000, 1200)), run.ends("NEW", (1000, 1200))
    for row in events.itertuples():
        print(row.patient, row.minute, row.event, sep=";")
    print("died", int(ends["died"].sum()))
    print(*(f"{name} {n}" for name, n in run.events("NEW")["event"].value_counts().items() if n > 0), sep="\\n")
""")
    lines = done.stdout.splitlines()
    person, first = -1, []
    for line in lines[:lines.index(next(line for line in lines if line.startswith("died")))]:
        if int(line.split(";")[0]) != person:
            first.append(line)
            person = int(line.split(";")[0])
    expect(first == [f"{patient};0;NEW: entry 1" for patient in range(1000, 1200)], first[:3], done.stderr)
    for event, estimate in run["strategies"][1]["events"].items():
        expect(f"{event} {round(estimate['mean'] * 3000)}" in lines, event, lines[-5:])
    if HAS_RHDF5:
        other = r(SOURCE + """
events <- popgx_events(run, "NEW", c(1000, 1199))
cat(paste(events$patient, events$minute, events$event, sep = ";"), paste("died", sum(popgx_ends(run, "NEW", c(1000, 1199))$died)), sep = "\\n")
""")
        expect(other.stdout.splitlines() == [line for line in lines if ";" in line or line.startswith("died")], other.stdout[:200], other.stderr)


def tables():
    """All tables, also those in groups, in both."""
    answer(*RUN, "--by", "variant", "--report", "years")
    done = python("import popgx; run = popgx.open('RUN.h5'); print(*[f'{name} {len(run.table(name))}' for name in sorted(run.tables())], sep='\\n')")
    expect(done.returncode == 0 and "subgroups/outcomes 16" in done.stdout and "report " in done.stdout, "tables:", done.stdout, done.stderr)
    if HAS_RHDF5:
        other = r(SOURCE + "for (name in sort(popgx_tables(run), method = 'radix')) cat(name, ' ', nrow(popgx_table(run, name)), '\\n', sep = '')")
        expect(other.stdout == done.stdout and "Warning" not in other.stderr, "tables in R:", other.stdout, other.stderr)


def what_is_not_there():
    answer(*RUN, "--trajectories", "all", "--shards", 3)
    opening = [lambda: python("import popgx; popgx.open('RUN.h5')")]
    if HAS_RHDF5:
        opening.append(lambda: r(SOURCE))
    shards = sorted(pathlib.Path("RUN.h5.d").iterdir())
    sound = shards[1].read_bytes()
    for says, spoil in (("is missing", shards[1].unlink), ("bytes instead of", lambda: shards[1].write_bytes(sound[:-10]))):
        spoil()
        for call in opening:
            done = call()
            expect(done.returncode == 1 and shards[1].name in done.stderr and says in done.stderr, says, done.stderr)
        shards[1].write_bytes(sound)
    answer(*RUN[:-2], "OTHER.h5", "--trajectories", "all", "--shards", 3)
    other = sorted(pathlib.Path("OTHER.h5.d").iterdir())
    shutil.copy(other[1], shards[1])  # of another run, with the same people: the same size
    for call in opening:
        done = call()
        expect(done.returncode == 1 and "belongs to another run" in done.stderr, "a shard of another run:", done.stderr)
    shards[1].write_bytes(sound)
    done = python("import resource, popgx; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)); popgx.open('RUN.h5')")
    expect("ulimit -n" in done.stderr, "a low limit of open files:", done.stderr)
    answer(*RUN)
    for call, said, says in zip(MISTAKES, python(MISTAKEN).stdout.splitlines(), MISTAKES.values(), strict=True):
        expect(says in said, call, said)


def other_packages():
    """Draws have the shapes that BCEA, dampack, hesim and voi demand, read by popgx.R and as exported tables."""
    answer(*RUN, "--draws", 30)
    answer("cea", "RUN.h5", "--export", "tables")
    done = subprocess.run(["Rscript", ROOT / "tests/support/r_packages.R", ROOT / "scripts/popgx.R", "RUN.h5", "tables"], capture_output=True, text=True)
    expect(done.returncode == 0, "R packages:", done.stderr)


if not HAS_PANDAS:
    sys.exit(77)
for test in (examples, same_facts, counts, at_entry, tables, what_is_not_there, *([other_packages] if HAS_RHDF5 else [])):
    in_empty_folder(test)
finish()
