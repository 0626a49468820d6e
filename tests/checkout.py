"""A copy of the project in a folder of its own, and Snakemake run in it as a user would."""

import compileall
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "workflow_scripts", "config", "envs", "report", "profiles", "LICENSE", "CITATION.cff")
# Snakemake of the environment the tests run in.
SNAKEMAKE = [sys.executable, "-m", "snakemake"]
MINIATURE = ("--configfile", "config/miniature.yaml")


@dataclass(frozen=True)
class Finished:
    """A copy of the project in which the miniature has run, and what that run printed."""

    folder: Path
    run: subprocess.CompletedProcess[str]

    @property
    def results(self) -> Path:
        return self.folder / "results" / "miniature"


def copy_project(folder: Path) -> Path:
    """Copies what a run needs, without results; with compiled modules, which every copy else compiles for itself."""
    _compile_once()
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part)
        else:
            shutil.copy2(source, folder / part)
    return folder


@cache
def _compile_once() -> None:
    compileall.compile_dir(ROOT / "workflow_scripts", quiet=1)


def environment() -> dict[str, str]:
    """The environment of the tests without what pytest itself set up, and without a GPU."""
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "PYTEST_CURRENT_TEST"}}
    return {**kept, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}


def heed_interrupts() -> None:
    """Tests that were started in the background of a shell ignore SIGINT, and all their children would, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def snakemake(folder: Path, *arguments: str, timeout_s: int = 1500) -> subprocess.CompletedProcess[str]:
    """Runs Snakemake in `folder`; stdout and stderr together in `stdout`."""
    return subprocess.run(
        [*SNAKEMAKE, *arguments], cwd=folder, env=environment(), timeout=timeout_s, check=False,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def jobs(output: str) -> dict[str, int]:
    """The table `Job stats` of a (dry) run: how often each rule runs; empty if there is nothing to do."""
    if "job" not in output or "Job stats:" not in output:
        return {}
    table = output.split("Job stats:")[1].split("\n\n")[0].splitlines()
    rows = [line.split() for line in table if line.strip() and not set(line) <= {"-", " "}]
    return {name: int(count) for name, count in rows if name not in {"job", "total"}}
