import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, pgd
from robust_style.data.dataset import read_dataset, write_dataset
from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import load_checkpoint, save_checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.model.restore import restore_network
from robust_style.training.accuracy import batch_size_for, clean_accuracy, correct_under_attack, robust_accuracy
from robust_style.training.evaluate import (
    accuracy_warnings,
    attack_warnings,
    autoattack_accuracy,
    chance_warnings,
    evaluate_checkpoint,
    zero_gradient_fraction,
)
from tiny_training import EVALUATION, STANDARD, initialise, train, write_tiny_dataset


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset and a checkpoint of 12 epochs: batch-norm statistics need that many."""
    folder = tmp_path_factory.mktemp("trained")
    dataset = write_tiny_dataset(folder / "dataset.npz")
    train(folder, dataset, initialise(folder, dataset, STANDARD), 12, STANDARD).rename(folder / "checkpoint.pt")
    return folder


def evaluate(folder: Path, output: Path, **changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "checkpoint": folder / "checkpoint.pt", "dataset": folder / "dataset.npz", "evaluation": output,
        "settings": EVALUATION, "with_autoattack": False, "network": "n", "seed": 0, "epoch": 12,
        "device": "cpu", "threads": 1,
    }  # fmt: skip
    evaluate_checkpoint(**(arguments | changes))
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def test_accuracies_equal_a_direct_computation(trained: Path, tmp_path: Path) -> None:
    result = evaluate(trained, tmp_path / "e.json")
    network, checkpoint = restore_network(trained / "checkpoint.pt")
    data = read_dataset(trained / "dataset.npz")
    images, labels = torch.from_numpy(data.test_images).float() / 255, torch.from_numpy(data.test_labels)
    assert result["clean_accuracy"] == float((network(images).argmax(1) == labels).double().mean())
    adversarial = pgd(network, images[:12], labels[:12], Attack("l2", 0.5, 0.2, 3), torch.Generator())
    assert result["robust_accuracy"] == float((network(adversarial).argmax(1) == labels[:12]).double().mean())
    assert (result["images"], result["test_images"], result["warnings"]) == (12, 24, [])
    assert result["attack"] == {"constraint": "l2", "epsilon": 0.5, "step_size": 0.2, "steps": 3, "restarts": 1}
    assert (result["autoattack_accuracy"], result["autoattack_images"]) == (None, 0)
    assert (result["network"], result["regime"], result["seed"], result["epoch"]) == ("n", "standard", 0, 12)
    assert result["history"] == checkpoint.history
    evaluate(trained, tmp_path / "again.json")
    assert (tmp_path / "e.json").read_bytes() == (tmp_path / "again.json").read_bytes()


def test_an_attack_of_no_size_changes_nothing_and_a_huge_one_everything(trained: Path, tmp_path: Path) -> None:
    whole = EVALUATION | {"images": None}
    nothing = evaluate(trained, tmp_path / "e.json", settings=whole | {"epsilon": 0.0})
    assert nothing["robust_accuracy"] == nothing["clean_accuracy"] > 0.4
    assert nothing["images"] == 24
    huge = evaluate(trained, tmp_path / "e.json", settings=whole | {"epsilon": 30.0, "step_size": 10.0, "steps": 10})
    assert huge["robust_accuracy"] < 0.3


def test_batches_do_not_change_the_count(monkeypatch: pytest.MonkeyPatch, trained: Path) -> None:
    network, _ = restore_network(trained / "checkpoint.pt")
    data = read_dataset(trained / "dataset.npz")
    inputs = network, torch.from_numpy(data.test_images), torch.from_numpy(data.test_labels)
    attack = Attack("l2", 0.5, 0.2, 2)
    expected = clean_accuracy(*inputs), robust_accuracy(*inputs, attack, torch.Generator())
    monkeypatch.setattr("robust_style.training.accuracy._BATCH", {"cpu": 5})
    assert (clean_accuracy(*inputs), robust_accuracy(*inputs, attack, torch.Generator())) == expected


@pytest.mark.parametrize("which", ["seed", "dataset_sha256"])
def test_a_checkpoint_of_another_run_is_refused(which: str, trained: Path, tmp_path: Path) -> None:
    other: dict[str, Any] = {"seed": 4}
    if which == "dataset_sha256":
        other = {"dataset": write_tiny_dataset(tmp_path / "other.npz", seed=9)}
    with pytest.raises(CheckpointError, match=f"expected {which}"):
        evaluate(trained, tmp_path / "e.json", **other)


def test_warnings_are_printed_and_written(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(trained, tmp_path / "e.json")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("robust_style.training.evaluate.zero_gradient_fraction", lambda *_: 0.25)
    result = evaluate(trained, tmp_path / "e.json")
    assert result["warnings"] == ["no gradient on 25.0% of the images: PGD cannot change them"]
    assert result["warnings"][0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("correct", "changes", "words"),
    [
        (26, {}, "clean accuracy 26.0% (95 % interval 18.4% to 35.4%, 100 images) at epoch 12 is chance level"),
        (0, {}, "1 of 4 classes is 25.0%"),  # worse than chance: labels in another order
        (40, {}, None),
        (26, {"epoch": 0}, None),
        (26, {"regime": "untrained"}, None),
    ],
)
def test_a_trained_network_at_chance_level_is_warned_of(
    trained: Path, correct: int, changes: dict[str, Any], words: str | None
) -> None:
    state = replace(load_checkpoint(trained / "checkpoint.pt"), **changes)
    warnings = chance_warnings(correct / 100, 100, state)
    assert len(warnings) == (words is not None)
    assert words is None or words in warnings[0]


def test_an_evaluation_holds_the_warning_of_chance(trained: Path, tmp_path: Path) -> None:
    """On a dataset with its labels rotated by one class the network is wrong about all it knows."""
    data = read_dataset(trained / "dataset.npz")
    rotated = (data.test_labels + 1) % len(data.class_names)
    write_dataset(tmp_path / "rotated.npz", replace(data, test_labels=rotated))
    state = load_checkpoint(trained / "checkpoint.pt")
    digest = sha256_of_file(tmp_path / "rotated.npz")
    save_checkpoint(tmp_path / "checkpoint.pt", replace(state, dataset_sha256=digest))
    found = evaluate(
        trained, tmp_path / "e.json", checkpoint=tmp_path / "checkpoint.pt", dataset=tmp_path / "rotated.npz"
    )
    assert "is chance level" in found["warnings"][0]


def test_an_image_is_correct_only_if_it_is_under_every_restart() -> None:
    """The loss is flat around 0.6: PGD succeeds from most random points, not from the image itself."""

    class Plateau(torch.nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            distance = ((images.flatten(1).mean(1) - 0.6).abs() - 0.02).clamp_min(0)
            return torch.stack([0.08 - distance, distance - 0.08], 1)

    images = torch.full((4, 3, 1, 1), 153, dtype=torch.uint8)
    labels = torch.zeros(4, dtype=torch.int64)
    attack = Attack("linf", 0.15, 0.15, 3)
    once = correct_under_attack(Plateau(), images, labels, attack, torch.Generator().manual_seed(1))
    assert bool(once.all())
    often = correct_under_attack(Plateau(), images, labels, attack, torch.Generator().manual_seed(1), restarts=9)
    assert not bool(often.any())


@pytest.mark.nightly
def test_autoattack_where_it_is_asked_for(trained: Path, tmp_path: Path) -> None:
    settings = EVALUATION | {"autoattack_images": 8}
    assert evaluate(trained, tmp_path / "e.json", settings=settings)["autoattack_accuracy"] is None
    result = evaluate(trained, tmp_path / "e.json", settings=settings, with_autoattack=True)
    assert result["autoattack_images"] == 8
    assert 0 <= result["autoattack_accuracy"] <= result["robust_accuracy"] + 0.25


class Brightness(nn.Module):
    """Bright, dark, and two classes that never win; the smallest change from bright to dark is known."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        brightness = images.flatten(1).mean(1)
        return torch.stack([brightness - 0.5, 0.5 - brightness, brightness * 0 - 5, brightness * 0 - 6], 1)


