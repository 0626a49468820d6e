"""Each environment made from its own pins, and the scripts of its rules run there for real, outside Snakemake.

Every rule's job is done twice from the same files: by the environment that all tests run in, and by the rule's own.
Where no package index can be reached this is skipped; on CI it is not.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT, environment
from recorded_jobs import Job, record_jobs
from rule_environments import ENVIRONMENTS, conda_pin, environments_of_rules, pins

pytestmark = [pytest.mark.workflow, pytest.mark.timeout(3600)]
RUNNER = ROOT / "tests" / "environments" / "run_recorded_jobs.py"
PROJECT = [ROOT / "workflow_scripts", ROOT / "tests"]
# What torch brings along, pinned exactly by torch itself, where its build is one for a GPU.
OF_TORCH = ("nvidia-", "triton", "cuda-")
# Products that say how long something took, or which packages were there.
OF_THE_MOMENT = {"results/training_step.tsv", "results/miniature/provenance/run.json", "results/miniature/check.json"}


@dataclass(frozen=True)
class Done:
    """A folder in which every job was done by the tests' own environment, and the jobs in their order."""

    folder: Path
    jobs: list[Job]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("recorded") / "robust style"
    jobs = record_jobs(folder)
    run_jobs(Path(sys.executable), folder, jobs)
    return Done(folder, jobs)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips, unless on CI, where pip gets no package."""
    name, version = next(iter(pins("data").items()))
    command = ["download", "--quiet", "--no-deps", "--no-cache-dir", "--retries", "1", "--timeout", "15"]
    folder = tmp_path_factory.mktemp("index")
    answer = pip(Path(sys.executable), *command, "--dest", str(folder), f"{name}=={version}")
    if answer.returncode and "CI" not in os.environ:
        pytest.skip(f"no package index can be reached: {answer.stderr.strip().splitlines()[-1]}")
    assert answer.returncode == 0, answer.stderr


@pytest.fixture(params=[path.stem for path in ENVIRONMENTS])
def realised(request: pytest.FixtureRequest, index: None) -> Iterator[tuple[str, Path]]:
    """An environment's name and its interpreter: pip and the pinned packages and what they ask for, nothing else."""
    name = request.param
    pinned = conda_pin(name, "python")
    if pinned.split(".")[:2] != [str(part) for part in sys.version_info[:2]]:
        pytest.skip(f"the environments are pinned to Python {pinned}, the tests run in another minor version")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        python, requirements = Path(folder, "bin", "python"), Path(folder, "requirements.txt")
        requirements.write_text("".join(f"{package}=={version}\n" for package, version in pins(name).items()))
        # As conda calls pip: with the packages that the pinned ones ask for, so that one that nobody pinned shows.
        for packages in ([f"pip=={conda_pin(name, 'pip')}"], ["--requirement", str(requirements)]):
            where = ["--python", str(python), "install", "--quiet", "--no-compile"]
            answer = pip(Path(sys.executable), *where, *packages)
            assert answer.returncode == 0, answer.stderr
        yield name, python


def pip(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-m", "pip", "--disable-pip-version-check", *arguments],
        capture_output=True, text=True, check=False, timeout=1500,
    )  # fmt: skip


def run_jobs(python: Path, folder: Path, jobs: list[Job]) -> dict[str, Any]:
    """Runs the jobs in `folder` and gives the runner's report."""
    task, report = folder / "task.json", folder / "report.json"
    task.write_text(json.dumps({"path": [str(path) for path in PROJECT], "jobs": jobs}), encoding="utf-8")
    answer = subprocess.run(
        [python, "-I", RUNNER, task, report], cwd=folder, env=environment(), check=False, timeout=1500,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout[-4000:]
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    return found


def files(folder: Path, jobs: list[Job]) -> dict[str, bytes]:
    """What the jobs made, but for what differs from one moment to the next."""
    made = [folder / path for job in jobs for path in outputs(job)]
    found = (file for path in made for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())
    named = {file.relative_to(folder).as_posix(): without_records(file.read_bytes()) for file in found}
    return {name: content for name, content in named.items() if name not in OF_THE_MOMENT}


def without_records(content: bytes) -> bytes:
    """A manifest without the lines of the jobs' records, which name the environment's packages."""
    return b"".join(line for line in content.splitlines(keepends=True) if not line.startswith(b"provenance/"))


def outputs(job: Job) -> list[str]:
    values = job["arguments"]["output"].values()
    return [path for value in values for path in ([value] if isinstance(value, str) else value)]


def test_every_rule_is_run(done: Done) -> None:
    assert {job["rule"] for job in done.jobs} == set(environments_of_rules())


def test_its_rules_run_in_it(realised: tuple[str, Path], done: Done, tmp_path: Path) -> None:
    name, python = realised
    installed = {found["name"].lower(): found["version"] for found in json.loads(listed(python))}
    assert installed.pop("pip") == conda_pin(name, "pip")
    assert {
        package.replace("_", "-"): version.split("+")[0]
        for package, version in installed.items()
        if not package.startswith(OF_TORCH)
    } == pins(name)
    check = pip(python, "check")
    assert check.returncode == 0, check.stdout

    folder = tmp_path / "work"
    shutil.copytree(done.folder, folder)
    jobs = [job for job in done.jobs if environments_of_rules()[job["rule"]] == name]
    report = run_jobs(python, folder, jobs)
    assert strangers(report, python) == {}
    assert files(folder, jobs) == files(done.folder, jobs)


def listed(python: Path) -> str:
    return pip(python, "list", "--format", "json").stdout


def strangers(report: dict[str, Any], python: Path) -> dict[str, str]:
    """Loaded modules that are neither the environment's, nor Python's own, nor the project's."""
    library = [Path(folder).resolve() for folder in report["standard_library"]]
    own = [python.parents[1].resolve(), *(folder.resolve() for folder in PROJECT)]

    def at_home(file: Path) -> bool:
        if any(file.is_relative_to(folder) for folder in own):
            return True
        # Packages of the interpreter that the environment was made with lie below its standard library.
        return any(file.is_relative_to(folder) and "site-packages" not in file.parts for folder in library)

    return {name: file for name, file in report["modules"].items() if not at_home(Path(file).resolve())}
