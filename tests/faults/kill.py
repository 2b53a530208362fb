#!/usr/bin/env python3
"""kill -9 at random instants, of one rank, of the launcher, of all; then the run is resumed with another number of ranks.

Nothing that was finished is lost, and the results and every block are those of a run that nobody killed. kill.py BUILD [long]: 20 times,
or 200; always the same instants.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import (HAS_MPI, HAS_SANITIZERS, POPGX, ROOT, UNCERTAIN_RATE, answer, expect, expect_same_data, finish, in_empty_folder,  # noqa: E402
                     launcher, popgx)

TIMES = 200 if "long" in sys.argv[2:] else 4 if HAS_SANITIZERS else 20
RUN = ["run", str(ROOT / "benchmarks" / "three_state.yaml"), "-n", "600k", "-t", "1", "-q", "--trajectories"]
CAN_MPI = HAS_MPI and shutil.which("mpirun")


def start(output, ranks, which):
    command = [*launcher(ranks), str(POPGX), *RUN, which, "-o", output]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def descendants(parent):
    """Processes that `parent` started, and theirs: by /proc, so that nobody else's are met."""
    children = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, front = [], [parent]
    while front:
        front = [child for one in front for child in children.get(one, [])]
        found += front
    return found


def slay(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def kill(run, chance):
    """One rank, the launcher, or all of them."""
    ranks = [pid for pid in descendants(run.pid) if is_popgx(pid)]
    victims = chance.choice(["one", "launcher", "all"])
    if victims == "one" and ranks:
        slay([chance.choice(ranks)])
    elif victims == "launcher":
        slay([run.pid])
    else:
        slay([run.pid, *descendants(run.pid)])
    run.wait()
    for _ in range(100):  # those who are left notice in a while
        if not any(is_popgx(pid) for pid in ranks):
            return
        time.sleep(0.1)
    slay(ranks)


def is_popgx(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/exe").resolve() == POPGX and "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def once(number, chance, seconds, which, checksum):
    output = f"run{number}.h5"
    run = start(output, chance.choice([None, 2, 3]) if CAN_MPI else None, which)
    time.sleep(chance.uniform(0, seconds))
    kill(run, chance)
    done = 0
    if os.path.isdir(output + ".d") and os.path.exists(output + ".d/manifest.json"):
        done = answer("show", output)["run"]["patients_done"] if not os.path.exists(output) else 0
    again = popgx(*[word for word in RUN if word != "-q"], which, "-o", output, "--resume", ranks=chance.choice([None, 1, 2]) if CAN_MPI else None)
    expect(again.returncode == 0, number, "cannot be resumed:", again.stderr)
    if again.returncode != 0:
        return None
    resumed = [float(line.split(": ")[2].split()[0]) for line in again.stderr.splitlines() if "resumed:" in line]
    expect(not done or resumed and resumed[0] >= 99.9 * done / 600000 - 2, number, "lost blocks:", done, again.stderr)
    expect(answer("show", output)["run"]["checksum"] == checksum, number, "has another checksum")
    expect(not os.path.exists(output + ".d"), number, "leaves", output + ".d")
    return output


def killed():
    chance = random.Random(20261)
    begin = time.monotonic()
    expect(start("whole.h5", 2 if CAN_MPI else None, "all").wait() == 0, "a run that nobody kills fails")
    seconds = time.monotonic() - begin
    checksum = answer("show", "whole.h5")["run"]["checksum"]
    for number in range(TIMES):
        which = "none" if number % 5 == 4 else "all"
        output = once(number, chance, seconds, which, checksum)
        if output and which == "all":
            expect_same_data("whole.h5", output)
        for path in pathlib.Path().glob(f"run{number}.h5*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


DRAWS = ["run", "model.yaml", "--draws", "24", "-n", "1M", "-t", "1"]


def draws_in(path):
    """Whole waves of a journal of draws: a head of 32 bytes that ends with the sums of a draw, then waves: how many, a hash, the sums."""
    data = pathlib.Path(path).read_bytes() if os.path.exists(path) else b""
    if len(data) < 32:
        return 0
    row, at, found = 16 * int.from_bytes(data[24:32], "little"), 32, 0
    while len(data) >= at + 24:
        n = int.from_bytes(data[at:at + 8], "little")
        if n == 0 or len(data) < at + 24 + n * row:
            break
        at, found = at + 24 + n * row, found + n
    return found


def one_of_draws(number, chance, seconds, checksum):
    output = f"draws{number}.h5"
    ranks = chance.choice([2, 3]) if CAN_MPI and chance.random() < 0.7 else None
    run = subprocess.Popen([*launcher(ranks), str(POPGX), *DRAWS, "-q", "-o", output], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    time.sleep(chance.uniform(0.2, 1) * seconds)
    kill(run, chance)
    done = draws_in(output + ".d/draws") if not os.path.exists(output) else 0
    again = popgx(*DRAWS, "-o", output, "--resume", ranks=chance.choice([None, 1, 2]) if CAN_MPI else None)
    expect(again.returncode == 0, output, "cannot be resumed:", again.stderr)
    resumed = [int(line.split(": ")[2].split()[0]) for line in again.stderr.splitlines() if "draws were simulated before" in line]
    expect(not done or resumed and resumed[0] >= done, output, "lost draws:", done, again.stderr)
    if again.returncode == 0:
        expect(answer("show", output)["run"]["checksum"] == checksum[0], output, "has another checksum")
        expect(answer("run", *DRAWS[1:], "-q", "-o", output, "--resume")["psa"]["checksum"] == checksum[1], output, "has other draws")
    return done


def killed_draws():
    pathlib.Path("model.yaml").write_text(UNCERTAIN_RATE)
    chance = random.Random(20262)
    begin = time.monotonic()
    whole = answer(*DRAWS, "-q", "-o", "whole.h5", ranks=2 if CAN_MPI else None)
    seconds = time.monotonic() - begin
    times = max(2, TIMES // 5)
    found = [one_of_draws(number, chance, seconds, (whole["run"]["checksum"], whole["psa"]["checksum"])) for number in range(times)]
    expect(times < 10 or sum(map(bool, found)) > 2, "hardly ever killed among the draws:", found)


in_empty_folder(killed)
in_empty_folder(killed_draws)
finish()
