"""same_store.py A.h5 B.h5: exits 0 if both runs hold the same data and the indices of their trajectories are right."""
import sys

import h5py
import numpy as np


def check_index(group):
    last = np.cumsum(group["count"][:], dtype=np.uint64)
    begins = [0, *last[65535:-1:65536], last[-1]]  # of the people 0, 65536, 131072 ..., and the end
    assert np.array_equal(group["first"][:], begins), group.name


def datasets(run):
    found = {}
    run.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as other:
    for group in one["trajectories"].values():
        check_index(group)
    these, those = datasets(one), datasets(other)
    assert set(these) == set(those)
    for name, dataset in these.items():
        assert dataset[:].tobytes() == those[name][:].tobytes(), name
        assert dataset.id.get_storage_size() == those[name].id.get_storage_size(), name
