"""Pin exact versions: pyproject.toml -> requirements.lock -> envs/*.yaml.

    python envs/pin.py lock            resolve pyproject.toml with uv; versions in the lock are kept where they fit
    python envs/pin.py environments    write one environment per kind of rule, with the versions of the lock

Each environment lists the packages its scripts import and their dependencies. All are pip packages, so that conda and
pip install the same files. Hashes are not locked: torch has other wheels for each platform and CUDA version.
"""

import re
import subprocess
import sys
import tempfile
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PYTHON = "3.11.13"  # interpreter of the environments
PIP = "25.3"

# Packages that the scripts of each kind of rule import.
ROOTS = {
    "crate": ["pyyaml", "rocrate"],
    "data": ["jaxtyping", "numpy", "pillow", "pyyaml", "requests", "scikit-image", "scipy"],
    # scikit-image: the methods text names its version.
    "train": [
        "jaxtyping",
        "numpy",
        "pyautoattack",
        "pyyaml",
        "requests",
        "robustness",
        "safetensors",
        "scikit-image",
        "torch",
        "torchvision",
    ],
    # Scores, too: their texture statistics need torch.
    "transfer": [
        "jaxtyping",
        "numpy",
        "pillow",
        "plenoptic",
        "pyyaml",
        "robustness",
        "safetensors",
        "scikit-image",
        "scipy",
        "torch",
        "torchvision",
    ],
    "figure": ["jaxtyping", "jsonschema", "matplotlib", "numpy", "pandas", "pillow", "pyyaml", "scikit-image", "scipy"],
}
# Dependencies of torch's CUDA build, which pins them itself; the CPU build has none.
CUDA_PACKAGES = ("cuda-", "nvidia-", "triton")


def write_lock() -> None:
    """Resolve pyproject.toml with its development group for the oldest supported Python."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        subprocess.run([f"{folder}/bin/python", "-m", "pip", "install", "--quiet", "uv"], check=True)
        resolved = Path(folder, "requirements.lock")
        resolved.write_text(LOCK.read_text() if LOCK.exists() else "")
        subprocess.run(
            [f"{folder}/bin/uv", "pip", "compile", "pyproject.toml", "--group", "dev", "--python-version", "3.11",
             "--quiet", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
             "--output-file", str(resolved)],
            cwd=ROOT, check=True,
        )  # fmt: skip
        lines = [line for line in resolved.read_text().splitlines() if not line.startswith(CUDA_PACKAGES)]
    # A local version (2.13.0+cpu) names a build, not a release.
    pins = [re.sub(r"\+[a-z0-9.]+$", "", line) for line in lines]
    head = "# Written by `make lock` from pyproject.toml: exact versions of all packages."
    LOCK.write_text("\n".join([head, *pins, ""]))


def environment(name: str) -> str:
    """Text of envs/NAME.yaml: the root packages and their dependencies, at the versions of the lock."""
    locked = dict(line.split("==") for line in LOCK.read_text().splitlines() if "==" in line)
    lines = "\n".join(f"      - {package}=={locked[package]}" for package in sorted(closure(ROOTS[name], set(locked))))
    return (
        f"# Environment of the rules of kind `{name}`; written by `make pins` from requirements.lock.\n"
        "channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python={PYTHON}\n  - pip={PIP}\n  - pip:\n{lines}\n"
    )


def closure(roots: list[str], locked: set[str]) -> set[str]:
    """The packages and their dependencies according to the installed metadata, limited to the lock."""
    visited: set[tuple[str, str]] = set()
    pending = [(canonicalize_name(root), "") for root in roots]
    while pending:
        package, extra = pending.pop()
        if (package, extra) in visited or package not in locked:
            continue
        visited.add((package, extra))
        for line in metadata.requires(package) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                # With extras, as in `httpx[http2]`, the dependencies of the extras are included.
                pending += [(canonicalize_name(requirement.name), name) for name in ("", *requirement.extras)]
    return {package for package, _ in visited}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["lock"]:
            write_lock()
        case ["environments"]:
            for kind in ROOTS:
                (ROOT / "envs" / f"{kind}.yaml").write_text(environment(kind))
        case _:
            sys.exit(__doc__)
