"""Contradictory and impossible values are refused, probable mistakes get a warning, usual values neither."""

from pathlib import Path
from typing import Any

import pytest

from folder_of_images import write_folder
from merged_config import CONFIG, changed, merged
from robust_style.errors import ConfigError
from robust_style.workflow.configuration import check_configuration
from robust_style.workflow.plausibility import configuration_warnings

NOISE = {"architecture": "vgg19", "regime": "noise"}
THEIRS = {"architecture": "vgg19", "regime": "standard", "source": "a.pt", "sha256": "0" * 64, "epoch": 7}
LINF = {"evaluation.constraint": "linf", "evaluation.epsilon": 8 / 255, "evaluation.step_size": 2 / 255}
BLENDS = {"both": [{"image": "the_scream"}], "twice": [{"image": "both"}]}
ENGINE = {"architecture": "vgg19", "regime": "standard", "engine": "robustness"}
PAINTER = THEIRS | {"architecture": "imagenet_resnet50"}


def check(changes: dict[str, Any]) -> dict[str, Any]:
    return check_configuration(changed(changes), CONFIG / "schema.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # Dataset
        ({"dataset.sha256": "0" * 64}, "dataset.sha256: belongs to dataset.archive"),
        ({"dataset": {"name": "phototiles", "archive": "a"}}, "dataset.archive: only cifar10 has an archive"),
        ({"dataset": {"name": "folder"}}, "dataset.path: null, but the dataset is a folder"),
        ({"dataset": {"name": "phototiles", "path": "a"}}, "dataset.path: belongs to the dataset folder"),
        ({"dataset.classes": {"a": ["1"], "b": ["2"]}}, "dataset.classes: belongs to the dataset folder"),
        ({"dataset.size_px": 64}, "dataset.size_px: images of cifar10 have 32 px, not 64"),
        ({"dataset.train_size": 60_000}, "dataset.train_size: 60000 is more than the 50000 images of cifar10"),
        ({"training.batch_size": 60_000}, "training.batch_size: 60000 is more than the 50000 training images"),
        ({"evaluation.images": 60_000}, "evaluation.images: 60000 is more than the 10000 test images; lower it, or"),
        # Training
        ({"training.epochs": 90}, "training.epochs: 90 is no multiple of training.checkpoint_every (25)"),
        ({"training.weight_decay": 500}, "each step takes learning_rate × weight_decay = 50 of every weight away"),
        # Attacks and noise
        (
            {"evaluation.step_size": 0.0005, "evaluation.steps": 10},
            "evaluation: 10 steps of 0.0005 reach 0.005, epsilon is 0.5: the attack cannot reach its constraint",
        ),
        ({"evaluation.steps": 1}, "evaluation: 1 step of 0.1 reaches 0.1, epsilon is 0.5"),
        ({"networks.adversarial.step_size": 0.02}, "networks.adversarial: 20 steps of 0.02 reach 0.4, epsilon is"),
        ({"networks.adversarial.epsilon": 128}, "networks.adversarial.epsilon: 128 is more than 55.43"),
        ({"networks.adversarial.step_size": 1e9}, "networks.adversarial.step_size: 1e+09 is more than 55.43"),
        (LINF | {"evaluation.epsilon": 8}, "8 is more than 1, the largest linf distance between two images; images"),
        ({"networks.noise": NOISE | {"epsilon": 60}}, "networks.noise.epsilon: noise of L2 norm 60 has a standard dev"),
        # Networks
        ({"networks.standard.epsilon": 0.5}, "networks.standard: regime standard has no attack; take epsilon away"),
        ({"networks.noise": NOISE}, "networks.noise: regime noise needs epsilon"),
        ({"networks.standard.width": 0.001}, "is 0.064, less than one; choose 0.0625 or more"),
        ({"networks.standard.source": "a.pt"}, "networks.standard: a source needs sha256, epoch"),
        ({"networks.a": THEIRS | {"steps": 3}}, "networks.a: a network with a source is not trained here"),
        (
            {"networks.a": THEIRS | {"source": "http://x.org/a"}},
            "networks.a.source: expected a local path, painter:NAME, https",
        ),
        ({"networks.a": THEIRS | {"input": "caffe"}}, "networks.a.input: belongs to a network for ImageNet"),
        ({"networks.a": PAINTER | {"width": 0.5}}, "networks.a.width: expected 1 for imagenet_resnet50"),
        (
            {"networks.a": {"architecture": "imagenet_alexnet", "regime": "standard"}},
            "is not trained here; give source",
        ),
        ({"networks.a": ENGINE | {"architecture": "mobilenet_v2"}}, "engine robustness trains the library's own"),
        ({"networks.a": ENGINE, "training.flip": False}, "flip True, found training.flip False"),
        (
            {"networks.a": ENGINE, "dataset": {"name": "folder", "path": "images"}},
            "networks.a: engine robustness crops images to 32 px, but dataset.size_px is 64",
        ),
        # Pairs, recipes and layers
        ({"transfer.pairs": [{"content": "a", "style": "b"}] * 2}, "transfer.pairs: a x b is named twice"),
        ({"transfer.blends": BLENDS}, "transfer.blends.twice: both is a blend itself"),
        (
            {"transfer.blends.both": BLENDS["both"], "transfer.pairs": [{"content": ["both"], "style": "barn"}]},
            "transfer.pairs: the content both is a blend",
        ),
        ({"transfer.recipes.fair.snapshots": [0, 999]}, "transfer.recipes.fair: snapshot 999 lies beyond"),
        ({"transfer.recipes.fair.style_layer_weights": [1.0]}, "transfer.recipes.fair: style_layer_weights: expected"),
        ({"transfer.recipes.fair.jitter_px": 4}, "transfer.recipes.fair: jitter_px: random transformations"),
        ({"transfer.recipes.fair.style_layers": ["relu5_5"]}, "found 'relu5_5'; did you mean relu5_4?"),
        ({"transfer.recipes.fair.layers_of": {"resnt": {}}}, "layers_of.resnt: not an architecture or a family"),
        ({"figure.recipe": "unfair"}, "figure.recipe: unfair is not one of the recipes fair, matched"),
        ({"figure.networks": ["standard", "nobody"]}, "figure.networks: nobody is not one of the networks stand"),
        ({"networks.a": PAINTER, "transfer.size_px": 32}, "transfer.size_px: 32 is less than 64, which networks.a"),
        # Reconstructions and expectations
        ({"reconstruction.layers": ["layer1"]}, "reconstruction: layer: expected one of conv1_1"),
        ({"reconstruction.layers_of": {"vgg19": ["relu1_1"]}}, "reconstruction.layers_of: 1 layers for networks.stand"),
        ({"reconstruction.style": "bigben"}, "reconstruction: content and style are the same image (bigben)"),
        (
            {"transfer.blends.both": BLENDS["both"], "reconstruction.content": "both"},
            "reconstruction.content: both is a blend",
        ),
        ({"expected.resnet": {}}, "expected.resnet: no such network; known: standard, adversarial"),
        (
            {"networks.a": PAINTER, "expected.a": {"clean_accuracy": [0.1, 0.9]}},
            "expected.a: a network for ImageNet only paints",
        ),
        ({"expected.standard.clean_accuracy": [0.9, 0.1]}, "the lower limit comes first, not [0.9, 0.1]"),
    ],
)
def test_contradictory_and_impossible_values_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check(changes)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"networks.adversarial.step_size": 0.02, "networks.adversarial.random_start": True},
            "networks.adversarial: 20 steps of 0.02 reach 0.4, epsilon is 0.5: the attack stays near its random start",
        ),
        ({"evaluation.monitor_steps": 2}, "evaluation.monitor_steps: 2 steps of 0.1 reach 0.2, epsilon is 0.5"),
        ({"networks.adversarial.epsilon": 8}, "8 is large, the largest l2 distance between two images is 55.43"),
        ({"networks.adversarial.step_size": 8}, "networks.adversarial.step_size: 8 is more than 10 times epsilon"),
        ({"networks.noise": NOISE | {"epsilon": 40}}, "has a standard deviation of 0.722 per value"),
        ({"networks.noise": NOISE | {"epsilon": 0.12}}, "0.12 is to be the standard deviation, write 6.65"),
        ({"training.momentum": 0.9999}, "learning_rate 0.1 / (1 - momentum 0.9999) is 1000; 1 is usual"),
        ({"training.learning_rate": 1e-9}, "is 1e-08; 1 is usual, and the weights will hardly change"),
        ({"training.weight_decay": 0.5}, "learning_rate × weight_decay = 0.05 of every weight away; 5e-5 is usual"),
        ({"networks.standard.width": 0.03}, "networks.standard.width: 0.03 leaves 1.9 of the 64 channels"),
    ],
)
def test_probable_mistakes_get_one_warning(changes: dict[str, Any], message: str) -> None:
    (warning,) = configuration_warnings(check(changes))
    assert message in warning


