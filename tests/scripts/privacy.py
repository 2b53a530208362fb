#!/usr/bin/python3
"""People from a file: their files are their owner's alone, no identifier is written, and figures about few of them are hidden. privacy.py BUILD"""
import json
import os
import pathlib
import re
import stat
import sys

import h5py

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import answer, bytes_of, expect, finish, in_empty_folder, popgx, stop_when  # noqa: E402

# 300 people: 5 are of level rare, 8 of level seldom, 287 common. Of 3,000 simulated ones some 6 have a mild and 60 a severe reaction.
MODEL = """
popgx: 1
title: A cohort
horizon: 1 year
currency: USD
parameters: {price: {value: 100 USD, distribution: {gamma: {mean: 100, sd: 10}}}}
people:
  file: {table: cohort.csv, id: record, columns: {age: years, kind: levels}}
processes:
  skin:
    states: [clear, mild, severe, healed]
    events:
      infusion: {from: clear, to: clear, delay: 1 month, repeats: once, branches: {mild reaction: 0.002, severe reaction: 0.02, no reaction: rest}}
      mild reaction: {immediate: always, to: mild}
      severe reaction: {immediate: always, to: severe}
      no reaction: {immediate: always, to: healed}
strategies: {treat: {}}
payoffs:
  cost:
    - {event: mild reaction, amount: price, category: mild}
    - {event: severe reaction, amount: price, category: severe}
    - {event: infusion, amount: price, category: drug}
"""
RUN = ["run", "model.yaml", "-n", "3k", "-t", "1", "-q"]
SECRETS = [b"GIDEON-%03d" % i for i in range(300)]


def write_cohort(name="cohort.csv"):
    kinds = ["rare"] * 5 + ["seldom"] * 8 + ["common"] * 287
    pathlib.Path(name).write_text("record,age,kind\n" + "".join(f"{SECRETS[i].decode()},{40 + i % 30},{kind}\n" for i, kind in enumerate(kinds)))


def prepare():
    os.environ["HOME"] = os.getcwd() + "/home"
    os.environ.pop("XDG_CONFIG_HOME", None)
    os.environ.pop("POPGX_PSEUDONYM_KEY", None)
    os.mkdir("home")
    write_cohort()
    pathlib.Path("model.yaml").write_text(MODEL)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def hidden(entry):
    return entry["mean"] is None and entry["se"] is None


def figures():
    prepare()
    told = answer(*RUN, "-o", "run.h5")
    plain = answer(*RUN, "--min-cell", "0")
    expect("disclosure" not in plain and told["disclosure"]["minimum"] == 11 and told["disclosure"]["people_of_file"] == 300, told.get("disclosure"))
    strategy, all_of_it = told["strategies"][0], plain["strategies"][0]
    expect(0 < all_of_it["events"]["mild reaction"]["mean"] * 3000 < 11, "the test's own model:", all_of_it["events"]["mild reaction"])
    expect(strategy["outcomes"] == all_of_it["outcomes"] and told["run"]["checksum"] == plain["run"]["checksum"], "figures about everybody differ")
    for part, small, neighbour, shown in (("events", "mild reaction", "severe reaction", "infusion"), ("costs", "mild", "severe", "drug"),
                                          ("occupancy_at_horizon", "skin.mild", "skin.severe", "skin.healed")):
        expect(hidden(strategy[part][small]), part, small, "is shown:", strategy[part][small])
        expect(hidden(strategy[part][neighbour]), part, neighbour, "tells it by subtraction:", strategy[part])
        expect(strategy[part][shown] == all_of_it[part][shown], part, shown, "is not what it is:", strategy[part][shown])
    text = popgx(*RUN).stdout
    expect(re.search(r"mild reaction +hidden", text) and "about 1 to 10 people" in text, "the tables say", text)
    expect(hidden(answer(*RUN, "--min-cell", "100")["strategies"][0]["events"]["severe reaction"]), "--min-cell 100 shows some 60 people")


