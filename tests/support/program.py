"""Runs the program popgx for tests of its command line. The build directory is the test's first argument."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(__file__).resolve().parents[2]
POPGX = BUILD / "popgx"
SINGLE_GENE = ROOT / "jobs" / "single-gene" / "model.yaml"
PUBLISHED = ROOT / "jobs" / "clopidogrel-cyp2c19" / "published.yaml"
PYTHON = "/usr/bin/python3"  # the one that has h5py, if any has
CACHE = (BUILD / "CMakeCache.txt").read_text()
HAS_MPI = "POPGX_MPI:BOOL=ON" in CACHE
HAS_SANITIZERS = "CMAKE_BUILD_TYPE:STRING=Debug" in CACHE
UNCERTAIN_RATE = """
popgx: 1
title: A rate that is uncertain
horizon: 1 year
currency: USD
parameters: {rate: {value: 0.2 per year, distribution: {gamma: {mean: 0.2, sd: 0.05}}}}
people: {age: 50 years}
processes: {life: {events: {death: {hazard: rate, to: dead}}}}
strategies: {usual: {}}
"""  # a model with one uncertain parameter

failures = 0


def expect(is_true, *what):
    """Counts and prints a failure; the test goes on, so that one run shows all of them."""
    global failures
    if not is_true:
        failures += 1
        print("FAILED:", *what)


def launcher(ranks):
    """What a command line begins with, so that it has this many ranks; without MPI, or without a number, it is one process."""
    return [str(ROOT / "scripts" / "mpi-run"), str(ranks)] if ranks and HAS_MPI else []


def popgx(*arguments, ranks=None, timeout=300, **settings):
    """The finished process; .stdout and .stderr are texts. Without MPI there is one rank, whatever is asked."""
    words = [word if isinstance(word, bytes) else str(word) for word in arguments]
    return subprocess.run([*launcher(ranks), POPGX, *words], capture_output=True, text=True, errors="replace", timeout=timeout, **settings)


def answer(*arguments, **settings):
    """What a command with --json says."""
    done = popgx(*arguments, "--json", **settings)
    if done.returncode != 0:
        sys.exit(f"popgx {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout)


def printed(*arguments):
    """What a command that succeeds prints."""
    done = popgx(*arguments)
    expect(done.returncode == 0, arguments, "exits", done.returncode, done.stderr)
    return done.stdout


def python(code):
    """The finished process of a program that may import h5py and popgx."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, env=environment)


def expect_same_data(one, other):
    """Both stored runs hold the same data, to the bytes of their blocks; nothing is expected where there is no h5py."""
    done = subprocess.run([PYTHON, ROOT / "tests" / "support" / "same_store.py", one, other], capture_output=True, text=True)
    expect(done.returncode == 0 or "No module named" in done.stderr, one, "and", other, "hold other data:", done.stderr)


def bytes_of(folder, pattern="*.journal"):
    """Of what a run has written beside its output."""
    return sum(path.stat().st_size for path in pathlib.Path(folder).glob(pattern))


def stop_when(is_enough, *arguments, ranks=None):
    """Stops a run by a signal (one that mpirun passes on) as soon as is_enough(), however busy the machine is."""
    command = [str(word) for word in (*launcher(ranks), POPGX, *arguments)]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while run.poll() is None and not is_enough():
        time.sleep(0.002)
    run.send_signal(signal.SIGUSR1)
    errors = run.communicate()[1]
    expect(run.returncode == 75, "it was not stopped in time:", run.returncode, errors)


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
