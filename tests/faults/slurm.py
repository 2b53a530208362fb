#!/usr/bin/env python3
"""A real Slurm job whose time ends before the run does: it stops, is requeued, resumed, and ends with the results of one in one piece.

slurm.py BUILD long: starts a Slurm of one node for itself (munged, slurmctld, slurmd; as root) and stops it. The short form does nothing.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from program import HAS_MPI, POPGX, ROOT, answer, expect, finish, in_empty_folder  # noqa: E402

PORT = 27402
RUN = [str(ROOT / "benchmarks" / "three_state.yaml"), "-n", "160M", "--threads", "1", "-o", "run.h5"]


def programs():
    """A private Slurm in a folder of its own; yields what must be ended afterwards, the last first."""
    folder, host = pathlib.Path(tempfile.mkdtemp(prefix="popgx-slurm-")), socket.gethostname().split(".")[0]
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir()
    os.chmod(folder, 0o755)
    os.chmod(folder / "munge", 0o700)
    key = folder / "munge" / "key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    (folder / "slurm.conf").write_text(f"""
ClusterName=popgx
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={PORT}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
MailProg=/bin/true
SwitchType=switch/none
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={PORT + 1} CPUs=2 State=UNKNOWN
PartitionName=main Nodes=n1 Default=YES MaxTime=INFINITE State=UP
""")
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    munge = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge/socket", f"--pid-file={folder}/munge/pid",
             f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed"]
    started = []
    for command in (munge, ["slurmctld", "-D", "-c"], ["slurmd", "-D", "-N", "n1"]):
        with open(folder / f"{command[0]}.out", "w") as out:
            started.append(subprocess.Popen(command, stdout=out, stderr=out))
        time.sleep(1)
    return folder, started


def ask(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout


def wait_for(condition, seconds, what):
    for _ in range(int(seconds * 5)):
        if condition():
            return True
        time.sleep(0.2)
    expect(False, "waited in vain for", what)
    return False


def job():
    checksum = answer("run", *RUN[:-2], ranks=2)["run"]["checksum"]
    environment = {**os.environ, "POPGX": str(POPGX), "POPGX_LAUNCHER": f"{ROOT}/scripts/mpi-run 2"}
    submitted = subprocess.run(["sbatch", "--parsable", "--ntasks=2", "--time=1", "--signal=B:USR1@57", "--output=job.out", ROOT / "jobs/run.sbatch", *RUN],
                               capture_output=True, text=True, env=environment)
    number = submitted.stdout.strip()
    expect(number.isdigit(), "not submitted:", submitted.stderr)
    for _ in range(20):  # sessions
        if not wait_for(lambda: "JobState=RUNNING" not in ask("scontrol", "show", "job", number), 300, "the end of a session"):
            return
        state = ask("scontrol", "show", "job", number)
        if "JobState=PENDING" in state:
            ask("scontrol", "update", f"JobId={number}", "StartTime=now")
            wait_for(lambda: "JobState=PENDING" not in ask("scontrol", "show", "job", number), 30, "the next session")
        elif "JobState=COMPLETED" in state:
            break
    log = pathlib.Path("job.out").read_text()
    expect("JobState=COMPLETED" in ask("scontrol", "show", "job", number), "the job is not complete:", log)
    expect(log.count("stopped by signal USR1") >= 1, "the job was never interrupted:", log)
    shown = answer("show", "run.h5")["run"]
    expect(shown["checksum"] == checksum, "other results:", json.dumps(shown))
    expect(shown["sessions"] >= 2, "sessions:", shown["sessions"])
    print("sessions:", shown["sessions"])


if "long" not in sys.argv[2:] or not HAS_MPI or os.geteuid() != 0 or not all(map(shutil.which, ("munged", "slurmctld", "slurmd", "sbatch"))):
    sys.exit(77)
place, running = programs()
try:
    if wait_for(lambda: "n1" in ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N"), 20, "the node"):
        in_empty_folder(job)
finally:
    for program in reversed(running):
        program.terminate()
        program.wait()
    shutil.rmtree(place)
finish()
