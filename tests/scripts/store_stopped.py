#!/usr/bin/env python3
"""Runs that are stopped: by signals, a time limit or a file they end soon with 75, say how to go on, and do so to the same results."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import (HAS_MPI, HAS_SANITIZERS, POPGX, ROOT, SINGLE_GENE, UNCERTAIN_RATE, answer, bytes_of, expect, finish, in_empty_folder, launcher, popgx,  # noqa: E402
                     stop_when)

RUN = ["run", ROOT / "benchmarks" / "three_state.yaml", "-n", "3M", "-t", "1", "-q"]
MOST_SECONDS = 60 if HAS_SANITIZERS else 10
STORED = [*RUN, "-o", "run.h5"]


def start(*more, ranks=None):
    command = [str(word) for word in (*launcher(ranks), POPGX, *STORED, *more)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)


def journals():
    return set(pathlib.Path("run.h5.d").glob("*.journal"))


def wait_until_it_runs(run, before):
    """A new journal with a record: the session has begun."""
    while run.poll() is None and not any(path.stat().st_size > 100 for path in journals() - before):
        time.sleep(0.005)


def expect_stopped(run, reason, seconds):
    errors = run.communicate()[1]
    expect(run.returncode == 75, reason, "exits", run.returncode, errors)
    expect(reason in errors and "--resume" in errors, reason, "says", errors)
    expect(seconds < MOST_SECONDS, reason, "takes", seconds, "s")
    state = answer("show", "run.h5")["run"]
    expect("interrupted" in state["state"] and 0 < state["patients_done"] < 3000000, reason, "leaves", state)
    expect(not os.path.exists("run.h5"), reason, "leaves an output")


def stop(send, reason, ranks=None, more=()):
    before = journals()
    run = start(*more, ranks=ranks)
    wait_until_it_runs(run, before)
    begin = time.monotonic()
    send(run)
    run.wait()
    expect_stopped(run, reason, time.monotonic() - begin)


def sessions():
    """One run, stopped in every way, one after the other."""
    checksum = answer(*RUN)["run"]["checksum"]
    trajectories = ["--trajectories", "sample:0.3"]
    stop(lambda run: run.send_signal(signal.SIGUSR1), "signal USR1", more=trajectories)
    for send, reason in ((lambda run: run.send_signal(signal.SIGTERM), "signal TERM"), (lambda run: run.send_signal(signal.SIGINT), "signal INT"),
                         (lambda run: run.send_signal(signal.SIGHUP), "signal HUP"),
                         (lambda run: pathlib.Path("run.h5.d/stop").touch(), "the stop file"), (lambda run: None, "the time limit")):
        limit = ["--time-limit", "0.4"] if reason == "the time limit" else []
        stop(send, reason, more=["--resume", *trajectories, *limit])
    if HAS_MPI and shutil.which("mpirun"):
        stop(lambda run: run.send_signal(signal.SIGUSR1), "signal USR1", ranks=2, more=["--resume", *trajectories])
    done = popgx(*STORED, "--resume", *trajectories, "--json")
    expect(done.returncode == 0 and json.loads(done.stdout)["run"]["checksum"] == checksum, "other results:", done.stderr)
    again = answer(*STORED, "--resume", *trajectories)
    expect(again["run"]["checksum"] == checksum and os.listdir() == ["run.h5"], "a complete run is not left as it is")


def two_signals():
    run = start("--trajectories", "all")
    wait_until_it_runs(run, set())
    run.send_signal(signal.SIGSTOP)  # so that both come before the run can end by the first
    run.send_signal(signal.SIGTERM)
    run.send_signal(signal.SIGINT)
    run.send_signal(signal.SIGCONT)
    run.communicate()
    expect(run.returncode in (-signal.SIGTERM, -signal.SIGINT), "a second signal does not end it:", run.returncode)
    done = popgx(*STORED, "--resume", "--trajectories", "all")
    expect(done.returncode == 0, "not resumable after two signals:", done.stderr)


def without_manifest():
    """Blocks that no manifest speaks for are not thrown away unasked."""
    stored = [*STORED, "--trajectories", "all"]
    stop_when(lambda: bytes_of("run.h5.d") > 100, *stored)
    os.remove("run.h5.d/manifest.json")
    left = journals()
    for more in ([], ["--resume"]):
        done = popgx(*stored, *more)
        expect(done.returncode == 2 and "manifest.json is gone" in done.stderr and journals() == left, more, done.returncode, done.stderr)
    done = popgx(*STORED[:-2], "-n", "20k", "-o", "run.h5", "--force")
    expect(done.returncode == 0 and os.listdir() == ["run.h5"], "--force does not begin anew:", done.stderr, os.listdir())


def draws():
    """Stopped among the draws, by a signal and by the time limit; then only the same draws go on."""
    pathlib.Path("model.yaml").write_text(UNCERTAIN_RATE)
    command = ["run", "model.yaml", "--draws", "12", "-n", "2M", "-t", "1", "-q", "-o", "run.h5"]
    whole = answer(*command)
    os.remove("run.h5")
    for session, send in enumerate((lambda run: run.send_signal(signal.SIGTERM), lambda run: None)):
        more = ["--resume", "--time-limit", "0.3"] if session else []
        run = subprocess.Popen([POPGX, *command, *more], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while run.poll() is None and not any(path.stat().st_size > 100 for path in pathlib.Path("run.h5.d").glob("draws")):
            time.sleep(0.002)
        send(run)
        errors = run.communicate()[1]
        expect(run.returncode == 75 and " draws are simulated, safe in run.h5.d" in errors, "a stop among draws:", run.returncode, errors)
    for other, says in ((["--draws", "13"], "--draws 12, and this run --draws 13"), (["--design", "sobol"], "--design random, and those of this run --design sobol"), (["--seed", "2"], "--seed 1, and this run --seed 2"),
                        (["-n", "1M"], "--patients 2000000, and this run --patients 1000000")):
        done = popgx(*command, *other, "--resume")
        expect(done.returncode == 2 and says in done.stderr, other, "is not refused:", done.returncode, done.stderr)
    done = popgx(*command[:2], *command[4:], "--resume")
    expect(done.returncode == 2 and "--draws 12, and this run --draws 0" in done.stderr, "no draws are not refused:", done.returncode, done.stderr)
    text = pathlib.Path("model.yaml").read_text()
    pathlib.Path("model.yaml").write_text(text.replace("sd: 0.05", "sd: 0.04"))
    done = popgx(*command, "--resume")
    expect(done.returncode == 2 and "the distributions of the parameters" in done.stderr, "other distributions:", done.returncode, done.stderr)
    pathlib.Path("model.yaml").write_text(text)
    done = popgx(*[word for word in command if word != "-q"], "--resume", "--json")
    expect(done.returncode == 0 and "resumed: " in done.stderr and " draws were simulated before" in done.stderr, "draws are lost:", done.stderr)
    expect(done.returncode == 0 and json.loads(done.stdout)["psa"]["checksum"] == whole["psa"]["checksum"], "other draws")


def until():
    """Which people are enough does not depend on where it was stopped, and none of them lives twice."""
    asked = ["run", SINGLE_GENE, "--until", "nmb.se < 12", "-q", "-t", "1"]
    whole = answer(*asked)
    stored = [*asked, "-o", "run.h5", "--trajectories", "all"]
    expect(whole["run"]["patients"] > 100000, "there are several steps:", whole["until"])
    for steps, more in ((100, []), (2_000_000, ["--resume"])):  # in the first step, and in a later one
        stop_when(lambda: bytes_of("run.h5.d") > steps, *stored, *more)
    for other, says in (("nmb.se < 11", "--until 'nmb.se < 12', and this run --until 'nmb.se < 11'"), (None, "and this run --until ''")):
        done = popgx(*[word for word in stored if word != "--until" and word != asked[3]], *(["--until", other] if other else []), "--resume")
        expect(done.returncode == 2 and says in done.stderr, other, done.returncode, done.stderr)
    for _ in range(2):  # the second finds it complete
        done = answer(*stored, "--resume")
        expect(done["run"]["checksum"] == whole["run"]["checksum"] and done["until"] == whole["until"], "other people are enough:", done["until"], whole["until"])
        expect(done["run"]["events"] == whole["run"]["events"], "people are simulated twice:", done["run"]["events"], whole["run"]["events"])
    expect(answer("aggregate", "run.h5", "-q")["run"]["checksum"] == whole["run"]["checksum"], "the stored lives are others")
    expect(answer("show", "run.h5")["run"]["until"] == "nmb.se < 12" and os.listdir() == ["run.h5"], "what is left:", os.listdir())


SLOW = """
popgx: 1
title: A thousand events a year
horizon: 60 years
currency: USD
people: {age: 40 years}
processes: {tick: {states: [a, b], events: {there: {from: a, to: b, hazard: 3 per day}, back: {from: b, to: a, hazard: 3 per day}}}}
strategies: {usual: {}}
"""


def little_time():
    """Nothing is done, and that is said; where people take long fewer of them are a task, so that little time is enough to keep some."""
    pathlib.Path("slow.yaml").write_text(SLOW)
    slow = ["run", "slow.yaml", "-n", "100k", "-q", "-t", "1", "-o", "run.h5"]
    done = popgx(*slow, "--time-limit", "0.000001")
    expect(done.returncode == 75 and "nothing is kept" in done.stderr and os.listdir() == ["slow.yaml"], done.returncode, done.stderr, os.listdir())
    stop_when(lambda: bytes_of("run.h5.d") > 100, *slow, "--resume")
    state = answer("show", "run.h5")["run"]
    expect(state["block_patients"] == 128 and 0 < state["patients_done"] < 20000, "a task is as large as ever:", state)


def without_output():
    for option in (["--resume"], ["--time-limit", "5"]):
        done = popgx(*RUN, *option)
        expect(done.returncode == 2 and "add -o RUN.h5" in done.stderr, option, done.returncode, done.stderr)
    done = popgx(*STORED, "--time-limit", "soon")
    expect(done.returncode == 2 and "not a length of time" in done.stderr and not os.listdir(), done.stderr, os.listdir())


for test in (sessions, two_signals, without_manifest, draws, until, little_time, without_output):
    in_empty_folder(test)
finish()