def readers():
    """`show`, `cea` and `aggregate` of a stored run; a level of 5 people of the file is simulated some 50 times."""
    prepare()
    expect(popgx(*RUN, "-o", "run.h5", "--trajectories", "all").returncode == 0, "no run")
    shown = answer("show", "run.h5")
    shares = {row["level"]: row["mean"] for row in shown["results"]["shares"] if row["attribute"] == "kind"}
    expect(shares["rare"] is None and shares["seldom"] is None and shares["common"] > 0.9, "show tells", shares)
    expect(all(row["mean"] is None for row in shown["results"]["cells"] if row["cell"] in ("mild", "severe")), "show tells cells")
    expect(all(row["mean"] is not None for row in shown["results"]["outcomes"]) and "1 to 10" in shown["disclosure"]["rule"], "show hides too much")
    everything = {row["level"]: row["mean"] for row in answer("show", "run.h5", "--min-cell", "0")["results"]["shares"]}
    expect(0 < everything["rare"] < 0.04, "--min-cell 0 tells", everything)
    expect(hidden(answer("aggregate", "run.h5", "-q")["strategies"][0]["costs"]["mild"]), "aggregate tells")
    text = popgx("cea", "run.h5").stdout
    expect(re.search(r"mild +hidden", text) and "1 to 10 people" in text, "cea tells", text)
    expect("disclosure" in answer("cea", "run.h5"), "cea --json does not say the rule")
    done = popgx("trace", "model.yaml")
    expect(done.returncode == 2 and "--min-cell 0" in done.stderr, "trace tells of one person:", done.returncode, done.stderr)
    expect(popgx("trace", "model.yaml", "--min-cell", "0").returncode == 0, "trace cannot be asked")


def few_in_the_file():
    """Seven people are seven however often they are simulated: nothing is shown of them. Of eleven everything that is about all."""
    prepare()
    two = MODEL.replace("strategies: {treat: {}}", "thresholds: [1000]\nstrategies: {treat: {}, not: {entry: [{set: {skin: healed}}]}}")
    pathlib.Path("model.yaml").write_text(two.replace("price: {value", "price: {range: [50 USD, 150 USD], value"))
    for n in (7, 11, 12, 40):
        pathlib.Path("cohort.csv").write_text("record,age,kind\n" + "".join(f"{i},{40 + i % 30},common\n" for i in range(n)))
        told = answer(*RUN, "--by", "age at 50", "-o", f"{n}.h5")
        numbers = [x["mean"] for strategy in told["strategies"] for x in strategy["outcomes"].values()]
        numbers += [x["mean"] for c in told["comparisons"] for x in (*c["outcomes"].values(), c["nmb"])]
        numbers += [x["se"] for c in told["comparisons"] for x in (*c["outcomes"].values(), c["nmb"])]
        expect(all((x is None) == (n < 11) for x in numbers), n, "people in the file:", numbers)
        for words in (("cea", f"{n}.h5"), ("sensitivity", "model.yaml", "-n", "3k", "-q"), ("equity", f"{n}.h5", "--by", "age at 50")):
            done = popgx(*words)
            expect(done.returncode == 2 if n < 11 else done.returncode == 0 or words[0] == "equity", words, n, done.returncode, done.stderr)
            expect(n >= 11 or "nothing about them is shown" in done.stderr, words, n, "says", done.stderr)
        values = [line.split(",")[10:12] for line in popgx(*RUN, "--csv").stdout.splitlines()[1:]]
        expect(n >= 11 or all(value == ["", ""] for value in values), "the long table tells:", values)


