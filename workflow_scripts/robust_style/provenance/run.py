"""What a run was made by: code, configuration, versions, kind of machine. Nothing that names a person or a host."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from robust_style.artefact.json_file import write_json
from robust_style.model.kinds import is_imported, without_place

# Everything a number of the results can depend on; an allow-list, so that nothing personal slips in.
PACKAGES = (
    "torch", "robustness", "pyautoattack", "numpy", "scipy", "pandas", "pillow", "scikit-image", "matplotlib",
)  # fmt: skip


def write_provenance(*, config: dict[str, Any], manifest_sha256: str, provenance: Path) -> None:
    """Writes commit, configuration, package versions and kind of machine beside the hash of the manifest."""
    write_json(
        provenance,
        {
            "commit": _commit(),
            "manifest_sha256": manifest_sha256,
            "config": _without_local_paths(config),
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}",
            "packages": {name: _version(name) for name in PACKAGES},
        },
    )


def _commit() -> str:
    """The commit of the code, with a mark where files differ from it; 'unknown' outside a repository."""
    here = Path(__file__).resolve().parent
    try:
        answer = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return answer.stdout.strip()


def _without_local_paths(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the places of local files reduced to their names; their hashes say what they were."""
    dataset = dict(config["dataset"])
    if dataset["archive"]:
        dataset["archive"] = Path(dataset["archive"]).name
    images = [Path(path).name for path in config["images"]]
    networks = {
        name: {**block, "source": without_place(block["source"])} if is_imported(block) else block
        for name, block in config["networks"].items()
    }
    return {
        **config,
        "dataset": dataset,
        "images": images,
        "networks": networks,
        "sources": Path(config["sources"]).name,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None  # not part of this rule's environment
