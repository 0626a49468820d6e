"""The evaluation of one checkpoint: clean and robust accuracy, and how it came there."""

import sys
from pathlib import Path
from typing import Any

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.json_file import write_json
from robust_style.attack.checks import zero_gradient_fraction
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError
from robust_style.model.restore import restore_network
from robust_style.model.vgg import NormalisedNetwork
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.randomness import stream
from robust_style.training.accuracy import clean_accuracy, robust_accuracy
from robust_style.training.autoattack import autoattack_accuracy
from robust_style.training.on_device import LabelledImages
from robust_style.training.pixels import unit_scale
from robust_style.training.settings import EvaluationSettings

# How many images the check for vanished gradients looks at: one pass.
_CHECKED_IMAGES = 250


def evaluate_checkpoint(
    *,
    checkpoint: Path,
    dataset: Path,
    evaluation: Path,
    settings: dict[str, Any],
    seed: int,
    device: str,
    threads: int,
) -> None:
    """Writes the accuracies of `checkpoint` to the JSON file `evaluation`; `settings` is the evaluation's block.

    Clean accuracy is of the whole test set, robust accuracy of its first images in equal shares per class, AutoAttack's
    of the first of those. All in float32, as fractions from 0 to 1. Warns on stderr where gradients are zero.
    Raises CheckpointError if the checkpoint is damaged, of another seed or of another dataset.
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
    _warn_of_zero_gradients(checkpoint, network, attacked)
    robust = robust_accuracy(network, attacked.images, attacked.labels, chosen.attack, stream(seed, "evaluation"))
    hardest = attacked.first_of_each_class(chosen.autoattack_images, state.classes)
    has_autoattack = len(hardest.labels) > 0
    write_json(
        evaluation,
        {
            "network": state.network,
            "regime": state.regime,
            "seed": state.seed,
            "epoch": state.epoch,
            "clean_accuracy": clean_accuracy(network, test.images, test.labels),
            "robust_accuracy": robust,
            "images": len(attacked.labels),
            "attack": {key: settings[key] for key in ("constraint", "epsilon", "step_size", "steps")},
            "autoattack_accuracy": _autoattack(network, hardest, state, chosen) if has_autoattack else None,
            "autoattack_images": len(hardest.labels),
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


def _warn_of_zero_gradients(checkpoint: Path, network: NormalisedNetwork, attacked: LabelledImages) -> None:
    images, labels = attacked.images[:_CHECKED_IMAGES], attacked.labels[:_CHECKED_IMAGES]
    fraction = zero_gradient_fraction(network, unit_scale(images), labels)
    if fraction > 0:
        print(
            f"{checkpoint}: the loss has no gradient on {fraction:.1%} of the images; PGD cannot move them, so that "
            "robust accuracy is overestimated",
            file=sys.stderr,
            flush=True,
        )