def subgroups():
    """Two kinds are too few people of the file; and no figure of a group follows from those of the others and of everybody."""
    prepare()
    told = answer(*RUN, "--by", "kind,age at 50 60")
    by = {entry["by"]: entry["groups"] for entry in told["subgroups"]}
    kinds = {group["group"]: group for group in by["kind"]}
    expect(kinds["rare"]["patients"] is None and kinds["seldom"]["patients"] is None and kinds["common"]["patients"] > 2800, "groups:", kinds.keys())
    expect(all(hidden(x) for x in kinds["rare"]["strategies"][0]["outcomes"].values()), "the outcomes of five people")
    n_hidden = 0
    for groups in by.values():
        for part in ("events", "costs", "occupancy_at_horizon"):
            for name, everybody in told["strategies"][0][part].items():
                gone = sum(hidden(group["strategies"][0][part][name]) for group in groups)
                n_hidden += gone
                expect(gone != 1 or hidden(everybody), part, name, "of one group follows from the others")
                for group in groups:
                    mean = group["strategies"][0][part][name]["mean"]
                    expect(mean is None or mean == 0 or mean * group["patients"] > 10.999 or part == "costs", part, name, group["group"], "is shown:", mean)
    expect(n_hidden > 6, "hardly anything is hidden:", n_hidden)
    text = popgx(*RUN, "--by", "kind").stdout
    expect(re.search(r"rare +hidden +hidden +hidden", text), "the table of groups says", text)


def few_people():
    prepare()
    told = answer("run", "model.yaml", "-n", "10", "-q", "-o", "run.h5")
    expect(all(hidden(x) for x in told["strategies"][0]["outcomes"].values()), "ten people are shown:", told["strategies"][0]["outcomes"])
    expect(popgx("cea", "run.h5").returncode == 2, "cea shows ten people")
    expect("QALY" not in popgx("run", "model.yaml", "-n", "10", "-q").stdout, "tables of ten people")


