"""Regimes: what a network sees in training. They differ in this and in nothing else."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from robust_style.attack.constraint import constraint_named
from robust_style.attack.pgd import Attack, Images, Labels, ascend
from robust_style.errors import ConfigError
from robust_style.training.settings import NetworkSettings


class View(ABC):
    """What the training forward pass of a network sees of a batch of images in [0, 1]."""

    @abstractmethod
    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images | None:
        """The random numbers for a batch of `shape`, if there is chance in it; they and `generator` are on the CPU."""

    @abstractmethod
    def __call__(self, network: nn.Module, images: Images, labels: Labels, drawn: Images | None) -> Images:
        """The images, in [0, 1], that stand for augmented `images`; `drawn` is what `draw` gave, on their device."""


def view_of(settings: NetworkSettings, precision: str) -> View:
    """The view under `settings.regime`: `Standard`, `Adversarial` or `Noise`. Raises ConfigError for any other."""
    if settings.regime == "standard":
        return Standard()
    if settings.regime == "adversarial" and settings.attack is not None:
        return Adversarial(settings.attack, precision)
    if settings.regime == "noise" and settings.noise_epsilon is not None:
        return Noise(settings.noise_epsilon)
    raise ConfigError(
        f"regime: expected standard, adversarial or noise, found {settings.regime!r}; correct it in the configuration"
    )


class Standard(View):
    """The images as they are."""

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> None:
        """Nothing."""

    def __call__(self, network: nn.Module, images: Images, labels: Labels, drawn: Images | None) -> Images:
        """See `View`."""
        return images


@dataclass(frozen=True)
class Adversarial(View):
    """Adversarial examples, made against the network as it is at that moment. Source: Madry et al. 2018, eq. 2.1."""

    attack: Attack
    precision: str

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images | None:
        """Where the attack starts, if that is random."""
        return constraint_named(self.attack.constraint).draw(shape, generator) if self.attack.random_start else None

    def __call__(self, network: nn.Module, images: Images, labels: Labels, drawn: Images | None) -> Images:
        """See `View`."""
        return ascend(network, images, labels, self.attack, drawn, self.precision)


@dataclass(frozen=True)
class Noise(View):
    """Images plus Gaussian noise, scaled for each image to the L2 norm `epsilon`, then cut to [0, 1].

    The adversary's ball without the adversary, the control for "it is only augmentation". Source: Ford et al. 2019.
    Differs from it: one norm for all images, as the adversary has, instead of one standard deviation.
    """

    epsilon: float

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """The direction of the noise."""
        return constraint_named("l2").draw(shape, generator)

    def __call__(self, network: nn.Module, images: Images, labels: Labels, drawn: Images | None) -> Images:
        """See `View`."""
        assert drawn is not None, "noise is drawn"
        return constraint_named("l2").start(images, drawn, self.epsilon)
