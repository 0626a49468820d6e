"""A network of another's training and one left untrained go the whole way beside, or instead of, trained ones."""

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
    """A copy of the project, a stranger's checkpoint in it, and two configurations that name it."""
    folder = copy_project(tmp_path_factory.mktemp("imported") / "robust-style")
    torch.save({"net": build_network("vgg19", 0.125, 10, seed=9).state_dict(), "epoch": 75}, folder / "theirs.pth")
    digest = sha256((folder / "theirs.pth").read_bytes()).hexdigest()
    theirs = {**SHAPE, "regime": "adversarial", "source": "theirs.pth", "sha256": digest, "epoch": 76}
    networks = {"theirs": theirs, "control": {**SHAPE, "regime": "untrained"}}
    alone = {"standard": None, "adversarial": None, **networks}
    for name, block in (("beside.yaml", networks), ("alone.yaml", alone)):
        config = {"networks": block, "transfer": {"recipes": {"original": None}}}
        (folder / name).write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def test_job_counts(project: Path) -> None:
    """2 networks x 2 seeds x 3 epochs trained, 2 untrained, 1 imported: under the first seed only."""
    (project / "seeds.yaml").write_text("seeds: [4, 1]\n", encoding="utf-8")
    run = snakemake(project, "-n", *MINIATURE, "beside.yaml", "seeds.yaml")
    assert run.returncode == 0, run.stdout[-3000:]
    found = jobs(run.stdout)
    assert found["import_network"] == 1
    assert found["initialise_network"] == 3 * 2
    assert found["train_segment"] == 2 * 2 * 2
    assert found["evaluate_checkpoint"] == found["stylize"] == found["score_stylization"] == 12 + 2 + 1
    assert found["reconstruct"] == 12 + 2 + 1
    assert "theirs, seed 4, epoch 076" in run.stdout
    assert "control, seed 1, epoch 000" in run.stdout
    assert "theirs, seed 1" not in run.stdout
    assert "control, seed 1, epoch 001" not in run.stdout


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("{theirs: {sha256: null}}", "networks.theirs.sha256: expected text, found None"),
        ("{theirs: {epsilon: 0.5}}", "networks.theirs: a network with a source is not trained here; take epsilon away"),
        ("{theirs: {source: absent.pth}}", "absent.pth"),
        ("{control: {source: x.pth}}", "networks.control: a source needs sha256, epoch"),
    ],
)
def test_a_mistake_is_one_clear_error(project: Path, change: str, message: str) -> None:
    (project / "mistake.yaml").write_text(f"networks: {change}\n", encoding="utf-8")
    run = snakemake(project, "-n", *MINIATURE, "beside.yaml", "mistake.yaml")
    assert run.returncode != 0
    assert message in run.stdout
    assert "Traceback" not in run.stdout


def test_the_whole_way_without_any_training(project: Path) -> None:
    run = snakemake(project, "--cores", "2", *MINIATURE, "alone.yaml")
    assert run.returncode == 0, run.stdout[-6000:]
    assert "train_segment" not in jobs(run.stdout)
    results = project / "results" / "miniature"
    evaluation = json.loads((results / "evaluation/theirs/seed_0/epoch_076.json").read_text(encoding="utf-8"))
    assert (evaluation["regime"], evaluation["epoch"], evaluation["history"]) == ("adversarial", 76, [])
    with (results / "scores.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {(row["network"], row["regime"], row["epoch"]) for row in rows} == {
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
