"""Clean and robust accuracy on stored images, in training and in evaluation."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, Images, Labels, frozen_for_attack, pgd
from robust_style.compute.device import autocast
from robust_style.training.batches import StoredImages, StoredLabels, unit_scale

# Images of 32 px per forward pass (fewer if larger): limits memory and fills a GPU. In evaluation mode the images of a
# batch do not influence each other.
_BATCH = {"cpu": 250, "cuda": 1000}
_PIXELS = 32 * 32


def clean_accuracy(network: nn.Module, images: StoredImages, labels: StoredLabels, precision: str = "float32") -> float:
    """The fraction of images, from 0 to 1, that `network` classifies correctly; network and labels on one device.

    Images may be in host memory, here and below.
    """
    correct = 0
    for batch, batch_labels in _batches(images, labels):
        correct += int(_is_correct(network, unit_scale(batch), batch_labels, precision).sum())
    return correct / len(images)


def robust_accuracy(
    network: nn.Module,
    images: StoredImages,
    labels: StoredLabels,
    attack: Attack,
    generator: torch.Generator,
    precision: str = "float32",
) -> float:
    """The fraction of images, from 0 to 1, that `network` classifies correctly under `attack` (PGD).

    An upper bound of the accuracy under the strongest attack within the same epsilon.
    """
    return float(correct_under_attack(network, images, labels, attack, generator, precision).double().mean())


def correct_under_attack(
    network: nn.Module,
    images: StoredImages,
    labels: StoredLabels,
    attack: Attack,
    generator: torch.Generator,
    precision: str = "float32",
    restarts: int = 1,
) -> Bool[Tensor, " images"]:
    """Whether `network` classifies each image correctly under every one of `restarts` PGD attacks.

    The first starts as `attack` says, the others at random points of the ball.
    Differs from `robustness` (attacker.py:243), whose random_restarts keep the last restart, not the worst.
    """
    attacks = [attack, *[replace(attack, random_start=True)] * (restarts - 1)]
    results = []
    for batch, batch_labels in _batches(images, labels):
        x = unit_scale(batch)
        is_correct = torch.ones(len(x), dtype=torch.bool, device=x.device)
        for each in attacks:
            adversarial = pgd(network, x, batch_labels, each, generator, precision)
            is_correct &= _is_correct(network, adversarial, batch_labels, precision)
        results.append(is_correct)
    return torch.cat(results)


def batch_size_for(images: StoredImages, count: int) -> int:
    """How many of `images` have as many pixels as `count` images of 32 px; at least one."""
    return max(1, count * _PIXELS // images[0, 0].numel()) if len(images) else count


def _batches(images: StoredImages, labels: StoredLabels) -> Iterator[tuple[Tensor, Tensor]]:
    size = batch_size_for(images, _BATCH[labels.device.type])
    for batch, batch_labels in zip(torch.split(images, size), torch.split(labels, size), strict=True):
        yield batch.to(labels.device), batch_labels


def _is_correct(network: nn.Module, images: Images, labels: Labels, precision: str) -> Bool[Tensor, " batch"]:
    with torch.no_grad(), frozen_for_attack(network), autocast(precision, images.device):
        is_correct: Tensor = network(images).argmax(1) == labels
        return is_correct
