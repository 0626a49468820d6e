"""The miniature through the Slurm profile; on its way a job is cancelled, one meets its time limit, and the node fails.

Two networks are trained side by side on the two pretended GPUs:

    standard     cancelled in its first job;                  its second dies with the node; its third ends
    adversarial  its first job is stopped by the time limit;  its second dies with the node; its third ends
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checkout import SNAKEMAKE, copy_project, environment
from slurm_node import SlurmNode

EPOCHS = 8
NETWORKS = ("standard", "adversarial")
# One segment long enough to be hit; one recipe and two checkpoints of each network, for speed.
CONFIG = f"""
pathvars: {{results: results/miniature}}
dataset: {{train_size: 500}}
training: {{epochs: {EPOCHS}, checkpoint_every: {EPOCHS}}}
transfer: {{recipes: {{original: null}}}}
reconstruction: {{checkpoints: none}}
"""
# The profile as it is for a site without accounting; waits as short as they can be.
PROFILE = (
    "--workflow-profile", "config/profiles/slurm", "--slurm-status-command", "squeue", "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1", "--latency-wait", "10",
    "--slurm-keep-successful-logs",
)  # fmt: skip
# No device named: the jobs ask for a GPU, find that the pretended one is none, and use the CPU.
MINIATURE = ("--configfile", "config/miniature.yaml", "small.yaml", "--config", "device=auto")


@dataclass(frozen=True)
class ClusterRun:
    """What came of it: Snakemake's words, the jobs as the controller knows them, and the devices each task saw."""

    folder: Path
    output: str
    returncode: int
    jobs: list[dict[str, str]]
    seen: dict[str, set[str]]
    cancelled: str
    out_of_time: str
    requeued: dict[str, str]

    def epochs(self, network: str) -> list[list[int]]:
        """The epochs that each job of a network's segment finished, in the order of the jobs' starts."""
        return [_epochs(text) for text in _logs(self.folder, network)]


def project(folder: Path) -> Path:
    """A copy of the project with the small experiment in it."""
    copy_project(folder)
    (folder / "small.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def run_with_accidents(node: SlurmNode, folder: Path) -> ClusterRun:
    """Raises AssertionError with Snakemake's last words if an accident cannot be arranged in time."""
    output = folder / "output.txt"
    variables = {**environment(), "PATH": node.path}
    del variables["CUDA_VISIBLE_DEVICES"]  # what a job sees must come from Slurm
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *PROFILE, *MINIATURE], cwd=folder, env=variables, stdout=stream, stderr=subprocess.STDOUT
        )
        try:
            first = _both_held(run, folder, node)
            node.ask("scancel", first["standard"])
            node.ask("scontrol", "update", f"job={first['adversarial']}", "EndTime=now")  # Slurm looks every 30 s
            second = _both_held(run, folder, node, first)
            node.fail()
            node.come_back()
            for job in second.values():  # Slurm would wait two minutes
                _wait(run, output, lambda job=job: node.state(job) == "PENDING")
                node.ask("scontrol", "update", f"job={job}", "StartTime=now")
            run.wait(1500)
        finally:
            if run.poll() is None:
                run.kill()
                run.wait()
    return ClusterRun(
        folder, output.read_text(encoding="utf-8"), run.returncode, node.jobs(), node.seen(),
        first["standard"], first["adversarial"], second,
    )  # fmt: skip


def _both_held(
    run: subprocess.Popen[bytes], folder: Path, node: SlurmNode, after: dict[str, str] | None = None
) -> dict[str, str]:
    """The job of each network, later than those given, that has finished an epoch; held, so that none ends first."""
    found: dict[str, str] = {}

    def held() -> bool:
        for network in NETWORKS:
            job = _in_segment(folder, network, (after or {}).get(network, "0"))
            if job and network not in found:
                os.kill(_script(node, job), signal.SIGSTOP)
                found[network] = job
        return len(found) == len(NETWORKS)

    _wait(run, folder / "output.txt", held)
    return found


def _in_segment(folder: Path, network: str, after: str) -> str:
    """The id of the job of the network's segment, later than `after`, that has finished an epoch; empty if none has."""
    logs = folder.glob(f".snakemake/slurm_logs/rule_train_segment/{network}_*/*.log")
    later = [log for log in logs if int(log.stem) > int(after) and _epochs(log.read_text(errors="replace"))]
    return later[0].stem if later else ""


def _script(node: SlurmNode, job: str) -> int:
    """The process of the training script of a job."""
    for pid in node.processes_of_jobs(job):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if words[0].endswith(b"python") and any(word.endswith(b"train_segment.py") for word in words):
            return pid
    raise AssertionError(f"no script runs in job {job}")


def _wait(run: subprocess.Popen[bytes], output: Path, happened: Callable[[], bool]) -> None:
    for _ in range(12000):
        if happened():
            return
        if run.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"it did not happen:\n{output.read_text(encoding='utf-8')[-4000:]}")


def _logs(folder: Path, network: str) -> list[str]:
    """The words of each try at a network's segment; Slurm appends to the file of a job that it starts again."""
    files = folder.glob(f".snakemake/slurm_logs/rule_train_segment/{network}_*/*.log")
    tries = []
    for file in sorted(files, key=lambda file: int(file.stem)):
        # Each try begins with the banner of the outer Snakemake, which waits for the job's inputs.
        tries += re.split(r"(?=Command: .*--wait-for-files)", file.read_text(encoding="utf-8", errors="replace"))[1:]
    return tries


def _epochs(log: str) -> list[int]:
    return [int(number) for number in re.findall(rf"epoch (\d+)/{EPOCHS} · loss", log)]
