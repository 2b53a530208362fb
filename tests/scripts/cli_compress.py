#!/usr/bin/env python3
"""`popgx run --compress`: other compression, the same data, in every command; and other readers are told what they need."""
import os
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import SINGLE_GENE, answer, expect, finish, in_empty_folder, popgx, python  # noqa: E402

RUN = ("run", SINGLE_GENE, "-n", "20001", "-q", "--trajectories", "all")
# A chunk of zstd as any decompressor sees it: the frame of filter 32015 is one of libzstd, and what is in it is shuffled.
SAME_NUMBERS = """
import ctypes, h5py, numpy as np, sys
zstd = ctypes.CDLL("libzstd.so.1"); zstd.ZSTD_decompress.restype = ctypes.c_size_t
with h5py.File("gzip.h5") as one, h5py.File("zstd.h5") as other, h5py.File("none.h5") as plain:
    assert "compression" not in one.attrs and other.attrs["compression"] == "zstd" and plain.attrs["compression"] == "none"
    for name in ("people/patient", "people/numbers/age", "trajectories/test/minute", "trajectories/test/moment"):
        a, b = one[name], other[name]
        assert np.array_equal(a[:].view("u1"), plain[name][:].view("u1")), name
        for i in range(b.id.get_num_chunks()):
            at = b.id.get_chunk_info(i).chunk_offset
            stream = b.id.read_direct_chunk(at)[1]
            n = b.chunks[0] * b.dtype.itemsize
            out = ctypes.create_string_buffer(n)
            assert zstd.ZSTD_decompress(out, ctypes.c_size_t(n), stream, ctypes.c_size_t(len(stream))) == n
            numbers = np.frombuffer(out.raw, "u1").reshape(b.dtype.itemsize, -1).T.copy().view(b.dtype).ravel()
            rows = a[at[0]:at[0] + b.chunks[0]]
            assert np.array_equal(numbers[:len(rows)].view("u1"), rows.view("u1")), name
"""


HAS_H5PY = python("import h5py").returncode == 0


def every_command():
    gzip = answer(*RUN, "-o", "gzip.h5")["run"]["checksum"]
    for codec in ("zstd", "none"):
        run = answer(*RUN, "-o", f"{codec}.h5", "--compress", codec)
        expect(run["run"]["checksum"] == gzip, codec, "changes the results")
        expect(answer("aggregate", f"{codec}.h5")["run"]["checksum"] == gzip, codec, "aggregate")
        expect(popgx("verify", f"{codec}.h5").returncode == 0, codec, "verify")
        expect(answer("show", f"{codec}.h5")["run"]["compression"] == codec, codec, "show")
        answer(*RUN, "-o", "shards.h5", "--compress", codec, "--shards", 2, "--force")
        expect(popgx("pack", "shards.h5").returncode == 0 and answer("aggregate", "shards.h5")["run"]["checksum"] == gzip, codec, "pack")
        parts = [f"part-{k}.h5" for k in (1, 2)]
        for k in (1, 2):
            answer(*RUN, "--part", f"{k}/2", "-o", parts[k - 1], "--compress", codec, "--force")
        expect(popgx("merge", *parts, "-o", "merged.h5", "--force").returncode == 0, codec, "merge")
        expect(answer("aggregate", "merged.h5")["run"]["checksum"] == gzip, codec, "aggregate of what was merged")
    sizes = {codec: os.path.getsize(f"{codec}.h5") for codec in ("gzip", "zstd", "none")}
    expect(sizes["zstd"] < sizes["none"] and sizes["gzip"] < sizes["none"], sizes)
    if HAS_H5PY:
        done = python(SAME_NUMBERS)
        expect(done.returncode == 0, "numbers:", done.stderr)


def refusing():
    done = popgx(*RUN, "-o", "run.h5", "--compress", "lz4")
    expect(done.returncode == 2 and "gzip, zstd and none" in done.stderr, done.stderr)
    for k, codec in ((1, "gzip"), (2, "zstd")):
        answer(*RUN, "--part", f"{k}/2", "-o", f"part-{k}.h5", "--compress", codec)
    done = popgx("merge", "part-1.h5", "part-2.h5", "-o", "run.h5")
    expect(done.returncode == 2 and "--compress zstd" in done.stderr and "--compress gzip" in done.stderr, done.stderr)
    answer(*RUN, "-o", "run.h5", "--compress", "zstd")
    resumed = popgx(*RUN, "-o", "run.h5", "--resume")
    expect(resumed.returncode == 2 and "--compress zstd" in resumed.stderr, "resumed with another codec:", resumed.stderr)


def damage():
    answer(*RUN, "-o", "run.h5", "--compress", "zstd")
    with open("run.h5", "r+b") as file:
        file.seek(os.path.getsize("run.h5") // 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    expect(popgx("verify", "run.h5").returncode == 1 and popgx("aggregate", "run.h5").returncode == 1, "damage is not seen")


def readers():
    """Without the plugin they say what they need; they never read anything else."""
    for shards in (1, 2):
        answer(*RUN, "-o", "run.h5", "--compress", "zstd", "--force", "--shards", shards)
        done = python("import popgx; run = popgx.open('run.h5'); run.table('outcomes'); run.people(as_frame=False); print(run.events('test', as_frame=False)['minute'].min())")
        expect((done.returncode == 1 and "hdf5plugin" in done.stderr) or (done.returncode == 0 and int(done.stdout) >= 0), shards, done.stdout, done.stderr)


for test in (every_command, refusing, damage, *([readers] if python("import h5py, pandas").returncode == 0 else [])):
    in_empty_folder(test)
finish()
