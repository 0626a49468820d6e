"""Numbers whose scale is easily mistaken: refused or warned of, with the arithmetic; usual ones are neither."""

import copy
from pathlib import Path
from typing import Any

import pytest

from folder_of_images import write_folder
from merged_config import CONFIG, merge, merged
from robust_style.errors import ConfigError
from robust_style.workflow import cost, settings

NOISE = {"architecture": "vgg19", "regime": "noise"}
LINF = {"constraint": "linf", "epsilon": 8 / 255, "step_size": 2 / 255}
# Changes to the published configuration, and what the message says.
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"evaluation": {"step_size": 0.0005, "steps": 10}},
        "evaluation: 10 steps of 0.0005 reach 0.005, epsilon is 0.5: the attack cannot reach the border of its ball",
    ),
    # Also with restarts at random points, of which the published configuration has two.
    ({"evaluation": {"step_size": 1e-9}}, "evaluation: 20 steps of 1e-09 reach 2e-08, epsilon is 0.5"),
    ({"evaluation": {"steps": 1}}, "evaluation: 1 step of 0.1 reaches 0.1, epsilon is 0.5"),
    (
        {"networks": {"adversarial": {"step_size": 0.02}}},
        "networks.adversarial: 20 steps of 0.02 reach 0.4, epsilon is",
    ),
    ({"networks": {"adversarial": {"epsilon": 1e9}}}, "networks.adversarial.epsilon: 1e+09 is more than 55.43"),
    (
        {"networks": {"adversarial": {"epsilon": 128}}},
        "distance between two images; images have values from 0 to 1; 128 ",
    ),
    ({"networks": {"adversarial": {"epsilon": 128}}}, "128 / 255 is 0.502"),
    ({"networks": {"adversarial": {"step_size": 1e9}}}, "networks.adversarial.step_size: 1e+09 is more than 55.43"),
    (
        {"evaluation": {"epsilon": 60, "step_size": 20}},
        "evaluation.epsilon: 60 is more than 55.43, the largest l2 distance",
    ),
    ({"evaluation": LINF | {"epsilon": 8}}, "evaluation.epsilon: 8 is more than 1, the largest linf distance"),
    ({"evaluation": LINF | {"step_size": 2}}, "evaluation.step_size: 2 is more than 1, the largest linf distance"),
    (
        {"networks": {"noise": NOISE | {"epsilon": 60}}},
        "networks.noise.epsilon: noise of L2 norm 60 has a standard dev",
    ),
    (
        {"training": {"weight_decay": 500}},
        "training.weight_decay: each step takes learning_rate × weight_decay = 50 of",
    ),
    (
        {"networks": {"standard": {"width": 0.001}}},
        "networks.standard.width: 0.001 of the 64 channels of the first layer",
    ),
    ({"networks": {"standard": {"width": 0.001}}}, "is 0.064, less than one; choose 0.0625 or more"),
    ({"training": {"batch_size": 100_000}}, "training.batch_size: 100000 is more than the 50000 training images"),
    ({"dataset": {"train_size": 100}}, "training.batch_size: 128 is more than the 100 training images; lower it"),
    (
        {"evaluation": {"images": 1_000_000}},
        "evaluation.images: 1000000 is more than the 10000 test images; lower it, or",
    ),
    ({"evaluation": {"images": 100}, "dataset": {"test_size": 50}}, "evaluation.images: 100 is more than the 50 test"),
    ({"dataset": {"train_size": 60_000}}, "dataset.train_size: 60000 is more than the 50000 images of cifar10"),
    (
        {"dataset": {"name": "phototiles"}, "training": {"batch_size": 5001}},
        "5001 is more than the 5000 training images",
    ),
]
WARNED: list[tuple[dict[str, Any], str]] = [
    (
        {"networks": {"adversarial": {"step_size": 0.02, "random_start": True}}},
        "networks.adversarial: 20 steps of 0.02 reach 0.4, epsilon is 0.5: the attack only looks near its random start",
    ),
    ({"evaluation": {"monitor_steps": 2}}, "evaluation.monitor_steps: 2 steps of 0.1 reach 0.2, epsilon is 0.5"),
    (
        {"networks": {"adversarial": {"epsilon": 8}}},
        "networks.adversarial.epsilon: 8 is large, the largest l2 distance",
    ),
    ({"networks": {"adversarial": {"epsilon": 8}}}, "8 / 255 is 0.03137"),
    ({"evaluation": LINF | {"epsilon": 1, "step_size": 0.25}}, "evaluation.epsilon: 1 is large, the largest linf dist"),
    (
        {"networks": {"adversarial": {"step_size": 8}}},
        "networks.adversarial.step_size: 8 is more than 10 times epsilon",
    ),
    ({"networks": {"noise": NOISE | {"epsilon": 40}}}, "has a standard deviation of 0.722 per value"),
    (
        {"networks": {"noise": NOISE | {"epsilon": 0.12}}},
        "noise of L2 norm 0.12 has a standard deviation of 0.0022 per value, less than one step of 8-bit images; if "
        "0.12 is to be the standard deviation, write 6.65",
    ),
    (
        {"training": {"learning_rate": 1000, "weight_decay": 0}},
        "learning_rate 1000 / (1 - momentum 0.9) is 10000; 1 is usual",
    ),
    ({"training": {"momentum": 0.9999}}, "learning_rate 0.1 / (1 - momentum 0.9999) is 1000; 1 is usual"),
    ({"training": {"learning_rate": 1e-9}}, "is 1e-08; 1 is usual, and the weights will hardly change"),
    ({"training": {"weight_decay": 0.5}}, "each step takes learning_rate × weight_decay = 0.05 of every weight away"),
    (
        {"networks": {"standard": {"width": 0.03}}},
        "networks.standard.width: 0.03 leaves 1.9 of the 64 channels of the fir",
    ),
]
USUAL: list[dict[str, Any]] = [
    {"evaluation": LINF, "networks": {"adversarial": LINF | {"steps": 7}}},
    {"networks": {"adversarial": {"epsilon": 0.3, "step_size": 0.1, "steps": 3}}},  # 3 × 0.1 is not exactly 0.3
    {"evaluation": {"epsilon": 0.0}},
    {"evaluation": {"monitor_steps": 0}},
    {"networks": {"noise": NOISE | {"epsilon": 6.65}}},
    {"dataset": {"test_size": 500}},  # fewer than evaluation.monitor_images, an upper limit
]
FILES = [
    ("config",),
    ("config", "demo"),
    ("config", "miniature"),
    ("config", "short"),
    *(("config", f"studies/{name}") for name in ("architectures", "artefacts", "epsilon", "nakano", "schedule")),
    *(
        ("config", f"studies/{name}", "studies/small", f"studies/{name}_small")
        for name in ("architectures", "artefacts", "epsilon", "nakano", "schedule")
    ),
]


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    config = merged("config")
    merge(config, copy.deepcopy(changes))
    return config


