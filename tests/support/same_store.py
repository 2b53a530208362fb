"""same_store.py A.h5 B.h5: exits 0 if both runs hold the same data, to the bytes of their blocks on the disk."""
import sys

import h5py

APART = {"manifest", "parts"}  # which files hold it, what it was merged from


def datasets(run):
    found = {}
    run.visititems(lambda name, item: found.update({name: item}) if isinstance(item, h5py.Dataset) else None)
    return found


with h5py.File(sys.argv[1]) as one, h5py.File(sys.argv[2]) as other:
    assert one.attrs["checksum"] == other.attrs["checksum"]
    these, those = datasets(one), datasets(other)
    assert set(these) - APART == set(those) - APART
    for name, dataset in these.items():
        if name in APART:
            continue
        assert dataset[:].tobytes() == those[name][:].tobytes(), name
        is_virtual = dataset.is_virtual or those[name].is_virtual
        assert is_virtual or dataset.id.get_storage_size() == those[name].id.get_storage_size(), name
