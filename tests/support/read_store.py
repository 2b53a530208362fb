"""Reads a run's file as docs/file-format.md describes it and derives its results again from people and trajectories.

read_store.py RUN.h5 PATIENTS SAMPLE: exits 0 if the file is as described and agrees with itself.
"""
import sys

import h5py
import numpy as np

path, patients, sample = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])


def exact(row):
    return (int(row["sum_high"]) << 64) + int(row["sum_low"])


def check_described(name, item):
    if isinstance(item, h5py.Dataset):
        assert isinstance(item.attrs["unit"], str) and item.attrs["description"], name
        if item.dtype.names:
            assert len(item.attrs["columns"]) == len(item.dtype.names), name


def check_people(people, is_person, n):
    patient = people["patient"][:][is_person]
    assert len(patient) == n
    assert np.all(np.diff(patient.astype(np.int64)) > 0) and (n == 0 or patient[-1] < patients)
    age = people["numbers/age"]
    assert age.attrs["unit"] == "years" and np.all((age[:][is_person] >= 40) & (age[:][is_person] <= 80)) and np.all(np.isnan(age[:][~is_person]))
    assert set(people["levels"]) == {"sex", "carrier"}, "a helper attribute is no business of the reader"
    alleles = people["genes/CYP2C19"]
    assert alleles.shape == (len(is_person), 2) and np.all(alleles[:][~is_person] == 65535) and list(alleles.attrs["alleles"]) == ["*1", "*2", "*3"]
    carrier = people["levels/carrier"]
    names = np.array(carrier.attrs["levels"])[carrier[:][is_person]]
    assert np.array_equal(names == "carrier", np.any(alleles[:][is_person] != 0, axis=1))
    return patient


def check_blocks(run):
    """The tables of blocks say where the rows are that are no padding, and which patients they are."""
    blocks, rows = run["blocks"], run["people/patient"][:]
    is_person = rows != np.iinfo(rows.dtype).max
    for group in run["trajectories"].values():
        count, minute, table = group["count"][:], group["minute"][:], group["blocks"]
        assert len(table) == len(blocks) and np.all(count[~is_person] == 2**32 - 1)
        for block, events in zip(blocks, table):
            people = slice(int(block["first_row"]), int(block["first_row"] + block["rows"]))
            assert np.all(is_person[people]) and int(np.sum(count[people])) == events["rows"]
            within = (rows[people] >= block["first_patient"]) & (rows[people] < block["first_patient"] + block["patients"])
            assert np.all(within) and len(block["hash"]) == 32
            assert np.all(minute[int(events["first_row"]):int(events["first_row"] + events["rows"])] >= 0)
        assert int(np.sum(table["rows"])) == int(np.sum(minute >= 0)) and int(np.sum(minute == -1)) == int(np.sum(minute < 0))
    assert int(np.sum(blocks["rows"])) == int(np.sum(is_person)) and int(np.sum(blocks["patients"])) == patients
    return is_person


def check_trajectories(run, strategy, patient, is_person):
    group = next(g for g in run["trajectories"].values() if g.attrs["strategy"] == strategy)
    assert set(group) == {"count", "died", "minute", "moment", "blocks"}
    count, died = (group[c][:][is_person] for c in ("count", "died"))
    minute, moment = (group[c][:][group["minute"][:] >= 0] for c in ("minute", "moment"))
    assert count.dtype == np.uint32 and moment.dtype == np.uint8 and len(count) == len(died) == len(patient)
    last, horizon = np.cumsum(count, dtype=np.int64), run.attrs["horizon_minutes"]
    assert last[-1] == len(minute)
    owner = np.repeat(patient, count)
    same_person = np.diff(owner.astype(np.int64)) == 0
    assert np.all(np.diff(minute)[same_person] >= 0), "a person's events are in order"
    assert set(np.unique(died)) <= {0, 1} and np.all(count[died == 1] > 0)
    end = np.full(len(patient), horizon)
    end[died == 1] = minute[last[died == 1] - 1]
    assert np.all(minute <= np.repeat(end, count)) and np.all(end[died == 1] < horizon)
    names = run["model/moments"]["name"]
    deaths = names[moment] == b"death"
    assert np.array_equal(minute[deaths], np.repeat(end, count)[deaths]) and np.sum(deaths) == np.sum(died)
    at_entry = [name.encode() for name in group.attrs.get("at_entry", [])]
    assert set(at_entry) <= set(names) and not np.any(np.isin(names[moment], at_entry))
    return {name.decode(): int(np.sum(moment == m)) + len(patient) * at_entry.count(name) for m, name in enumerate(names)}, end


def check_whole_run(run, strategy, counts, end):
    """Everybody is in the file: sums over trajectories must be the run's, to the last unit."""
    events = {r["event"].decode(): r for r in run["results/events"] if r["strategy"].decode() == strategy}
    for name, count in counts.items():
        assert exact(events[name]) == count, (strategy, name)
        assert abs(events[name]["mean"] - count / patients) < 1e-12
    years = next(r for r in run["results/outcomes"]
                 if r["strategy"].decode() == strategy and r["outcome"] == b"life_years_undiscounted")
    mean = exact(years) * 2.0 ** -int(years["grid_bits"]) / patients
    assert abs(mean - years["mean"]) < 1e-12
    assert abs(mean - np.mean(end) / run.attrs["minutes_per_year"]) < 1e-8
    cells = [r for r in run["results/cells"] if r["strategy"].decode() == strategy and r["outcome"] == b"cost"]
    cost = next(r for r in run["results/outcomes"] if r["strategy"].decode() == strategy and r["outcome"] == b"cost")
    assert sum(exact(r) for r in cells) == exact(cost)


def check_results(run):
    rows = {r["strategy"]: r["mean"] for r in run["results/outcomes"] if r["outcome"] == b"cost"}
    for row in run["results/differences"]:
        if row["outcome"] == b"cost":
            assert abs(rows[row["strategy"]] - rows[row["comparator"]] - row["mean"]) < 1e-3
    sums = run["results/sums"]
    assert exact(sums[int(sums.attrs["first_people"])]) == patients
    assert len(run["results/net_monetary_benefit"]) == 2 * 2


with h5py.File(path, "r") as run:
    assert run.attrs["format"] == "popgx run" and run.attrs["format_version"] == 3
    assert run.attrs["patients"] == patients and run.attrs["sample"] == sample
    assert run["model/sources/0"][:].tobytes() == b"popgx: 1\n" and run["model/sources/0"].attrs["path"] == "small.yaml"
    run.visititems(check_described)
    check_results(run)
    if sample == 0:
        assert "people" not in run and "trajectories" not in run
        sys.exit(0)
    is_person = check_blocks(run)
    n = int(np.sum(is_person))
    assert n == patients if sample == 1 else abs(n - sample * patients) < 6 * (sample * (1 - sample) * patients) ** 0.5
    patient = check_people(run["people"], is_person, n)
    assert set(run["trajectories"]) == {"watchful waiting", "treat at once %2F naïve, 1 %25"}
    for strategy in [r["strategy"].decode() for r in run["results/strategies"]]:
        counts, end = check_trajectories(run, strategy, patient, is_person)
        if sample == 1:
            check_whole_run(run, strategy, counts, end)
