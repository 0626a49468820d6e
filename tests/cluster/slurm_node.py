"""A real Slurm on this machine, of one node with two pretended GPUs, for the time of a block.

Debian's packages `slurm-wlm` and `munge`, root and no systemd. All it writes lies in one temporary folder; its own
munge key, sockets and ports keep it apart from any Slurm that this machine may belong to.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLIENTS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "sacct", "sacctmgr")
DAEMONS = ("munged", "slurmctld", "slurmd")


def missing() -> str:
    """Why there can be no Slurm here; empty if there can."""
    absent = [name for name in (*DAEMONS, "sbatch", "mungekey") if not shutil.which(name, path=_path())]
    if absent:
        return f"not installed: {', '.join(absent)} (apt-get install --no-install-recommends slurm-wlm munge)"
    if os.geteuid() != 0:
        return "slurmd needs root"
    return ""


@dataclass(frozen=True)
class SlurmNode:
    """A running cluster; `folder` holds its configuration, state and logs."""

    folder: Path
    host: str

    @property
    def path(self) -> str:
        """The PATH on which the clients of this cluster come first."""
        return f"{self.folder / 'bin'}:{_path()}"

    def ask(self, *command: str) -> str:
        """What a client of Slurm prints; raises CalledProcessError if it fails."""
        environment = {**os.environ, "PATH": self.path}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout

    def jobs(self) -> list[dict[str, str]]:
        """What the controller knows of every job since the start, also finished ones."""
        lines = self.ask("scontrol", "--details", "--oneliner", "show", "job").splitlines()
        return [
            dict(word.split("=", 1) for word in line.split(" ") if "=" in word)
            for line in lines
            if line.startswith("JobId=")
        ]

    def state(self, job: str) -> str:
        """The state of a job in one word; empty if there is none of that id."""
        return next((found["JobState"] for found in self.jobs() if found["JobId"] == job), "")

    def seen(self) -> dict[str, set[str]]:
        """The CUDA_VISIBLE_DEVICES of each job's tasks, by the job's id; `none` where it was not set."""
        found: dict[str, set[str]] = {}
        for line in (self.folder / "seen.txt").read_text(encoding="utf-8").splitlines():
            job, devices = line.split(" ", 1)
            found.setdefault(job, set()).add(devices)
        return found

    def processes_of_jobs(self, job: str = "") -> list[int]:
        """The process ids of everything that runs in a job of this cluster, or in any."""
        marks = (f"PATH={self.folder / 'bin'}:".encode(), f"SLURM_JOB_ID={job}".encode())
        found = []
        for pid in _processes():
            variables = _read(pid, "environ").split(b"\0")
            ours = any(one.startswith(marks[0]) for one in variables)
            if ours and any(one == marks[1] or (not job and one.startswith(marks[1])) for one in variables):
                found.append(pid)
        return found

    def fail(self) -> None:
        """The node loses its power: slurmd and all that runs on it are gone at once; the controller notices."""
        victims = {_pid(self.folder / "slurmd.pid")}
        for _ in range(2):  # held before they are killed, so that none can tell the controller of another's end
            ours = self.processes_of_jobs()
            victims |= {pid for pid in map(_parent, ours) if _read(pid, "comm").strip() == b"slurmstepd"} | {*ours}
            _signal(victims, signal.SIGSTOP)
        self.ask("scontrol", "update", f"nodename={self.host}", "state=down", "reason=test")
        _signal(victims, signal.SIGKILL)

    def come_back(self) -> None:
        """The node is switched on again."""
        _start(self.folder, "slurmd")
        self.wait_until_up()  # by itself: ReturnToService=2

    def wait_until_up(self) -> None:
        """Raises TimeoutError with the end of the logs if the node does not come up."""
        for _ in range(120):
            with suppress(subprocess.CalledProcessError):
                state = self.ask("sinfo", "--noheader", "--format=%t").strip()
                if state.startswith(("idle", "mix", "alloc")):
                    return
            time.sleep(0.25)
        logs = [(self.folder / f"{name}.log").read_text()[-2000:] for name in ("slurmctld", "slurmd")]
        raise TimeoutError("\n".join(logs))


@contextmanager
def slurm_node() -> Iterator[SlurmNode]:
    """Starts the cluster (about two seconds) and ends it, its jobs and its folder with the block."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    folder.chmod(0o755)
    node = SlurmNode(folder, socket.gethostname().split(".")[0])
    try:
        _write(node)
        _start(folder, "munged")
        _start(folder, "slurmctld")
        _start(folder, "slurmd")
        node.wait_until_up()
        yield node
    finally:
        _stop(node)
        shutil.rmtree(folder, ignore_errors=True)


