"""What a run was made by: code, configuration, versions, kind of machine. Nothing that names a person or a host."""

import json
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from robust_style.artefact.atomic import write_text
from robust_style.artefact.digest import sha256_of_file, sha256_of_settings
from robust_style.errors import ResultError
from robust_style.model.kinds import is_imported, without_place

# Everything a number of the results can depend on; an allow-list, so that nothing personal slips in.
PACKAGES = (
    "torch", "robustness", "pyautoattack", "numpy", "scipy", "pandas", "pillow", "scikit-image", "matplotlib",
)  # fmt: skip


def write_provenance(*, config: dict[str, Any], manifest_sha256: str, provenance: Path) -> None:
    """Writes commit, configuration, package versions and kind of machine beside the hash of the manifest.

    The last entry is the hash of all the others.
    """
    content = {
        "commit": _commit(),
        "manifest_sha256": manifest_sha256,
        "config": without_local_paths(config),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": package_versions(),
    }
    write_text(provenance, _text_of({**content, "sha256": sha256_of_settings(content)}))


def verify_provenance(*, provenance: Path, manifest: Path) -> None:
    """Raises ResultError naming the record of a run if it was changed, or if it is not that of this manifest."""
    found = None
    try:
        written = provenance.read_bytes().decode()
        content = {key: value for key, value in json.loads(written).items() if key != "sha256"}
        if written != _text_of({**content, "sha256": sha256_of_settings(content)}):
            found = "changes"
        elif content["manifest_sha256"] != sha256_of_file(manifest):
            found = "that of another"
    except (OSError, ValueError, LookupError, AttributeError, RecursionError) as damage:
        found = f"damage ({damage})"
    if found is not None:
        raise ResultError(
            f"{provenance}: expected the record of {manifest} as it was written, found {found}; delete both and run "
            "the workflow again"
        )


def _text_of(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


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


def without_local_paths(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration with the places of local files reduced to their names; their hashes say what they were.

    Where the results lie is left out: it says nothing of what they are.
    """
    dataset = dict(config["dataset"])
    for key in ("archive", "path"):
        if dataset[key]:
            dataset[key] = without_place(dataset[key])
    networks = {
        name: {**block, "source": without_place(block["source"])} if is_imported(block) else block
        for name, block in config["networks"].items()
    }
    judges = dict(config["judges"])
    if judges["squeezenet"]:
        judges["squeezenet"] = {**judges["squeezenet"], "source": without_place(judges["squeezenet"]["source"])}
    return {
        **{key: block for key, block in config.items() if key != "pathvars"},
        "claims": [without_place(path) for path in config["claims"]],
        "dataset": dataset,
        "images": [without_place(path) for path in config["images"]],
        "judges": judges,
        "networks": networks,
        "sources": without_place(config["sources"]),
    }


def package_versions() -> dict[str, str | None]:
    """The version of every package that a result can depend on; None where this environment lacks it."""
    return {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None  # not part of this rule's environment
