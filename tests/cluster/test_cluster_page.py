"""docs/cluster.md: every command in it has run, and its numbers are those of the plan."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from accidents import MINIATURE, PROFILE, ClusterRun
from checkout import copy_project, environment
from slurm_node import SlurmNode
from submissions import ROOT
from test_cluster_generic import TRAIN

pytestmark = pytest.mark.workflow

PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split(" #")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
SEVERAL_GPUS = "\n".join(re.findall(r"^```yaml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL))
# What the other tests of this shelf run, on the miniature instead of the published experiment.
RUN_ELSEWHERE = [("snakemake", *PROFILE, *MINIATURE), ("snakemake", *TRAIN)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("planned") / "robust-style")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_run(command: str, on_cluster: ClusterRun, node: SlurmNode) -> None:
    words = command.split()
    if any(words == [word for word in other if word in words] for other in RUN_ELSEWHERE):
        assert on_cluster.returncode == 0
        return
    here = command.replace("results/logs", "results/miniature/logs")
    if words[-2:] == ["--configfile", "mine.yaml"]:
        (on_cluster.folder / "mine.yaml").write_text(SEVERAL_GPUS, encoding="utf-8")
        here += " -n --quiet rules"
    else:
        assert words[0] in {"squeue", "scontrol", "tail"} or words[-1] == "-n", f"no test runs this: {command}"
    path = {**environment(), "PATH": f"{Path(sys.executable).parent}:{node.path}"}
    ran = subprocess.run(
        ["sh", "-c", here], cwd=on_cluster.folder, env=path, check=False, capture_output=True, text=True, timeout=900
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]


def test_every_small_rule_is_in_a_group_and_no_other() -> None:
    """Read from the rules: those without a GPU, which are neither local nor alone in their kind."""
    grouped = set()
    for profile in ("slurm", "cluster-generic"):
        text = (ROOT / "config" / "profiles" / profile / "profile.yaml").read_text(encoding="utf-8")
        groups = dict(line.split("=") for line in yaml.safe_load(text)["groups"])
        assert not grouped or grouped == groups.keys()
        grouped = groups.keys()
    small = set()
    for chapter in sorted((ROOT / "rules").glob("*.smk")):
        text = chapter.read_text(encoding="utf-8")
        local = (
            re.findall(r"^    (\w+),$", text.split("localrules:")[1].split("\n\n")[0], re.M)
            if "localrules:" in text
            else []
        )
        for name, body in re.findall(r"^rule (\w+):(.*?)(?=^rule |\Z)", text, re.M | re.S):
            if "gpu=" not in body and name not in local:
                small.add(name)
        small.update(re.findall(r'^    "(draw_\w+)": \{', text, re.M))  # the table of figures
    assert small - {"check_inputs"} == set(grouped)


def test_a_submission_holds_no_more_than_slurm_would_give_one_job() -> None:
    """Jobs of a group run one after the other, so it must not ask for the cores and memory of all of them."""
    text = (ROOT / "config" / "profiles" / "slurm" / "profile.yaml").read_text(encoding="utf-8")
    settings = yaml.safe_load(text)
    assert settings["default-resources"]["at_a_time"] == 1
    assert settings["resources"] == ["at_a_time=1"]
    assert settings["set-resource-scopes"] == ["at_a_time=local"]
    assert os.access(ROOT / "config" / "profiles" / "cluster-generic" / "submit.sh", os.X_OK)
