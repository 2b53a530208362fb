"""Runs the program popgx for tests of its command line. The build directory is the test's first argument."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
POPGX = BUILD / "popgx"
SINGLE_GENE = ROOT / "jobs" / "single-gene" / "model.yaml"
PUBLISHED = ROOT / "jobs" / "clopidogrel-cyp2c19" / "published.yaml"
HAS_MPI = "POPGX_MPI:BOOL=ON" in (BUILD / "CMakeCache.txt").read_text()

failures = 0


def expect(is_true, *what):
    """Counts and prints a failure; the test goes on, so that one run shows all of them."""
    global failures
    if not is_true:
        failures += 1
        print("FAILED:", *what)


def popgx(*arguments, ranks=None, timeout=300, **settings):
    """The finished process; .stdout and .stderr are texts. Without MPI there is one rank, whatever is asked."""
    launcher = [ROOT / "scripts" / "mpi-run", str(ranks)] if ranks and HAS_MPI else []
    words = [word if isinstance(word, bytes) else str(word) for word in arguments]
    return subprocess.run([*launcher, POPGX, *words], capture_output=True, text=True, errors="replace", timeout=timeout, **settings)


def answer(*arguments, **settings):
    """What a command with --json says."""
    done = popgx(*arguments, "--json", **settings)
    if done.returncode != 0:
        sys.exit(f"popgx {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout)


def in_empty_folder(test):
    """Runs test() in a folder of its own."""
    before, place = os.getcwd(), tempfile.mkdtemp()
    try:
        os.chdir(place)
        test()
    finally:
        os.chdir(before)
        shutil.rmtree(place)


def variant(*replacements, of=SINGLE_GENE, name="model.yaml"):
    """Writes a copy of a model with texts replaced (each must be there) into the current folder."""
    text = of.read_text()
    for old, new in replacements:
        assert old in text, f"{of} does not say {old!r}"
        text = text.replace(old, new, 1)
    pathlib.Path(name).write_text(text)
    return name


def finish():
    sys.exit(1 if failures else 0)
