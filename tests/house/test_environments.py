"""The environments: exact, in step with the lock, and complete for the scripts that run in them."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from checkout import PARTS
from robust_style.workflow.fingerprint import PACKAGE, RECORDING, _reached
from rule_environments import ENVIRONMENTS, conda_pin, environments_of_rules, pins

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow_scripts"


def pinned(environment: str) -> set[str]:
    return set(pins(environment))


def imported(script: Path) -> set[str]:
    """Distributions imported by a script or module of the package and by every module that it reaches."""
    names = set()
    for module in _reached(script, SCRIPTS):
        if module.suffix == ".py":
            for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module.split(".")[0])
    places = metadata.packages_distributions()
    foreign = names - set(sys.stdlib_module_names) - {PACKAGE}
    return {re.sub(r"[-_.]+", "-", places[name][0]).lower() for name in foreign}


@pytest.mark.parametrize(("rule", "environment"), environments_of_rules().items())
def test_what_a_script_imports_is_in_its_environment(rule: str, environment: str) -> None:
    """Snakemake lends its own packages to a script, so that a missing one would go unnoticed here."""
    # Every script records its job, though that code does not count for the rule; of torch only where the script has it.
    recording = imported(SCRIPTS / f"{RECORDING.replace('.', '/')}.py") - {"torch"}
    missing = (imported(SCRIPTS / f"{rule}.py") | recording) - pinned(environment)
    assert not missing, f"envs/pin.py: add {missing} to the roots of {environment}"


def test_they_agree_with_the_lock(tmp_path: Path) -> None:
    """`make pins` writes them again without a change."""
    shutil.copytree(ROOT / "envs", tmp_path / "envs")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    for path in ENVIRONMENTS:
        (tmp_path / "envs" / path.name).write_text("", encoding="utf-8")
    subprocess.run([sys.executable, "envs/pin.py", "environments"], cwd=tmp_path, check=True)
    for path in ENVIRONMENTS:
        assert (tmp_path / "envs" / path.name).read_bytes() == path.read_bytes()


def test_the_lock_fits_the_project() -> None:
    """Exact versions only, of every direct dependency, within its range, and no address of a registry."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()[1:]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][\w.!]*", line) for line in lines)
    locked = dict(line.split("==") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for text in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), text


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {canonicalize_name(Requirement(text).name) for text in project["project"]["dependencies"]}
    scripts = sorted((ROOT / "workflow_scripts").glob("*.py"))
    assert set().union(*(imported(script) for script in scripts)) <= declared


LOADED = """
import sys
from robust_style.model.compat import import_robustness
import_robustness()
print(*sorted({name.split(".")[0] for name, module in sys.modules.items() if getattr(module, "__file__", None)}))
"""


def test_what_the_library_imports_is_where_it_trains() -> None:
    """It declares too little, and Snakemake's own packages or the tests' would hide what is missing."""
    path = {**os.environ, "PYTHONPATH": str(ROOT / "workflow_scripts")}
    answer = subprocess.run([sys.executable, "-c", LOADED], env=path, capture_output=True, text=True, check=True)
    places = metadata.packages_distributions()
    foreign = set(answer.stdout.split()) - set(sys.stdlib_module_names) - {PACKAGE}
    # Several packages can share a folder, as all of Google's do; one that is pinned is enough.
    needed = {name: {re.sub(r"[-_.]+", "-", p).lower() for p in places[name]} for name in foreign if name in places}
    assert {"cox", "dill", "tensorboardX", "tqdm"} <= set(needed)
    assert not {name for name, packages in needed.items() if not packages & pinned("train")}


def test_the_container_has_the_python_of_the_environments_and_all_that_a_run_needs() -> None:
    """It cannot be built here: that takes a registry of images."""
    recipe = (ROOT / "Containerfile").read_text(encoding="utf-8")
    minor = re.search(r"^FROM python:(3\.\d+)-slim", recipe, flags=re.MULTILINE)
    assert minor
    assert all(conda_pin(path.stem, "python").startswith(f"{minor[1]}.") for path in ENVIRONMENTS)
    copied = {word for line in recipe.splitlines() if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert {*PARTS, "requirements.lock"} <= copied
    assert not copied & set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