def checked(config: dict[str, Any]) -> dict[str, Any]:
    return settings.checked(config, CONFIG / "schema.yaml")


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[str(changes) for changes, _ in REFUSED])
def test_impossible_numbers_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(changed(changes))
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2, "one cause, one fault"


@pytest.mark.parametrize(("changes", "words"), WARNED, ids=[str(changes) for changes, _ in WARNED])
def test_suspicious_numbers_are_warned_of(changes: dict[str, Any], words: str) -> None:
    (warning,) = settings.warnings(checked(changed(changes)))
    assert words in warning


@pytest.mark.parametrize("changes", USUAL, ids=str)
def test_usual_numbers_are_not(changes: dict[str, Any]) -> None:
    assert settings.warnings(checked(changed(changes))) == []


@pytest.mark.parametrize("names", FILES, ids=lambda names: names[-1])
def test_our_own_configurations_have_no_warnings(names: tuple[str, ...]) -> None:
    assert settings.warnings(checked(merged(*names))) == []


def test_larger_images_are_farther_apart() -> None:
    changes = {
        "dataset": {"name": "folder", "path": "images", "size_px": 224, "train_size": 1000, "test_size": 1000},
        "networks": {"adversarial": {"epsilon": 30, "step_size": 5}},
    }
    assert settings.warnings(checked(changed(changes))) == []


def test_the_images_of_a_folder_are_counted(tmp_path: Path) -> None:
    """They are warned of, not refused: to count them in every job would take minutes."""
    write_folder(tmp_path / "images")
    changes = {"dataset": {"name": "folder", "path": str(tmp_path / "images")}, "evaluation": {"images": 100_000}}
    batch, images = settings.warnings(checked(changed(changes)))
    assert batch.startswith("training.batch_size: 128 is more than the ")
    assert batch.endswith(" training images: each epoch is a single step; lower it")
    assert images.startswith("evaluation.images: 100000 is more than the ")


def test_an_estimate_counts_no_more_images_than_there_are() -> None:
    config = checked(changed({"evaluation": {"monitor_images": 10_000}}))
    more = checked(changed({"evaluation": {"monitor_images": 1_000_000}}))
    assert cost.cpu_hours(more) == cost.cpu_hours(config)
