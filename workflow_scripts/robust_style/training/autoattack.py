"""Accuracy under AutoAttack, the standard that PGD is held against."""

import torch
from pyautoattack import AutoAttack
from torch import nn

from robust_style.attack.pgd import attacked
from robust_style.errors import ConfigError
from robust_style.training.accuracy import StoredImages, StoredLabels, fitting
from robust_style.training.pixels import unit_scale

_NORMS = {"l2": "L2", "linf": "Linf"}
# The targeted attacks use the ratio of the first to the third and fourth logit.
_FEWEST_CLASSES = 4
# AutoAttack's standard: each image is driven towards its nine most likely wrong classes.
_TARGET_CLASSES = 9
_BATCH = 250


def autoattack_accuracy(
    network: nn.Module,
    images: StoredImages,
    labels: StoredLabels,
    *,
    classes: int,
    constraint: str,
    epsilon: float,
    seed: int,
) -> float:
    """The fraction of images, from 0 to 1, that `network` classifies rightly under AutoAttack's standard version.

    The global random state, which the package seeds, is left as it was. Raises ConfigError for fewer than four classes.
    Source: Croce and Hein 2020; package pyautoattack.
    """
    if classes < _FEWEST_CLASSES:
        raise ConfigError(
            f"evaluation.autoattack_images: expected 0 for a dataset of {classes} classes, found {len(images)}; "
            f"AutoAttack needs at least {_FEWEST_CLASSES} classes, so set it to 0"
        )
    devices = [images.device] if images.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices), attacked(network):
        attack = AutoAttack(network, norm=_NORMS[constraint], eps=epsilon, seed=seed, device=images.device)
        attack.apgd_targeted.n_target_classes = min(_TARGET_CLASSES, classes - 1)
        attack.fab.n_target_classes = min(_TARGET_CLASSES, classes - 1)
        adversarial, _ = attack.run_standard_evaluation(unit_scale(images), labels, batch_size=fitting(images, _BATCH))
        with torch.no_grad():
            return float((network(adversarial).argmax(1) == labels).double().mean())
