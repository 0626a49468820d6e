"""Clean and robust accuracy."""

from collections.abc import Iterator

import torch
from jaxtyping import Int64, UInt8
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, Images, Labels, attacked, pgd
from robust_style.provenance.precision import autocast
from robust_style.training.pixels import unit_scale

# Bounds the memory of one pass; in evaluation mode the images of a batch do not influence each other.
_BATCH = 250

StoredImages = UInt8[Tensor, "images 3 height width"]
StoredLabels = Int64[Tensor, " images"]


def clean_accuracy(network: nn.Module, images: StoredImages, labels: StoredLabels, precision: str = "float32") -> float:
    """The fraction of images, from 0 to 1, that `network` classifies rightly; network and images on one device."""
    correct = 0
    for some, their_labels in _batches(images, labels):
        correct += _correct(network, unit_scale(some), their_labels, precision)
    return correct / len(images)


def robust_accuracy(
    network: nn.Module,
    images: StoredImages,
    labels: StoredLabels,
    attack: Attack,
    generator: torch.Generator,
    precision: str = "float32",
) -> float:
    """The fraction of images, from 0 to 1, that `network` classifies rightly under `attack` (PGD).

    An upper bound of what it would keep under the strongest attack within the same epsilon.
    """
    correct = 0
    for some, their_labels in _batches(images, labels):
        adversarial = pgd(network, unit_scale(some), their_labels, attack, generator, precision)
        correct += _correct(network, adversarial, their_labels, precision)
    return correct / len(images)


def _batches(images: StoredImages, labels: StoredLabels) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(torch.split(images, _BATCH), torch.split(labels, _BATCH), strict=True)


def _correct(network: nn.Module, images: Images, labels: Labels, precision: str) -> int:
    with torch.no_grad(), attacked(network), autocast(precision, images.device):
        return int((network(images).argmax(1) == labels).sum())
