"""Reads the runs that `popgx run -o RUN.h5` stores, as pandas data frames or NumPy arrays. Needs h5py and NumPy, and pandas for frames.

    import popgx

    with popgx.open("RUN.h5") as run:
        print(run)                                          # what it is
        run.table("outcomes")                               # a table of /results as a data frame; run.tables() names them
        run.people(patients=range(1000))                    # who they are
        run.events("test", patients=range(1000), events=["adverse event"])  # what happened to them, in years
        for block in run.blocks("test"):                    # everything, a block of people at a time
            block["minute"]
        run.draws()["parameters"]                           # of a probabilistic analysis (--draws)

A run may be spread over several files (RUN.h5 and RUN.h5.d). HDF5 itself reads a file that is missing as fill values, without an error; this
module looks for all of them first, and looks at every row it reads. docs/reading-results.md has examples, docs/file-format.md says
what is in the files. `popgx verify` compares every byte with its checksum; this module does not.
"""
import os

import h5py
import numpy as np

FORMATS = ("popgx run", "popgx part")
VERSION = 3
ZSTD_FILTER = 32015  # of runs made with --compress zstd
FILES_FOR_OTHERS = 64  # descriptors that the process may need for other things


class Error(Exception):
    """The run cannot be read: the text says why."""


def open(path):  # noqa: A001 - popgx.open, as h5py.File
    """Opens a run. `with` closes it."""
    return Run(path)


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _frame(columns):
    import pandas

    return pandas.DataFrame(columns)


def _categories(codes, names):
    import pandas

    return pandas.Categorical.from_codes(np.asarray(codes, dtype=np.int64), categories=names)


