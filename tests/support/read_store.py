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


def check_people(people, n):
    patient = people["patient"][:]
    assert np.all(np.diff(patient.astype(np.int64)) > 0) and (n == 0 or patient[-1] < patients)
    age = people["numbers/age"]
    assert age.attrs["unit"] == "years" and np.all((age[:] >= 40) & (age[:] <= 80))
    assert set(people["levels"]) == {"sex", "carrier"}, "a helper attribute is no business of the reader"
    alleles = people["genes/CYP2C19"]
    assert alleles.shape == (n, 2) and list(alleles.attrs["alleles"]) == ["*1", "*2", "*3"]
    carrier = people["levels/carrier"]
    names = np.array(carrier.attrs["levels"])[carrier[:]]
    assert np.array_equal(names == "carrier", np.any(alleles[:] != 0, axis=1))
    return patient


def check_trajectories(run, strategy, patient):
    group = next(g for g in run["trajectories"].values() if g.attrs["strategy"] == strategy)
    assert set(group) == {"count", "first", "died", "minute", "moment"}
    count, died, minute, moment = (group[c][:] for c in ("count", "died", "minute", "moment"))
    assert count.dtype == np.uint32 and moment.dtype == np.uint8 and len(count) == len(died) == len(patient)
    last, horizon = np.cumsum(count, dtype=np.int64), run.attrs["horizon_minutes"]
    assert last[-1] == len(minute) and list(group["first"]) == [0, *last[65535::65536], len(minute)]
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
    return {name.decode(): int(np.sum(moment == m)) for m, name in enumerate(names)}, end


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
    assert run.attrs["format"] == "popgx run" and run.attrs["format_version"] == 1
    assert run.attrs["patients"] == patients and run.attrs["sample"] == sample
    assert run["model/sources/0"][:].tobytes() == b"popgx: 1\n" and run["model/sources/0"].attrs["path"] == "small.yaml"
    run.visititems(check_described)
    check_results(run)
    if sample == 0:
        assert "people" not in run and "trajectories" not in run
        sys.exit(0)
    n = len(run["people/patient"])
    assert n == patients if sample == 1 else abs(n - sample * patients) < 6 * (sample * (1 - sample) * patients) ** 0.5
    patient = check_people(run["people"], n)
    assert set(run["trajectories"]) == {"watchful waiting", "treat at once %2F naïve, 1 %25"}
    for strategy in [r["strategy"].decode() for r in run["results/strategies"]]:
        counts, end = check_trajectories(run, strategy, patient)
        if sample == 1:
            check_whole_run(run, strategy, counts, end)
