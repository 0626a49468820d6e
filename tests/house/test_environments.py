"""The environments: exact, in step with the lock, and complete for the scripts that run in them."""

import ast
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from robust_style.workflow.fingerprint import PACKAGE, _reached

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = sorted((ROOT / "envs").glob("*.yaml"))
CHAPTERS = sorted((ROOT / "rules").glob("*.smk"))


def environments_of_rules() -> dict[str, str]:
    """The environment of each rule, by the rule's name."""
    found = {}
    for path in CHAPTERS:
        for body in re.split(r"^ *rule(?= \w+:|:)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            # named in its first line, or in a loop by the first text of its directive `name:`
            name = re.match(r' (\w+):|:\s+name:\s+"(\w+)"', body)
            assert name, body[:80]
            found[name[1] or name[2]] = re.findall(r'"\.\./envs/(\w+)\.yaml"', body)[0]
    return found


def pinned(environment: str) -> set[str]:
    text = (ROOT / "envs" / f"{environment}.yaml").read_text(encoding="utf-8")
    return set(re.findall(r"^      - ([a-z0-9-]+)==", text, flags=re.MULTILINE))


def imported(script: Path) -> set[str]:
    """Distributions imported by a script and by every module of the package that it reaches."""
    names = set()
    for module in _reached(script, script.parent):
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
    missing = imported(ROOT / "workflow_scripts" / f"{rule}.py") - pinned(environment)
    assert not missing, f"envs/pin.py: add {missing} to the roots of {environment}"


def test_each_environment_is_used() -> None:
    assert set(environments_of_rules().values()) == {path.stem for path in ENVIRONMENTS}


def test_they_agree_with_the_lock() -> None:
    answer = subprocess.run(
        [sys.executable, "envs/pin.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_every_package_is_pinned_exactly(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").split("dependencies:")[1].splitlines()]
    for line in lines:
        if line and line != "- pip:":
            assert re.fullmatch(r"- [a-z0-9._-]+={1,2}[0-9][\w.+!]*", line), line


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
    # A name that several share (`google`: protobuf and Kubernetes's google-auth) is there if one of them is.
    needed = [{re.sub(r"[-_.]+", "-", one).lower() for one in places[name]} for name in foreign if name in places]
    assert {"cox", "dill", "tensorboardx", "tqdm"} <= set.union(*needed)
    assert not [several for several in needed if not several & pinned("train")]
