"""A network with branches goes the same way as a VGG: through the rules' scripts, in every regime."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from merged_config import CONFIG
from robust_style.artefact.checkpoint import load_checkpoint
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.restore import restore_network
from robust_style.transfer.stand_ins import layer_for, read_stand_ins, recipe_for
from rule_script import run_script
from tiny_scripts import Tiny
from tiny_training import ADVERSARIAL, NOISE, STANDARD, initialise, train, write_tiny_dataset

STAND_INS = read_stand_ins(CONFIG / "layers.yaml")
BRANCHED = [name for name, one in ARCHITECTURES.items() if one.head and one.family != "vgg"]


def of(architecture: str, settings: dict[str, Any] = STANDARD) -> dict[str, Any]:
    return settings | {"architecture": architecture, "width": 0.0625}


@pytest.fixture(params=BRANCHED)
def tiny(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Tiny, str]:
    made = Tiny.made_in(tmp_path)
    checkpoint = initialise(tmp_path, made.dataset, of(request.param))
    recipe = recipe_for(made.recipe, request.param, STAND_INS)
    return dataclasses.replace(made, checkpoint=checkpoint, recipe=recipe), request.param


def test_trained_evaluated_and_painted_by_the_scripts(tiny: tuple[Tiny, str], tmp_path: Path) -> None:
    made, architecture = tiny
    assert made.train(tmp_path, made.checkpoint, settings=of(architecture)).code == 0
    trained = tmp_path / "results" / "epoch_001.pt"
    assert load_checkpoint(trained).architecture == architecture
    assert made.evaluate(tmp_path, trained, epoch="001").code == 0
    assert 0 <= json.loads((tmp_path / "results" / "evaluation.json").read_text())["robust_accuracy"] <= 1
    painted = made.stylize(tmp_path, trained, epoch=1)
    assert painted.code == 0, painted.log
    trace = json.loads((tmp_path / "results" / "content--style.json").read_text())
    assert trace["recipe"]["content_layers"] == [layer_for("relu4_2", architecture, STAND_INS)]
    assert trace["total_loss"][-1] < trace["total_loss"][0]


def test_reconstructed_by_the_script(tiny: tuple[Tiny, str], tmp_path: Path) -> None:
    made, architecture = tiny
    layers = [layer_for(layer, architecture, STAND_INS) for layer in ("relu1_1", "relu3_1")]
    done = run_script(
        "reconstruct",
        tmp_path / "script.log",
        input={"checkpoint": made.checkpoint, "images": made.images},
        output={"strip": tmp_path / "strip.png", "record": tmp_path / "record.json"},
        params={
            "content": "content", "style": "style", "blends": {}, "regime": "standard", "layers": layers,
            "evaluations": 2, "size_px": 32,
        },
        wildcards={"network": "n", "seed": "0", "epoch": "000"},
        config={"device": "cpu", "transfer": {"threads": 1, "precision": "float32"}},
    )  # fmt: skip
    assert done.code == 0, done.log
    assert json.loads((tmp_path / "record.json").read_text())["layers"] == layers


@pytest.mark.parametrize("regime", [ADVERSARIAL, NOISE], ids=["adversarial", "noise"])
def test_every_regime_moves_its_weights(tmp_path: Path, regime: dict[str, Any]) -> None:
    settings = of("resnet18", regime)
    data = write_tiny_dataset(tmp_path / "data.npz", train=24)
    first = initialise(tmp_path, data, settings)
    before, after = (restore_network(path)[0] for path in (first, train(tmp_path, data, first, 1, settings)))
    assert not torch.equal(next(before.parameters()), next(after.parameters()))


def test_two_segments_are_one(tmp_path: Path) -> None:
    settings = of("resnet18", ADVERSARIAL)
    data = write_tiny_dataset(tmp_path / "data.npz", train=24)
    first = initialise(tmp_path, data, settings)
    at_once = train(tmp_path, data, first, 2, settings)
    apart = train(tmp_path, data, train(tmp_path, data, first, 1, settings), 2, settings)
    assert at_once.read_bytes() == apart.read_bytes()
