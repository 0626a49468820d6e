"""Evaluate one checkpoint: clean accuracy, accuracy under PGD and AutoAttack, and warnings about the attack.

Training does not import this module, so that a change of the evaluation does not retrain networks.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from pyautoattack import AutoAttack
from torch import nn

from robust_style.attack.pgd import Images, Labels, frozen_for_attack, losses_and_gradient
from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device
from robust_style.compute.memory import within_memory
from robust_style.compute.randomness import stream
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.files.evaluation import Evaluation, HistoryRow, wilson_interval
from robust_style.model.kinds import UNTRAINED
from robust_style.model.network import NormalisedNetwork
from robust_style.model.painters import is_painter
from robust_style.model.restore import restore_network
from robust_style.training.accuracy import batch_size_for, clean_accuracy, correct_under_attack
from robust_style.training.batches import LabelledImages, class_balanced, unit_scale
from robust_style.training.settings import EvaluationSettings

# How many images (of 32 px) the checks of the attack use: one forward pass.
_CHECKED_IMAGES = 250
# Accuracy under PGD minus accuracy under AutoAttack that is normal: AutoAttack is somewhat stronger.
_USUAL_GAP = 0.05
_NORMS = {"l2": "L2", "linf": "Linf"}
# AutoAttack's targeted attacks use the ratio of the first to the third and fourth logit.
_FEWEST_CLASSES = 4
# AutoAttack's standard: the nine most likely wrong classes of each image are targets.
_TARGET_CLASSES = 9
_AUTOATTACK_BATCH = 250

# The measurements of a network without a classifier for the dataset.
_NOTHING_MEASURED: dict[str, Any] = {
    "clean_accuracy": None, "test_images": 0, "robust_accuracy": None, "images": 0, "autoattack_accuracy": None,
    "autoattack_images": 0, "warnings": (),
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
    """Write the accuracies of `checkpoint` to the JSON file `evaluation`; `settings` is the block `evaluation`.

    Clean accuracy is over the whole test set, robust accuracy over its first images in equal shares per class,
    AutoAttack's (if `with_autoattack`) over the first of those. All in float32, as fractions from 0 to 1. Warnings go
    to stderr and into the file. A network that only paints, for ImageNet or of the package, has no accuracies.

    Raises CheckpointError if the checkpoint is damaged or of another network, seed, epoch or dataset, DatasetError for
    a damaged dataset, ConfigError if the device is absent or its memory does not suffice.
    """
    make_deterministic(threads)
    torch_device = choose_device(device)
    evaluation_settings = EvaluationSettings.from_config(settings)
    restored, state = restore_network(checkpoint)
    data = read_dataset(dataset)
    expectations = {"network": network, "seed": seed, "epoch": epoch, "dataset_sha256": sha256_of_file(dataset)}
    for key, expected in expectations.items():
        _check_equal(checkpoint, key, expected, getattr(state, key))
    measured = dict(_NOTHING_MEASURED)
    if state.classes and not is_painter(state.settings["network"].get("source")):
        with within_memory("device", torch_device.type, f"set it to cpu, or lower networks.{state.network}.width"):
            test = LabelledImages.from_arrays(data.test_images, data.test_labels, torch_device)
            measured = _accuracies(restored.to(torch_device), test, state, evaluation_settings, with_autoattack)
    for warning in measured["warnings"]:
        print(f"{checkpoint}: {warning}", file=sys.stderr, flush=True)
    Evaluation(
        network=state.network,
        regime=state.regime,
        seed=state.seed,
        epoch=state.epoch,
        attack={key: settings[key] for key in ("constraint", "epsilon", "step_size", "steps", "restarts")},
        history=tuple(HistoryRow(**row) for row in state.history),
        **measured,
    ).save(evaluation)


def _accuracies(
    network: NormalisedNetwork,
    test: LabelledImages,
    state: Checkpoint,
    settings: EvaluationSettings,
    with_autoattack: bool,
) -> dict[str, Any]:
    """Clean accuracy, accuracy under PGD and AutoAttack, the number of images of each, and warnings."""
    attacked = test.first_of_each_class(settings.images, state.classes)
    is_correct = correct_under_attack(
        network,
        attacked.images,
        attacked.labels,
        settings.attack,
        stream(state.seed, "evaluation"),
        restarts=settings.restarts,
    )
    autoattacked = class_balanced(attacked.labels, settings.autoattack_images if with_autoattack else 0, state.classes)
    autoattack = None
    if len(autoattacked):
        images = attacked.at(autoattacked)
        autoattack = autoattack_accuracy(
            network,
            images.images,
            images.labels,
            classes=state.classes,
            constraint=settings.constraint,
            epsilon=settings.epsilon,
            seed=state.seed,
        )
    robust = float(is_correct.double().mean())
    checked = min(batch_size_for(attacked.images, _CHECKED_IMAGES), len(attacked.labels))
    sample = attacked.at(torch.arange(checked, device=attacked.labels.device))
    clean = clean_accuracy(network, test.images, test.labels)
    warnings = [
        *chance_warnings(clean, len(test.labels), state),
        *attack_warnings(network, unit_scale(sample.images), sample.labels),
        *accuracy_warnings(
            clean_accuracy(network, attacked.images, attacked.labels),
            robust,
            float(is_correct[autoattacked].double().mean()) if len(autoattacked) else robust,
            autoattack,
        ),
    ]
    return {
        "clean_accuracy": clean,
        "test_images": len(test.labels),
        "robust_accuracy": robust,
        "images": len(attacked.labels),
        "autoattack_accuracy": autoattack,
        "autoattack_images": len(autoattacked),
        "warnings": tuple(warnings),
    }


def chance_warnings(accuracy: float, images: int, state: Checkpoint) -> list[str]:
    """A warning if a trained network (also one trained elsewhere) classifies no better than by chance.

    `accuracy` is the clean accuracy (0 to 1) on `images` images; its Wilson interval is compared with 1 / classes.
    """
    low, high = wilson_interval(accuracy, images)
    chance = 1 / state.classes
    if state.epoch == 0 or state.regime == UNTRAINED or low > chance:
        return []
    return [
        f"clean accuracy {accuracy:.1%} (95 % interval {low:.1%} to {high:.1%}, {images} images) at epoch "
        f"{state.epoch} is chance level: 1 of {state.classes} classes is {chance:.1%}"
    ]


def autoattack_accuracy(
    network: nn.Module,
    images: torch.Tensor,
    labels: Labels,
    *,
    classes: int,
    constraint: str,
    epsilon: float,
    seed: int,
) -> float:
    """The fraction of stored (uint8) images, 0 to 1, that `network` classifies correctly under standard AutoAttack.

    The global random state, which the package seeds, is restored. Raises ConfigError for fewer than four classes.
    Source: Croce and Hein 2020; package pyautoattack.
    """
    if classes < _FEWEST_CLASSES:
        raise ConfigError(
            f"evaluation.autoattack_images is {len(images)}, but AutoAttack needs at least {_FEWEST_CLASSES} classes "
            f"and the dataset has {classes}; set it to 0"
        )
    devices = [images.device] if images.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), frozen_for_attack(network):
        attack = AutoAttack(network, norm=_NORMS[constraint], eps=epsilon, seed=seed, device=images.device)
        attack.apgd_targeted.n_target_classes = min(_TARGET_CLASSES, classes - 1)
        attack.fab.n_target_classes = min(_TARGET_CLASSES, classes - 1)
        batch_size = batch_size_for(images, _AUTOATTACK_BATCH)
        adversarial, _ = attack.run_standard_evaluation(unit_scale(images), labels, batch_size=batch_size)
        with torch.no_grad():
            return float((network(adversarial).argmax(1) == labels).double().mean())


def attack_warnings(network: nn.Module, images: Images, labels: Labels) -> list[str]:
    """Signs, seen on `images` in [0, 1], that gradient-based attacks on `network` fail; usually none.

    Source: Croce et al. 2022, the flags that AutoAttack raises.
    """
    warnings = []
    fraction = zero_gradient_fraction(network, images, labels)
    if fraction > 0:
        warnings.append(f"no gradient on {fraction:.1%} of the images: PGD cannot change them")
    with torch.no_grad(), frozen_for_attack(network):
        first, second = network(images), network(images)
    if not torch.equal(first, second):
        warnings.append("two passes over the same images differ: the network is randomised, and PGD sees one sample")
    if bool((first >= 0).all()) and torch.allclose(first.sum(1), torch.ones_like(first[:, 0]), atol=1e-3):
        warnings.append("outputs are probabilities, not logits: their gradients vanish at confident predictions")
    return warnings


def accuracy_warnings(clean: float, robust: float, pgd_on_same: float, autoattack: float | None) -> list[str]:
    """Signs that accuracies (fractions) of one network on the same images are wrong.

    `pgd_on_same` is the accuracy under PGD on the images that AutoAttack was given.
    """
    warnings = []
    if robust > clean:
        warnings.append(f"robust accuracy ({robust:.1%}) above clean accuracy ({clean:.1%}) on the same images")
    if autoattack is not None and pgd_on_same - autoattack > _USUAL_GAP:
        warnings.append(
            f"accuracy is {pgd_on_same:.1%} under PGD and {autoattack:.1%} under AutoAttack: too few steps or "
            "restarts, or a masked gradient"
        )
    return warnings


def zero_gradient_fraction(network: nn.Module, images: Images, labels: Labels) -> float:
    """The fraction of images in [0, 1] whose loss gradient is exactly zero: PGD cannot change them.

    The loss underflows at very confident predictions, or gradients are masked.
    """
    with frozen_for_attack(network):
        _, gradient = losses_and_gradient(network, images, labels)
    return float((gradient.abs().amax(dim=(1, 2, 3)) == 0).double().mean())


def _check_equal(path: Path, key: str, expected: object, actual: object) -> None:
    if expected != actual:
        raise CheckpointError(
            f"{path}: expected {key} {expected}, found {actual}; delete the file and run the workflow again"
        )
