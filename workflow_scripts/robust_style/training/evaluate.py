"""The evaluation of one checkpoint: clean and robust accuracy, and how it came there."""

import sys
from pathlib import Path
from typing import Any

import torch

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.json_file import write_json
from robust_style.attack.checks import contradictions, suspicions
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError
from robust_style.model.kinds import UNTRAINED
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import restore_network
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.device_memory import within_memory
from robust_style.provenance.randomness import stream
from robust_style.score.wilson import wilson_interval
from robust_style.training.accuracy import clean_accuracy, fitting, withstood
from robust_style.training.autoattack import autoattack_accuracy
from robust_style.training.on_device import LabelledImages
from robust_style.training.pixels import unit_scale
from robust_style.training.settings import EvaluationSettings
from robust_style.training.subset import class_balanced

# How many images the checks of the attack look at, of 32 px: one pass.
_CHECKED_IMAGES = 250


# Of a network that only paints.
_NOTHING_MEASURED: dict[str, Any] = {
    "clean_accuracy": None, "test_images": 0, "robust_accuracy": None, "images": 0, "autoattack_accuracy": None,
    "autoattack_images": 0, "warnings": [],
}  # fmt: skip


def evaluate_checkpoint(
    *,
    checkpoint: Path,
    dataset: Path,
    evaluation: Path,
    settings: dict[str, Any],
    with_autoattack: bool,
    network: str,
    seed: int,
    epoch: int,
    device: str,
    threads: int,
) -> None:
    """Writes the accuracies of `checkpoint` to the JSON file `evaluation`; `settings` is the evaluation's block.

    Clean accuracy is of the whole test set, robust accuracy of its first images in equal shares per class, AutoAttack's
    (if `with_autoattack`) of the first of those. All in float32, as fractions from 0 to 1. What is suspicious about
    them goes to stderr and into the file. A network that only paints has none.

    Raises CheckpointError if the checkpoint is damaged, of another network, seed, epoch or dataset, DatasetError for a
    damaged dataset, ConfigError if the device is absent or its memory does not suffice.
    """
    make_deterministic(threads)
    where = choose_device(device)
    chosen = EvaluationSettings.from_config(settings)
    restored, state = restore_network(checkpoint)
    data = read_dataset(dataset)
    named = {"network": network, "seed": seed, "epoch": epoch, "dataset_sha256": sha256_of_file(dataset)}
    for key, expected in named.items():
        _demand_equal(checkpoint, key, expected, getattr(state, key))
    measured = dict(_NOTHING_MEASURED)
    if state.classes:
        with within_memory("device", where.type, f"set it to cpu, or lower networks.{state.network}.width"):
            test = LabelledImages.from_arrays(data.test_images, data.test_labels, where)
            measured = _accuracies(restored.to(where), test, state, chosen, with_autoattack)
    for warning in measured["warnings"]:
        print(f"{checkpoint}: {warning}", file=sys.stderr, flush=True)
    write_json(
        evaluation,
        {
            "network": state.network,
            "regime": state.regime,
            "seed": state.seed,
            "epoch": state.epoch,
            **measured,
            "attack": {key: settings[key] for key in ("constraint", "epsilon", "step_size", "steps", "restarts")},
            "history": state.history,
        },
    )


def _accuracies(
    network: NormalisedNetwork,
    test: LabelledImages,
    state: Checkpoint,
    chosen: EvaluationSettings,
    with_autoattack: bool,
) -> dict[str, Any]:
    """Clean, robust and AutoAttack's accuracy, how many images each is of, and what is suspicious about them."""
    attacked = test.first_of_each_class(chosen.images, state.classes)
    right = withstood(
        network,
        attacked.images,
        attacked.labels,
        chosen.attack,
        stream(state.seed, "evaluation"),
        restarts=chosen.restarts,
    )
    hardest = class_balanced(attacked.labels, chosen.autoattack_images if with_autoattack else 0, state.classes)
    autoattack = None
    if len(hardest):
        autoattack = _autoattack(network, attacked.at(hardest), state, chosen)
    robust = float(right.double().mean())
    checked = min(fitting(attacked.images, _CHECKED_IMAGES), len(attacked.labels))
    few = attacked.at(torch.arange(checked, device=attacked.labels.device))
    clean = clean_accuracy(network, test.images, test.labels)
    warnings = [
        *signs_of_chance(clean, len(test.labels), state),
        *suspicions(network, unit_scale(few.images), few.labels),
        *contradictions(
            clean_accuracy(network, attacked.images, attacked.labels),
            robust,
            float(right[hardest].double().mean()) if len(hardest) else robust,
            autoattack,
        ),
    ]
    return {
        "clean_accuracy": clean,
        "test_images": len(test.labels),
        "robust_accuracy": robust,
        "images": len(attacked.labels),
        "autoattack_accuracy": autoattack,
        "autoattack_images": len(hardest),
        "warnings": warnings,
    }


def signs_of_chance(accuracy: float, images: int, state: Checkpoint) -> list[str]:
    """A warning if a trained network (also one trained elsewhere) classifies no better than by chance."""
    low, high = wilson_interval(accuracy, images)
    chance = 1 / state.classes
    if state.epoch == 0 or state.regime == UNTRAINED or low > chance:
        return []
    return [
        f"clean accuracy {accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}, {images} images) after {state.epoch} "
        f"epochs is chance level: 1 of {state.classes} classes is {chance:.1%}"
    ]


def _autoattack(
    network: NormalisedNetwork, images: LabelledImages, state: Checkpoint, settings: EvaluationSettings
) -> float:
    return autoattack_accuracy(
        network,
        images.images,
        images.labels,
        classes=state.classes,
        constraint=settings.constraint,
        epsilon=settings.epsilon,
        seed=state.seed,
    )


def _demand_equal(path: Path, key: str, expected: object, found: object) -> None:
    if expected != found:
        raise CheckpointError(
            f"{path}: expected {key} {expected}, found {found}; delete the file and run the workflow again"
        )
