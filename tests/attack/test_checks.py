"""What makes a measurement of robustness suspicious is said in words; a usual network gives no reason."""

import torch
from torch import Tensor, nn

from robust_style.attack.checks import contradictions, suspicions, zero_gradient_fraction

IMAGES = torch.rand(4, 3, 4, 4, generator=torch.Generator().manual_seed(0))
LABELS = torch.zeros(4, dtype=torch.int64)


class Usual(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).mean(1)
        return torch.stack([brightness, -brightness], 1)


class Sure(nn.Module):
    """Certain of class 0 on bright images: the loss underflows there."""

    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).mean(1)
        return torch.stack([brightness * 1000, torch.zeros_like(brightness)], 1)


class Random(Usual):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images) + torch.rand(1)


class Probabilities(Usual):
    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images).softmax(1)


def test_a_usual_network_is_not_suspicious() -> None:
    assert suspicions(Usual(), IMAGES, LABELS) == []


def test_zero_gradients_are_counted() -> None:
    images = torch.stack([torch.full((3, 4, 4), value) for value in (1.0, 0.0, 0.9, 0.001)])
    assert zero_gradient_fraction(Sure(), images, LABELS) == 0.5
    assert suspicions(Sure(), images, LABELS) == ["no gradient on 50.0% of the images: PGD cannot move them"]


def test_randomised_networks_and_probabilities_are_named() -> None:
    assert "randomised" in suspicions(Random(), IMAGES, LABELS)[0]
    assert "probabilities" in suspicions(Probabilities(), IMAGES, LABELS)[0]


def test_accuracies_that_cannot_be() -> None:
    assert contradictions(0.9, 0.5, 0.5, 0.48) == []
    assert contradictions(0.9, 0.5, 0.5, None) == []
    assert "above clean" in contradictions(0.4, 0.5, 0.5, None)[0]
    assert "AutoAttack 30.0%" in contradictions(0.9, 0.5, 0.5, 0.3)[0]
