"""Kills at random moments, and whether anything is lost: the miniature, over and over.

    python tests/soak.py --runs 50 --folder SOMEWHERE

Each run begins with nothing, loses a random process (a training, a transfer, Snakemake, or everything) to a random
signal at a random moment, sometimes more than once, is started again with the commands of the README until it is done,
and must then hold the same bytes as a run that nobody disturbed. One line per run; exit status 1 if any differs.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import psutil

from checkout import SNAKEMAKE, copy_project, environment

# The miniature with one recipe and no reconstructions: every kind of job that trains or paints is still there.
CONFIG = "transfer: {recipes: {original: null}}\nreconstruction: {checkpoints: none}\ntraining: {epochs: 2}\n"
COMMAND = ("--cores", "2", "--resources", "gpu=2", "--configfile", "config/miniature.yaml", "soak.yaml")
VICTIMS = ("train_segment", "stylize", "snakemake", "everything")
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# A run is over after so many starts, whatever happens to it: more would hide that it cannot go on by itself.
MOST_STARTS = 12


@dataclass
class Run:
    """What happened in a run."""

    kills: list[str] = field(default_factory=list)
    starts: int = 0
    differing: list[str] = field(default_factory=list)
    last_words: str = ""

    @property
    def is_identical(self) -> bool:
        """Whether it ended, and with the same bytes."""
        return not self.differing and not self.last_words


def prepare(folder: Path) -> Path:
    """A copy of the project with the soak's configuration on top of the miniature's."""
    copy_project(folder)
    (folder / "soak.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def undisturbed(folder: Path) -> dict[str, str]:
    """Runs the miniature once and gives the digest of every product."""
    finished = subprocess.run(
        [*SNAKEMAKE, *COMMAND],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(finished.stdout.decode()[-3000:])
    return digests(folder)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of the results that the manifest names, and of the manifest itself."""
    results = folder / "results" / "miniature"
    manifest = results / "manifest.tsv"
    lines = manifest.read_text(encoding="utf-8").splitlines()[1:]
    paths = [results / line.split("\t")[0] for line in lines] + [manifest, results / "check.json"]
    return {path.relative_to(results).as_posix(): sha256(path.read_bytes()).hexdigest() for path in paths}


def disturbed(folder: Path, expected: dict[str, str], chance: random.Random) -> Run:
    """One run from nothing with one to three kills, compared with what it should have made."""
    for gone in ("results", ".snakemake"):
        shutil.rmtree(folder / gone, ignore_errors=True)
    run, planned = Run(), chance.choice((1, 1, 2, 3))
    while run.starts < MOST_STARTS:
        if run.starts:
            unlock = [*SNAKEMAKE, "--unlock", *COMMAND[4:]]
            subprocess.run(unlock, cwd=folder, env=environment(), capture_output=True, check=False)
        run.starts += 1
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                [*SNAKEMAKE, *COMMAND],
                cwd=folder,
                env=environment(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            while len(run.kills) < planned and process.poll() is None:
                _kill_something(process.pid, run, chance)
            code = process.wait(600)
        if code == 0:
            found = digests(folder)
            names = expected.keys() | found.keys()
            run.differing = sorted(name for name in names if expected.get(name) != found.get(name))
            return run
    run.last_words = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")[-2000:]
    return run


def _kill_something(leader: int, run: Run, chance: random.Random) -> None:
    """Waits for a process of a random kind and a random moment of its life, and signals it."""
    victim, number = chance.choice(VICTIMS), chance.choice(SIGNALS)
    moment = time.monotonic() + chance.uniform(0.5, 40.0)
    while time.monotonic() < moment:
        if not psutil.pid_exists(leader) or psutil.Process(leader).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.02)
    targets = _processes(leader, victim)
    for _ in range(1500):  # half a minute for one of that kind to appear
        if targets or not psutil.pid_exists(leader):
            break
        time.sleep(0.02)
        targets = _processes(leader, victim)
    if targets and victim in ("train_segment", "stylize"):
        time.sleep(chance.uniform(0.0, 2.5))
    if victim == "everything":
        number = signal.SIGKILL
    for target in targets:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(target, number)
    if targets:
        run.kills.append(f"{victim} {number.name}")


def _processes(leader: int, victim: str) -> list[int]:
    try:
        snakemake = psutil.Process(leader)
        children = snakemake.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
    if victim == "snakemake":
        return [leader]
    if victim == "everything":
        return [leader, *(child.pid for child in children)]
    found = []
    for child in children:
        with suppress(psutil.NoSuchProcess):
            if any(word.endswith(f".{victim}.py") for word in child.cmdline()):
                found.append(child.pid)
    return found[-1:]


def main() -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of victims and moments")
    parser.add_argument("--folder", type=Path, required=True, help="an empty or absent folder to work in")
    options = parser.parse_args()
    folder = prepare(options.folder / "robust-style")
    expected = undisturbed(folder)
    print(f"undisturbed: {len(expected)} files", flush=True)
    good = kills = 0
    for number in range(options.runs):
        began = time.monotonic()
        run = disturbed(folder, expected, random.Random(f"{options.seed} {number}"))
        good += run.is_identical
        kills += len(run.kills)
        verdict = "identical" if run.is_identical else f"DIFFERENT: {', '.join(run.differing[:5])} {run.last_words}"
        print(
            f"run {number + 1}: {', '.join(run.kills) or 'ended before the kill'}; {run.starts} starts, "
            f"{time.monotonic() - began:.0f} s: {verdict}",
            flush=True,
        )
    print(f"{good} of {options.runs} identical after {kills} kills", flush=True)
    return 0 if good == options.runs else 1


if __name__ == "__main__":
    sys.exit(main())
