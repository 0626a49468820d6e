"""The record of a run: commit, configuration, and the software, machines and devices of its jobs.

It contains no user, host or folder.
"""

import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from robust_style.files.atomic import write_json
from robust_style.model.kinds import is_imported, without_place

# Packages that can change a number in the results. An allow-list: nothing else of an environment is recorded.
PACKAGES = (
    "torch", "robustness", "pyautoattack", "numpy", "scipy", "pandas", "pillow", "scikit-image", "matplotlib",
)  # fmt: skip


def environment() -> dict[str, Any]:
    """Return the versions of Python and of `PACKAGES` (None if not installed), operating system and architecture."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
    }


def package_versions() -> dict[str, str | None]:
    """Return the version of each of `PACKAGES`, None if not installed."""
    return {name: _version(name) for name in PACKAGES}


def write_run_record(*, config: dict[str, Any], environments: Iterable[Mapping[str, Any]], run: Path) -> None:
    """Write commit, configuration and the distinct software versions, machines and devices to the JSON file `run`.

    `environments` have the keys of `environment`, and `torch` (which names the device) if the job loaded torch. Rules
    may run in different software environments, so each entry is a list.
    """
    software: dict[str, set[str]] = defaultdict(set)
    machines, devices = set(), set()
    for job in environments:
        for name, version in {"python": job["python"], **job["packages"]}.items():
            if version is not None:
                software[name].add(version)
        machines.add(job["machine"])
        if job.get("torch"):
            devices.add(job["torch"]["device"])
    record = {
        "commit": _commit(),
        "config": without_local_paths(config),
        "software": {name: sorted(versions) for name, versions in sorted(software.items())},
        "machines": sorted(machines),
        "devices": sorted(devices),
    }
    write_json(run, record)


def without_local_paths(config: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration with paths and URLs of the user reduced to file names; hashes identify their content.

    `pathvars` is left out: the folder of the results does not describe them.
    """
    dataset = dict(config["dataset"])
    for key in ("archive", "path"):
        if dataset[key]:
            dataset[key] = without_place(dataset[key])
    networks = {
        name: {**block, "source": without_place(block["source"])} if is_imported(block) else block
        for name, block in config["networks"].items()
    }
    raters = dict(config["raters"])
    if raters["squeezenet"]:
        raters["squeezenet"] = {**raters["squeezenet"], "source": without_place(raters["squeezenet"]["source"])}
    return {
        **{key: block for key, block in config.items() if key != "pathvars"},
        "claims": [without_place(path) for path in config["claims"]],
        "dataset": dataset,
        "images": [without_place(path) for path in config["images"]],
        "raters": raters,
        "ratings": [without_place(path) for path in config["ratings"]],
        "networks": networks,
        "sources": without_place(config["sources"]),
    }


def _commit() -> str:
    """Return the commit, with `-dirty` if files differ from it; "unknown" outside a repository."""
    folder = Path(__file__).resolve().parent
    try:
        process = subprocess.run(
            ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return process.stdout.strip()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