def test_autoattack_finds_what_lies_within_epsilon_and_restores_the_random_state() -> None:
    """Moving brightness by d costs d · sqrt(192) in l2: the 6.5/255 from 134 to below the middle need 0.35."""
    images = torch.stack([torch.full((3, 8, 8), value, dtype=torch.uint8) for value in (133, 134)])
    labels = torch.zeros(2, dtype=torch.int64)
    before = torch.get_rng_state()
    network = Brightness()
    assert clean_accuracy(network, images, labels) == 1
    assert autoattack_accuracy(network, images, labels, classes=4, constraint="l2", epsilon=0.5, seed=0) == 0
    assert torch.equal(before, torch.get_rng_state())


def test_autoattack_needs_four_classes(trained: Path) -> None:
    images, labels = torch.zeros(1, 3, 4, 4, dtype=torch.uint8), torch.zeros(1, dtype=torch.int64)
    with pytest.raises(
        ConfigError, match=r"evaluation\.autoattack_images is 1, but AutoAttack needs at least 4 classes .* has 3"
    ):
        autoattack_accuracy(Brightness(), images, labels, classes=3, constraint="l2", epsilon=0.5, seed=0)


def test_larger_images_are_evaluated_in_smaller_batches() -> None:
    """As many pixels per batch: 1000 images of 224 px would need more memory than a GPU has."""
    sizes = [batch_size_for(torch.zeros(1, 3, side, side, dtype=torch.uint8), 1000) for side in (32, 64, 224)]
    assert sizes == [1000, 250, 20]
    assert batch_size_for(torch.zeros(1, 3, 224, 224, dtype=torch.uint8), 10) == 1
    assert batch_size_for(torch.zeros(0, 3, 64, 64, dtype=torch.uint8), 10) == 10


class Usual(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).mean(1)
        return torch.stack([brightness, -brightness], 1)


class Confident(nn.Module):
    """On bright images the loss of class 0 underflows."""

    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).mean(1)
        return torch.stack([brightness * 1000, torch.zeros_like(brightness)], 1)


class Randomised(Usual):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) + torch.rand(1)


class Probabilities(Usual):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).softmax(1)


def test_attacks_that_cannot_work_are_warned_of() -> None:
    images, labels = torch.rand(4, 3, 4, 4), torch.zeros(4, dtype=torch.int64)
    assert attack_warnings(Usual(), images, labels) == []
    grey = torch.stack([torch.full((3, 4, 4), value) for value in (1.0, 0.0, 0.9, 0.001)])
    assert zero_gradient_fraction(Confident(), grey, labels) == 0.5
    assert attack_warnings(Confident(), grey, labels) == ["no gradient on 50.0% of the images: PGD cannot change them"]
    assert "randomised" in attack_warnings(Randomised(), images, labels)[0]
    assert "probabilities" in attack_warnings(Probabilities(), images, labels)[0]


def test_impossible_accuracies_are_warned_of() -> None:
    assert accuracy_warnings(0.9, 0.5, 0.5, 0.48) == accuracy_warnings(0.9, 0.5, 0.5, None) == []
    assert "above clean" in accuracy_warnings(0.4, 0.5, 0.5, None)[0]
    assert "30.0% under AutoAttack" in accuracy_warnings(0.9, 0.5, 0.5, 0.3)[0]
