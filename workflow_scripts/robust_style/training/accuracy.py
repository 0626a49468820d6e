"""Clean and robust accuracy."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, Images, Labels, attacked, pgd
from robust_style.provenance.precision import autocast
from robust_style.training.pixels import unit_scale

# Of images of 32 px; of larger ones as many as have so many pixels. Bounds the memory of one pass and fills a GPU; in
# evaluation mode the images of a batch do not influence each other.
_BATCH = {"cpu": 250, "cuda": 1000}
_PIXELS = 32 * 32

StoredImages = UInt8[Tensor, "images 3 height width"]
StoredLabels = Int64[Tensor, " images"]


def clean_accuracy(network: nn.Module, images: StoredImages, labels: StoredLabels, precision: str = "float32") -> float:
    """The fraction of images, from 0 to 1, that `network` classifies rightly; network and labels on one device.

    Images may lie in host memory, here and below.
    """
    correct = 0
    for some, their_labels in _batches(images, labels):
        correct += int(_right(network, unit_scale(some), their_labels, precision).sum())
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
    return float(withstood(network, images, labels, attack, generator, precision).double().mean())


def withstood(
    network: nn.Module,
    images: StoredImages,
    labels: StoredLabels,
    attack: Attack,
    generator: torch.Generator,
    precision: str = "float32",
    restarts: int = 1,
) -> Bool[Tensor, " images"]:
    """Whether `network` classifies each image rightly under every one of `restarts` attacks (PGD).

    The first starts as `attack` says, the others at random points of the ball.
    Differs from `robustness` (attacker.py:243), whose random_restarts keep the last restart, not the worst.
    """
    attacks = [attack, *[replace(attack, random_start=True)] * (restarts - 1)]
    found = []
    for some, their_labels in _batches(images, labels):
        x = unit_scale(some)
        right = torch.ones(len(x), dtype=torch.bool, device=x.device)
        for each in attacks:
            adversarial = pgd(network, x, their_labels, each, generator, precision)
            right &= _right(network, adversarial, their_labels, precision)
        found.append(right)
    return torch.cat(found)


def fitting(images: StoredImages, count: int) -> int:
    """How many of `images` have as many pixels as `count` of 32 px; one at least."""
    return max(1, count * _PIXELS // images[0, 0].numel()) if len(images) else count


def _batches(images: StoredImages, labels: StoredLabels) -> Iterator[tuple[Tensor, Tensor]]:
    size = fitting(images, _BATCH[labels.device.type])
    for some, their_labels in zip(torch.split(images, size), torch.split(labels, size), strict=True):
        yield some.to(labels.device), their_labels


def _right(network: nn.Module, images: Images, labels: Labels, precision: str) -> Bool[Tensor, " batch"]:
    with torch.no_grad(), attacked(network), autocast(precision, images.device):
        right: Tensor = network(images).argmax(1) == labels
        return right
