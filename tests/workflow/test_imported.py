"""A run with an imported and an untrained network, without any training."""

import csv
import json
from hashlib import sha256
from pathlib import Path

import pytest
import torch
import yaml

from checkout import MINIATURE, copy_project, jobs, snakemake
from robust_style.model.network import build_network

pytestmark = pytest.mark.workflow
SHAPE = {"architecture": "vgg19", "width": 0.125}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a checkpoint of another program, and a configuration that names it."""
    folder = copy_project(tmp_path_factory.mktemp("imported") / "robust-style")
    torch.save({"net": build_network("vgg19", 0.125, 10, seed=9).state_dict(), "epoch": 75}, folder / "theirs.pth")
    digest = sha256((folder / "theirs.pth").read_bytes()).hexdigest()
    theirs = {**SHAPE, "regime": "adversarial", "source": "theirs.pth", "sha256": digest, "epoch": 76}
    control = {**SHAPE, "regime": "untrained"}
    networks = {"standard": None, "adversarial": None, "theirs": theirs, "control": control}
    config = {"networks": networks, "transfer": {"recipes": {"original": None}}}
    (folder / "alone.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def test_the_whole_way_without_any_training(project: Path) -> None:
    run = snakemake(project, "--cores", "2", *MINIATURE, "alone.yaml")
    assert run.returncode == 0, run.stdout[-6000:]
    assert "train_segment" not in jobs(run.stdout)
    results = project / "results" / "miniature"
    evaluation = json.loads((results / "evaluation/theirs/seed_0/epoch_076.json").read_text(encoding="utf-8"))
    assert (evaluation["regime"], evaluation["epoch"], evaluation["history"]) == ("adversarial", 76, [])
    with (results / "scores.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {(row["network"], row["regime"], row["epoch"]) for row in rows if row["regime"] != "control"} == {
        ("theirs", "adversarial", "76"), ("control", "untrained", "0"),
    }  # fmt: skip
    provenance = json.loads((results / "provenance/run.json").read_text(encoding="utf-8"))
    assert provenance["config"]["networks"]["theirs"]["source"] == "theirs.pth"
    assert json.loads((results / "check.json").read_text(encoding="utf-8"))["pictures"] == 2
    again = snakemake(project, "-n", *MINIATURE, "alone.yaml")
    assert jobs(again.stdout) == {}
    (project / "theirs.pth").touch()
    newer = jobs(snakemake(project, "-n", *MINIATURE, "alone.yaml").stdout)
    assert newer["import_network"] == 1
    assert "initialise_network" not in newer
