"""Exact pins, from one source.

    python envs/pin.py lock            requirements.lock from what pyproject.toml asks for
    python envs/pin.py environments    envs/*.yaml, one per kind of rule, from requirements.lock
    python envs/pin.py check           exit 1 if an environment differs from the lock, or a file beside it undoes it

An environment lists every package its rules' scripts need, and all that those need in turn, at the lock's version:
nothing is left to a solver. They are pip packages throughout, so that both ways of installing give the same files.

Exact pins in the yaml, and no pin file (`NAME.linux-64.pin.txt`) beside it: with one, Snakemake takes nothing but the
conda packages it lists and never reads the yaml's pip section; and where a pin file fails, Snakemake falls back to the
yaml with no more than a warning, so that the same command gives two environments. Neither could be noticed from the
results alone. Hashes are not locked: a version of torch is another wheel for each platform, CPU build and CUDA version,
so that no one hash is right for everybody.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PYTHON = "3.11.13"  # the pinned interpreter of the environments
PIP = "25.3"

# What the scripts of each kind of rule import. torch brings its own CUDA packages, pinned exactly by torch itself.
ROOTS = {
    "crate": ["pyyaml", "rocrate"],
    "data": ["jaxtyping", "numpy", "pillow", "requests", "scikit-image", "scipy"],
    # scikit-image: the methods, written there, tell its version.
    "train": ["jaxtyping", "numpy", "pyautoattack", "requests", "robustness", "scikit-image", "torch", "torchvision"],
    "transfer": ["jaxtyping", "numpy", "pillow", "robustness", "torch", "torchvision"],
    "figure": [
        "jaxtyping",
        "jsonschema",
        "matplotlib",
        "numpy",
        "pandas",
        "pillow",
        "pyyaml",
        "scikit-image",
        "scipy",
    ],
}


def main(task: str) -> int:
    if task == "lock":
        write_lock()
    elif task == "environments":
        for name in ROOTS:
            (ROOT / "envs" / f"{name}.yaml").write_text(environment(name))
    elif task == "check":
        found = faults(ROOT / "envs")
        print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
        return 1 if found else 0
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


def write_lock() -> None:
    """Installs what pyproject.toml asks for into a fresh environment and writes down what came."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder, "bin", "python"))
        # torch first: an unpinned requirement of another package must find it there.
        for step in ([r for r in wanted if r.startswith("torch")], wanted):
            subprocess.run([python, "-m", "pip", "install", "--quiet", *step], check=True)
        frozen = subprocess.run(
            [python, "-m", "pip", "freeze", "--all"], check=True, capture_output=True, text=True
        ).stdout
    # A local build (2.13.0+cpu) and torch's CUDA packages are the platform's; torch pins the latter itself.
    lines = [
        re.sub(r"\+[a-z0-9.]+$", "", line)
        for line in frozen.splitlines()
        if not line.startswith(("nvidia-", "triton", "pip=="))
    ]
    LOCK.write_text(
        "# Written by `make lock` from pyproject.toml; exact versions of everything.\n" + "\n".join(lines) + "\n"
    )


def environment(name: str) -> str:
    """The text of envs/NAME.yaml: the roots and all they need, at the lock's versions."""
    locked = pins()
    needed = sorted(closure(ROOTS[name], locked))
    lines = "\n".join(f"      - {package}=={locked[package]}" for package in needed)
    return (
        f"# Environment of the rules of kind `{name}`; written by `make pins` from requirements.lock.\n"
        "channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python={PYTHON}\n  - pip={PIP}\n  - pip:\n{lines}\n"
    )


def faults(folder: Path) -> list[str]:
    """What in the folder of the environments is not as the lock says, a sentence each."""
    found = [
        f"envs/{name}.yaml differs from requirements.lock; run `make pins`"
        for name in ROOTS
        if (folder / f"{name}.yaml").read_text() != environment(name)
    ]
    for path in sorted(folder.glob("*.pin.txt")):
        found.append(
            f"envs/{path.name}: expected no pin file; with one, Snakemake leaves out the pip section of the yaml, and "
            "falls back to the yaml where the pin file fails; delete it"
        )
    for path in sorted(folder.glob("*.post-deploy.sh")):
        found.append(f"envs/{path.name}: expected no script that Snakemake runs in a new environment; delete it")
    return found


def pins() -> dict[str, str]:
    """Version of each package in the lock, by its canonical name."""
    rows = [line.split("==") for line in LOCK.read_text().splitlines() if "==" in line]
    return {canonicalize_name(package): version for package, version in rows}


def closure(roots: list[str], locked: dict[str, str]) -> set[str]:
    """The packages and all that they need, as the installed metadata say; only those in the lock."""
    found: set[tuple[str, str]] = set()
    waiting = [(canonicalize_name(root), "") for root in roots]
    while waiting:
        package, extra = waiting.pop()
        if (package, extra) in found or package not in locked:
            continue
        found.add((package, extra))
        for line in metadata.requires(package) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                # A requirement may ask for extras, as `httpx[http2]` does: what those need is needed, too.
                waiting += [(canonicalize_name(requirement.name), wanted) for wanted in ("", *requirement.extras)]
    return {package for package, _ in found}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or [""]))