class Run:
    """A stored run. Columns are read when they are asked for, and only the rows that are."""

    def __init__(self, path):
        self.path = os.fspath(path)
        self._file = self._open(self.path)
        try:
            self.attributes = {name: _text(value) if isinstance(value, (bytes, str)) else value.item() for name, value in self._file.attrs.items()}
            self._check_format()
            self._check_shards()
            if self._needs_plugin():
                self._find_plugin()
        except BaseException:
            self._file.close()
            raise
        self.strategies = [_text(name) for name in self._file["results/strategies"]["strategy"]]
        self._groups = {_text(group.attrs["strategy"]): group for group in self._file.get("trajectories", {}).values()}
        self._moments = [_text(name) for name in self._file["model/moments"]["name"]]
        self._blocks = self._file["blocks"][:] if "blocks" in self._file else None

    def close(self):
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __repr__(self):
        it = self.attributes
        part = f", part {it['part']} of {it['parts']}, not the whole run" if self.is_part else ""
        return f"<run of {it['model_title']!r}: {it['patients']:,} patients, {len(self.strategies)} strategies, checksum {it['checksum']}{part}>"

    @property
    def is_part(self):
        """Whether it is one of several parts (popgx run --part) that popgx merge has not joined yet."""
        return "parts" in self.attributes

    # ---- what is looked at before anything is believed ----

    @staticmethod
    def _open(path):
        if not os.path.isfile(path):
            raise Error(f"{path}: there is no such file")
        try:
            return h5py.File(path, "r")
        except OSError as problem:
            raise Error(f"{path}: is not an HDF5 file, or is damaged: {problem}") from None

    def _check_format(self):
        if self.attributes.get("format") not in FORMATS:
            raise Error(f"{self.path}: is an HDF5 file, but not a run of popgx")
        if self.attributes["format_version"] != VERSION:
            raise Error(f"{self.path}: has version {self.attributes['format_version']} of the format; this module reads version {VERSION}")

    def _check_shards(self):
        shards = self._file["manifest"][:] if "manifest" in self._file else []
        for shard in shards:
            path = os.path.join(os.path.dirname(self.path), _text(shard["file"]))
            if not os.path.isfile(path):
                raise Error(f"{path}: is missing: it holds a part of {self.path}")
            if os.path.getsize(path) != shard["bytes"]:
                raise Error(f"{path}: has {os.path.getsize(path)} bytes instead of {shard['bytes']}: it is damaged, or of another run")
            with self._open(path) as file:
                if _text(file.attrs["run_id"]) != self.attributes["run_id"]:
                    raise Error(f"{path}: belongs to another run than {self.path}")
        if len(shards) > 0:
            self._check_limit(len(shards))

    def _check_limit(self, n_files):
        try:
            import resource
        except ImportError:  # not a Unix
            return
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if limit != resource.RLIM_INFINITY and limit < n_files + FILES_FOR_OTHERS:
            raise Error(f"{self.path}: has {n_files} files, and this process may open {limit}: ulimit -n {n_files + FILES_FOR_OTHERS} allows enough")

    @staticmethod
    def _find_plugin():
        try:
            import hdf5plugin  # noqa: F401 - tells HDF5 where its plugins are
        except ImportError:
            pass  # what is asked for may need no plugin

    def _rows(self, dataset, first, n):
        try:
            return dataset[first:first + n]
        except OSError as problem:
            if self._needs_plugin():
                raise Error(f"{self.path}: is compressed with zstd, for which HDF5 needs a plugin: the package hdf5plugin has it") from None
            raise Error(f"{self.path}: {dataset.name}: {problem}") from None

    def _needs_plugin(self):
        return self.attributes.get("compression") == "zstd" and not h5py.h5z.filter_avail(ZSTD_FILTER)

    def _demand(self, is_right, block, what):
        if not np.all(is_right):
            raise Error(f"{self.path}: block {block}: {what} could not be read: a file is damaged, or could not be opened")

    # ---- results ----

    def tables(self):
        """Names of the tables of /results; those in a group are called subgroups/outcomes and so on."""
        found = []
        self._file["results"].visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) and item.dtype.names and name != "sums" else None)
        return found

    def table(self, name):
        """A table of /results as a data frame, without the halves of exact sums."""
        if name not in self.tables():
            raise Error(f"{self.path}: has no table {name!r}: there are {', '.join(self.tables())}")
        rows = self._file["results"][name][:]
        texts = {column: [_text(value) for value in rows[column]] if rows[column].dtype.kind == "S" else rows[column] for column in rows.dtype.names}
        return _frame({column: values for column, values in texts.items() if not column.startswith("sum_")})

    def draws(self):
        """A dictionary of data frames, a row for each draw: `parameters`, `cost`, `qaly` and the other outcomes (a column for each strategy)."""
        if "psa" not in self._file:
            raise Error(f"{self.path}: has no draws: popgx run --draws makes them")
        psa = self._file["psa"]
        numbers = np.arange(psa["parameters"].shape[0]) + int(psa.attrs.get("first_draw", 1))
        frames = {"parameters": _frame({_text(name): psa["parameters"][:][:, i] for i, name in enumerate(psa["parameters"].attrs["names"])})}
        outcomes = list(dict.fromkeys(_text(row["outcome"]) for row in self._file["results/outcomes"]))
        means = psa["outcomes"][:]
        for o, outcome in enumerate(outcomes):
            frames[outcome] = _frame({strategy: means[:, s, o] for s, strategy in enumerate(self.strategies)})
        for frame in frames.values():
            frame.index = numbers
            frame.index.name = "draw"
        return frames

    # ---- people and what happened to them ----

    def _wanted(self, patients):
        """Blocks that hold patients of a range, or all; patients are counted from 0."""
        if self._blocks is None:
            raise Error(f"{self.path}: holds nobody: popgx run --trajectories stores people and what happened to them")
        first, last = self._bounds(patients)
        for number, block in enumerate(self._blocks):
            if int(block["first_patient"]) < last and int(block["first_patient"]) + int(block["patients"]) > first:
                yield number, block

    @staticmethod
    def _bounds(patients):
        if patients is None:
            return 0, 1 << 64
        if isinstance(patients, range):
            if patients.step != 1:
                raise Error("a range of patients has the step 1")
            return patients.start, patients.stop
        first, last = patients
        return first, last

    def _patients(self, number, block):
        column = self._file["people/patient"]
        patient = self._rows(column, int(block["first_row"]), int(block["rows"]))
        first = int(block["first_patient"])
        self._demand((patient >= first) & (patient < first + int(block["patients"])), number, "people")
        return patient

    def _group(self, strategy):
        if strategy not in self.strategies:
            raise Error(f"{self.path}: has no strategy {strategy!r}: there are {', '.join(map(repr, self.strategies))}")
        if strategy not in self._groups:
            raise Error(f"{self.path}: holds no trajectories: popgx run --trajectories stores them")
        return self._groups[strategy]

    def people(self, patients=None, as_frame=True):
        """Who the stored people are: a row each, by number, with numbers, levels (categories) and the two alleles of each gene.

        patients  a range, or (first, after the last); None: all
        as_frame  False: a dictionary of NumPy arrays; levels and alleles are indices then
        """
        first, last = self._bounds(patients)
        places = [(number, block) for number, block in self._wanted(patients)]
        ids = [self._patients(number, block) for number, block in places]
        keep = [(patient >= first) & (patient < last) for patient in ids]
        columns = {"patient": self._join([patient[kept] for patient, kept in zip(ids, keep)], self._file["people/patient"].dtype)}

        def read(dataset):
            return self._join([self._rows(dataset, int(block["first_row"]), int(block["rows"]))[kept] for (_, block), kept in zip(places, keep)],
                              dataset.dtype, dataset.shape[1:])

        for name, dataset in self._file["people"].get("numbers", {}).items():
            columns[self._plain(name)] = read(dataset)
        for name, dataset in self._file["people"].get("levels", {}).items():
            codes = read(dataset)
            columns[self._plain(name)] = _categories(codes, [_text(level) for level in dataset.attrs["levels"]]) if as_frame else codes
        for name, dataset in self._file["people"].get("genes", {}).items():
            codes = read(dataset)
            for k in (0, 1):
                names = [_text(allele) for allele in dataset.attrs["alleles"]]
                columns[f"{self._plain(name)} {k + 1}"] = _categories(codes[:, k], names) if as_frame else codes[:, k]
        return _frame(columns).set_index("patient") if as_frame else columns

    @staticmethod
    def _plain(name):
        return name.replace("%2F", "/").replace("%2E", ".").replace("%25", "%")

    @staticmethod
    def _join(arrays, dtype, shape=()):
        return np.concatenate(arrays) if arrays else np.empty((0, *shape), dtype=dtype)

    def blocks(self, strategy, patients=None):
        """What happened under a strategy, a dictionary of NumPy arrays for each block of people: memory does not depend on the size of the run.

        of each person  patient_of_row, count (of events), died
        of each event   of (row of its person), patient, minute (since entry), event (index into run.events_named)
        """
        group = self._group(strategy)
        at_entry = [self._moments.index(_text(name)) for name in group.attrs.get("at_entry", [])]  # of everybody, in no column
        first, last = self._bounds(patients)
        for number, block in self._wanted(patients):
            at, n = int(block["first_row"]), int(block["rows"])
            place = group["blocks"][number]
            patient, count, died = self._patients(number, block), self._rows(group["count"], at, n), self._rows(group["died"], at, n)
            minute = self._rows(group["minute"], int(place["first_row"]), int(place["rows"]))
            moment = self._rows(group["moment"], int(place["first_row"]), int(place["rows"]))
            self._demand([died.size == 0 or died.max() <= 1, int(count.sum(dtype=np.uint64)) == minute.size], number, "people")
            self._demand([minute.size == 0 or minute.min() >= 0, moment.size == 0 or moment.max() < len(self._moments)], number, "events")
            if at_entry:
                begin = np.repeat(np.cumsum(count, dtype=np.int64) - count, len(at_entry))
                minute, moment = np.insert(minute, begin, 0), np.insert(moment, begin, np.tile(at_entry, n))
                count = count + count.dtype.type(len(at_entry))
            of = np.repeat(np.arange(n), count)
            if n > 0 and (patient[0] < first or patient[-1] >= last):
                inside = (patient >= first) & (patient < last)
                events_inside = inside[of]
                row = np.cumsum(inside) - 1
                of, minute, moment = row[of[events_inside]], minute[events_inside], moment[events_inside]
                patient, count, died = patient[inside], count[inside], died[inside]
            yield {"patient_of_row": patient, "count": count, "died": died.astype(bool), "of": of, "patient": patient[of], "minute": minute, "event": moment}

    @property
    def events_named(self):
        """Names of events: run.events_named[i] is what the number i stands for."""
        return list(self._moments)

    def events(self, strategy, patients=None, events=None, as_frame=True):
        """What happened under a strategy, in the order of people and time: patient, years (since entry), minute, event.

        patients  a range, or (first, after the last); None: all
        events    names of those that are wanted; None: all
        as_frame  False: a dictionary of NumPy arrays, `event` being an index into run.events_named
        """
        wanted = None
        if events is not None:
            unknown = [name for name in events if name not in self._moments]
            if unknown:
                raise Error(f"{self.path}: has no event {unknown[0]!r}: there are {', '.join(map(repr, self._moments))}")
            wanted = np.isin(np.arange(len(self._moments)), [self._moments.index(name) for name in events])
        pieces = {"patient": [], "minute": [], "event": []}
        for block in self.blocks(strategy, patients):
            keep = slice(None) if wanted is None else wanted[block["event"]]
            for name, values in pieces.items():
                values.append(block[name][keep])
        columns = {name: self._join(values, np.int64) for name, values in pieces.items()}
        columns["years"] = columns["minute"] / self.attributes["minutes_per_year"]
        if not as_frame:
            return columns
        return _frame({"patient": columns["patient"], "years": columns["years"], "minute": columns["minute"],
                       "event": _categories(columns["event"], self._moments)})

    def ends(self, strategy, patients=None):
        """How each stored person ends under a strategy: patient, died, years (of life since entry; to the horizon for the living)."""
        year, horizon = self.attributes["minutes_per_year"], self.attributes["horizon_minutes"]
        parts = {"patient": [], "died": [], "years": []}
        for block in self.blocks(strategy, patients):
            last = np.full(block["count"].size, horizon, dtype=np.int64)
            after = np.cumsum(block["count"], dtype=np.int64)
            dead = np.flatnonzero(block["died"])
            last[dead] = block["minute"][after[dead] - 1]
            parts["patient"].append(block["patient_of_row"])
            parts["died"].append(block["died"])
            parts["years"].append(last / year)
        return _frame({name: self._join(values, float) for name, values in parts.items()}).set_index("patient")
