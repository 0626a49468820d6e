"""Training regimes: how the input of the training forward pass is made from an augmented batch.

Trained regimes differ in this and in nothing else; a network of regime `untrained` has no training.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from robust_style.attack.pgd import Attack, Images, Labels, constraint_named, pgd_from_noise
from robust_style.errors import ConfigError
from robust_style.training.settings import NetworkSettings


class InputTransform(ABC):
    """Augmented images in [0, 1] -> the input of the training forward pass."""

    @abstractmethod
    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images | None:
        """The random numbers for a batch of `shape`, None if it needs none; they and `generator` are on the CPU."""

    @abstractmethod
    def __call__(self, network: nn.Module, images: Images, labels: Labels, random_values: Images | None) -> Images:
        """The input, in [0, 1], for augmented `images`; `random_values` is the result of `draw`, on their device."""


def input_transform(settings: NetworkSettings, precision: str) -> InputTransform:
    """The transform of `settings.regime`: standard, adversarial or noise. Raises ConfigError for any other."""
    if settings.regime == "standard":
        return Unchanged()
    if settings.regime == "adversarial" and settings.attack is not None:
        return AttackInputs(settings.attack, precision)
    if settings.regime == "noise" and settings.noise_epsilon is not None:
        return AddNoise(settings.noise_epsilon)
    raise ConfigError(
        f"regime: expected standard, adversarial or noise, found {settings.regime!r}; correct it in the configuration"
    )


class Unchanged(InputTransform):
    """Regime `standard`."""

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> None:
        """Nothing is random."""

    def __call__(self, network: nn.Module, images: Images, labels: Labels, random_values: Images | None) -> Images:
        """`images` themselves."""
        return images


@dataclass(frozen=True)
class AttackInputs(InputTransform):
    """Regime `adversarial`: PGD against the current weights of the network. Source: Madry et al. 2018, eq. 2.1."""

    attack: Attack
    precision: str

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images | None:
        """The random start of the attack, if it has one."""
        return constraint_named(self.attack.constraint).draw(shape, generator) if self.attack.random_start else None

    def __call__(self, network: nn.Module, images: Images, labels: Labels, random_values: Images | None) -> Images:
        """See `InputTransform`."""
        return pgd_from_noise(network, images, labels, self.attack, random_values, self.precision)


@dataclass(frozen=True)
class AddNoise(InputTransform):
    """Regime `noise`: Gaussian noise, scaled for each image to the L2 norm `epsilon`; the sum is clipped to [0, 1].

    A control for adversarial training: perturbations of at most the same size (clipping shortens them) without an
    adversary. Source: Ford et al. 2019. Differs from it: one norm for all images instead of one standard deviation.
    """

    epsilon: float

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """The direction of the noise."""
        return constraint_named("l2").draw(shape, generator)

    def __call__(self, network: nn.Module, images: Images, labels: Labels, random_values: Images | None) -> Images:
        """See `InputTransform`."""
        assert random_values is not None, "draw returns a direction"
        return constraint_named("l2").start(images, random_values, self.epsilon)
