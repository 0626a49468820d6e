"""The evaluation of one checkpoint: clean and robust accuracy, and how it came there."""

import sys
from pathlib import Path
from typing import Any

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.json_file import write_json
from robust_style.attack.checks import contradictions, suspicions
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError
from robust_style.model.restore import restore_network
from robust_style.model.vgg import NormalisedNetwork
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.randomness import stream
from robust_style.training.accuracy import clean_accuracy, withstood
from robust_style.training.autoattack import autoattack_accuracy
from robust_style.training.on_device import LabelledImages
from robust_style.training.pixels import unit_scale
from robust_style.training.settings import EvaluationSettings
from robust_style.training.subset import class_balanced

# How many images the checks of the attack look at: one pass.
_CHECKED_IMAGES = 250


def evaluate_checkpoint(
    *,
    checkpoint: Path,
    dataset: Path,
    evaluation: Path,
    settings: dict[str, Any],
    with_autoattack: bool,
    seed: int,
    device: str,
    threads: int,
) -> None:
    """Writes the accuracies of `checkpoint` to the JSON file `evaluation`; `settings` is the evaluation's block.

    Clean accuracy is of the whole test set, robust accuracy of its first images in equal shares per class, AutoAttack's
    (if `with_autoattack`) of the first of those. All in float32, as fractions from 0 to 1. What is suspicious about
    them goes to stderr and into the file. Raises CheckpointError if the checkpoint is damaged, of another seed or of
    another dataset.
    """
    make_deterministic(threads)
    where = choose_device(device)
    chosen = EvaluationSettings.from_config(settings)
    network, state = restore_network(checkpoint)
    _demand_equal(checkpoint, "seed", seed, state.seed)
    _demand_equal(checkpoint, "dataset_sha256", sha256_of_file(dataset), state.dataset_sha256)
    network.to(where)
    data = read_dataset(dataset)
    test = LabelledImages.from_arrays(data.test_images, data.test_labels, where)
    attacked = test.first_of_each_class(chosen.images, state.classes)
    right = withstood(
        network, attacked.images, attacked.labels, chosen.attack, stream(seed, "evaluation"), restarts=chosen.restarts
    )
    hardest = class_balanced(attacked.labels, chosen.autoattack_images if with_autoattack else 0, state.classes)
    autoattack = None
    if len(hardest):
        autoattack = _autoattack(
            network, LabelledImages(attacked.images[hardest], attacked.labels[hardest]), state, chosen
        )
    robust = float(right.double().mean())
    few = slice(_CHECKED_IMAGES)
    warnings = [
        *suspicions(network, unit_scale(attacked.images[few]), attacked.labels[few]),
        *contradictions(
            clean_accuracy(network, attacked.images, attacked.labels),
            robust,
            float(right[hardest].double().mean()) if len(hardest) else robust,
            autoattack,
        ),
    ]
    for warning in warnings:
        print(f"{checkpoint}: {warning}", file=sys.stderr, flush=True)
    write_json(
        evaluation,
        {
            "network": state.network,
            "regime": state.regime,
            "seed": state.seed,
            "epoch": state.epoch,
            "clean_accuracy": clean_accuracy(network, test.images, test.labels),
            "test_images": len(test.labels),
            "robust_accuracy": robust,
            "images": len(attacked.labels),
            "attack": {key: settings[key] for key in ("constraint", "epsilon", "step_size", "steps", "restarts")},
            "autoattack_accuracy": autoattack,
            "autoattack_images": len(hardest),
            "warnings": warnings,
            "history": state.history,
        },
    )


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