def _write(node: SlurmNode) -> None:
    for name in ("controller", "node", "bin"):
        (node.folder / name).mkdir()
    controller_port, node_port = _free_ports(2)
    filled = {
        "@FOLDER@": str(node.folder),
        "@HOST@": node.host,
        "@CONTROLLER_PORT@": str(controller_port),
        "@NODE_PORT@": str(node_port),
    }
    for name in ("slurm.conf", "gres.conf"):
        text = (HERE / name).read_text(encoding="utf-8")
        for mark, value in filled.items():
            text = text.replace(mark, value)
        (node.folder / name).write_text(text, encoding="utf-8")
    # What each task sees of GPUs, one line a task.
    seen = f'echo "$SLURM_JOB_ID ${{CUDA_VISIBLE_DEVICES-none}}" >> {node.folder}/seen.txt\n'
    _script(node.folder / "task_prolog", seen)
    # Not SLURM_CONF in the environment: the executor plugin takes every SLURM_* away before it calls srun in a job.
    for name in CLIENTS:
        program = shutil.which(name, path=_path())
        if program:
            _script(node.folder / "bin" / name, f'SLURM_CONF={node.folder}/slurm.conf exec {program} "$@"\n')


def _script(path: Path, body: str) -> None:
    path.write_text("#!/bin/sh\n" + body, encoding="utf-8")
    path.chmod(0o755)


def _start(folder: Path, daemon: str) -> None:
    """Each of them goes into the background by itself once it stands."""
    key = folder / "munge.key"
    if daemon == "munged":
        subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True, env={**os.environ, "PATH": _path()})
    arguments = {
        # --force: root and a folder of its own, where it expects the user munge and /run.
        "munged": [
            "--force",
            f"--key-file={key}",
            *(
                f"--{what}={folder}/munge.{what.split('-')[0]}"
                for what in ("socket", "pid-file", "log-file", "seed-file")
            ),
        ],
        "slurmctld": ["-c", "-f", str(folder / "slurm.conf")],
        "slurmd": ["-f", str(folder / "slurm.conf")],
    }[daemon]
    with (folder / f"{daemon}.stderr").open("w") as stderr:
        subprocess.run(
            [daemon, *arguments], check=True, cwd=folder, timeout=60, env={**os.environ, "PATH": _path()},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip


def _stop(node: SlurmNode) -> None:
    with suppress(subprocess.SubprocessError):
        node.ask("scancel", "--full", "--signal=KILL", "--user=root")
    daemons = [("slurmd", "slurmd.pid"), ("slurmctld", "slurmctld.pid"), ("munged", "munge.pid")]
    for daemon, pid_file in daemons:
        pid = _pid(node.folder / pid_file)
        if not pid or _read(pid, "comm").strip().decode() != daemon:
            continue
        os.kill(pid, signal.SIGTERM)
        for _ in range(40):
            if not Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.1)
        else:
            os.kill(pid, signal.SIGKILL)
    _signal({*node.processes_of_jobs()}, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _path() -> str:
    """Debian keeps the daemons where only root looks."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _pid(file: Path) -> int:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return 0


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _read(pid: int, what: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    fields = _read(pid, "stat").rsplit(b")", 1)[-1].split()
    return int(fields[1]) if fields else 0


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids - {0}:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
