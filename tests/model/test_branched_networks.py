"""Networks with branches run through the rules' scripts like a VGG: train, evaluate, stylize, reconstruct."""

import dataclasses
import json
from pathlib import Path

import pytest

from merged_config import CONFIG
from robust_style.files.checkpoint import load_checkpoint
from robust_style.model.architectures import ARCHITECTURES
from robust_style.transfer.stand_ins import layer_for, read_stand_ins, recipe_for
from rule_script import run_script
from tiny_scripts import Tiny
from tiny_training import STANDARD, initialise

STAND_INS = read_stand_ins(CONFIG / "layers.yaml")
BRANCHED = [
    pytest.param(name, marks=[] if name == "resnet18" else [pytest.mark.nightly])
    for name, facts in ARCHITECTURES.items()
    if facts.head and facts.family != "vgg"
]


@pytest.mark.parametrize("architecture", BRANCHED)
def test_trained_evaluated_painted_and_reconstructed_by_the_scripts(architecture: str, tmp_path: Path) -> None:
    tiny = Tiny.made_in(tmp_path)
    settings = STANDARD | {"architecture": architecture, "width": 0.0625}
    start = initialise(tmp_path, tiny.dataset, settings)
    assert tiny.train(tmp_path, start, settings=settings).code == 0
    trained = tmp_path / "results" / "epoch_001.pt"
    assert load_checkpoint(trained).architecture == architecture
    assert tiny.evaluate(tmp_path, trained, epoch="001").code == 0
    assert 0 <= json.loads((tmp_path / "results" / "evaluation.json").read_text())["robust_accuracy"] <= 1

    with_recipe = dataclasses.replace(tiny, recipe=recipe_for(tiny.recipe, architecture, STAND_INS))
    painted = with_recipe.stylize(tmp_path, trained, epoch=1)
    assert painted.code == 0, painted.log
    trace = json.loads((tmp_path / "results" / "content--style.json").read_text())
    assert trace["recipe"]["content_layers"] == [layer_for("relu4_2", architecture, STAND_INS)]
    assert trace["total_loss"][-1] < trace["total_loss"][0]

    layers = [layer_for(layer, architecture, STAND_INS) for layer in ("relu1_1", "relu3_1")]
    done = run_script(
        "reconstruct",
        tmp_path / "script.log",
        input={"checkpoint": start, "images": tiny.images},
        output={"strip": tmp_path / "strip.png", "record": tmp_path / "record.json"},
        params={
            "content": "content", "style": "style", "blends": {}, "regime": "standard", "layers": layers,
            "iterations": 2, "size_px": 32,
        },
        wildcards={"network": "n", "seed": "0", "epoch": "000"},
        config={"device": "cpu", "transfer": {"threads": 1, "precision": "float32"}},
    )  # fmt: skip
    assert done.code == 0, done.log
    assert json.loads((tmp_path / "record.json").read_text())["layers"] == layers