def everything_in(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


def files():
    """Whatever the mask: the output, what is beside it while it goes on, exports; and no identifier in any of them."""
    prepare()
    before = os.umask(0)
    try:
        os.mkdir("out")
        stop_when(lambda: bytes_of("out/run.h5.d") > 10000, "run", "model.yaml", "-n", "20M", "-q", "-o", "out/run.h5", "--trajectories", "all", ranks=2)
        expect(mode("out/run.h5.d") == 0o700 and len(everything_in("out/run.h5.d")) >= 2, "the folder:", oct(mode("out/run.h5.d")))
        done = popgx(*RUN, "-o", "out/small.h5", "--trajectories", "all", "--shards", "2", "--draws", "20", ranks=2)
        expect(done.returncode == 0, done.stderr)
        os.mkdir("out/tables")
        pathlib.Path("out/tables/frontier.csv").write_text("there before")
        expect(popgx("cea", "out/small.h5", "--export", "out/tables").returncode == 0, "no export")
    finally:
        os.umask(before)
    for path in everything_in("out"):
        expect(mode(path) == 0o600, path, "has the permissions", oct(mode(path)))
        data = path.read_bytes()
        expect(not any(secret in data for secret in SECRETS), path, "holds identifiers")


def pseudonyms():
    """The same with the same key, others with another; the key is made for its owner alone and is nowhere else."""
    prepare()

    def stored():
        expect(popgx(*RUN, "-o", "run.h5", "--force", "--trajectories", "all").returncode == 0, "no run")
        with h5py.File("run.h5") as file:
            return list(file["people/numbers/pseudonym"][:]), bytes(file["model/sources/1"][:].tobytes())
    first, source = stored()
    key = pathlib.Path("home/.config/popgx/pseudonym.key")
    expect(mode(key) == 0o600 and re.fullmatch("[0-9a-f]{32}\n", key.read_text()), "the key:", oct(mode(key)))
    expect(b"not kept with a run" in source and b"common" not in source, "the cohort is kept:", source[:100])
    expect(250 < len(set(first)) <= 300 and all(x == int(x) and 0 <= x < 2**52 for x in first), "pseudonyms:", first[:5])
    expect(stored()[0] == first, "the same key gives others")
    expect(key.read_text().strip().encode() not in pathlib.Path("run.h5").read_bytes(), "the key is in the run")
    other = pathlib.Path("other.key")
    other.write_text("00112233445566778899aabbccddeeff\n")
    os.environ["POPGX_PSEUDONYM_KEY"] = "other.key"
    other.chmod(0o644)
    done = popgx("check", "model.yaml")
    expect(done.returncode == 2 and "chmod 600" in done.stderr, "a key for everybody:", done.stderr)
    other.chmod(0o600)
    expect(not set(stored()[0]) & set(first), "another key gives the same")
    pathlib.Path("other.key").write_text("secret")
    expect("is not a key" in popgx("check", "model.yaml").stderr, "any text is a key")
    os.environ["POPGX_PSEUDONYM_KEY"] = "missing.key"
    expect("missing.key" in popgx("check", "model.yaml").stderr and not os.path.exists("missing.key"), "a missing key is made")


def mistakes():
    prepare()
    rows = pathlib.Path("cohort.csv").read_text()
    for old, new, says in (("id: record", "id: name", "has no such column"),
                           ("columns: {age", "columns: {record: number, age", "tells who they are")):
        pathlib.Path("model.yaml").write_text(MODEL.replace(old, new))
        done = popgx("check", "model.yaml")
        expect(done.returncode == 2 and says in done.stderr and "GIDEON" not in done.stderr, new, "is answered by", done.stderr)
    pathlib.Path("model.yaml").write_text(MODEL)
    for row, says in (("GIDEON-007,50,common", "this person is in line 9 already"), (",50,common", "has no identifier")):
        pathlib.Path("cohort.csv").write_text(rows + row + "\n")
        done = popgx("check", "model.yaml")
        expect(done.returncode == 2 and says in done.stderr and "GIDEON" not in done.stderr, row, "is answered by", done.stderr)
    pathlib.Path("cohort.csv").write_text("patient_id,age\n7,50\n8,51\n")
    pathlib.Path("model.yaml").write_text(MODEL.replace("id: record, columns: {age: years, kind: levels}", "columns: {age: years, patient_id: number}"))
    expect("`id: patient_id` stores a pseudonym" in popgx("check", "model.yaml").stderr, "a column of identifiers is an attribute")


def another_cohort():
    """What is not kept is still known: a changed cohort is not resumed."""
    prepare()
    expect(popgx(*RUN, "-o", "run.h5").returncode == 0, "no run")
    expect(json.loads(popgx(*RUN, "-o", "run.h5", "--resume", "--json").stdout)["run"]["patients"] == 3000, "a complete run is not known again")
    pathlib.Path("cohort.csv").write_text(pathlib.Path("cohort.csv").read_text().replace("GIDEON-001,41", "GIDEON-001,77"))
    done = popgx(*RUN, "-o", "run.h5", "--resume")
    expect(done.returncode == 2 and "the table cohort.csv is not what it was" in done.stderr, done.returncode, done.stderr)


def copies():
    """What merge and pack make of private runs is private too, whatever the mask."""
    prepare()
    before = os.umask(0)
    try:
        for k in (1, 2):
            answer(*RUN, "--trajectories", "all", "--part", f"{k}/2", "-o", f"part-{k}.h5")
        answer("merge", "part-1.h5", "part-2.h5", "-o", "run.h5", "--shards", 2)
        private = [path for path in pathlib.Path("run.h5.d").iterdir()] + ["part-1.h5", "part-2.h5", "run.h5"]
        expect(all(mode(path) == 0o600 for path in private) and len(private) == 5, "merge:", [oct(mode(path)) for path in private])
        for more in (("-o", "one.h5"), ()):
            answer("pack", "run.h5", *more)
            expect(mode(more[1] if more else "run.h5") == 0o600, "pack", more, oct(mode("run.h5")))
    finally:
        os.umask(before)


for test in (copies, figures, readers, few_in_the_file, subgroups, few_people, files, pseudonyms, mistakes, another_cohort):
    in_empty_folder(test)
finish()