@pytest.mark.parametrize(
    "changes",
    [
        {},
        LINF,
        {f"networks.adversarial.{key}": value for key, value in {"epsilon": 0.3, "step_size": 0.1, "steps": 3}.items()},
        {"evaluation.epsilon": 0.0},
        {"evaluation.monitor_steps": 0},
        {"networks.noise": NOISE | {"epsilon": 6.65}},
        {"dataset.test_size": 500},  # fewer than evaluation.monitor_images, an upper limit
        {
            "dataset": {"name": "folder", "path": "a", "size_px": 224, "train_size": 1000, "test_size": 1000},
            "evaluation.images": None,
            "networks.adversarial.epsilon": 30,
            "networks.adversarial.step_size": 5,
        },
    ],
    ids=str,
)
def test_usual_values_get_none(changes: dict[str, Any]) -> None:
    assert list(configuration_warnings(check(changes))) == []


@pytest.mark.parametrize("name", ["demo", "miniature", "short", *(f"studies/{s}" for s in ("epsilon", "schedule"))])
def test_our_own_configurations_have_no_warnings(name: str) -> None:
    config = check_configuration(merged("config", name), CONFIG / "schema.yaml")
    assert list(configuration_warnings(config)) == []


def test_images_of_a_folder_are_counted_for_warnings_only(tmp_path: Path) -> None:
    write_folder(tmp_path / "images")
    config = check({"dataset": {"name": "folder", "path": str(tmp_path / "images")}, "evaluation.images": 100_000})
    batch, images = configuration_warnings(config)
    assert batch == "training.batch_size: 128 is more than the 18 training images: each epoch is one step; lower it"
    assert images.startswith("evaluation.images: 100000 is more than the 9 test images")
