"""The sets within which an adversary may move an image, and how to move in them.

The arithmetic, to the order of operations, is that of `robustness.attack_steps` (Engstrom et al. 2019).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ConfigError

# Keeps a zero gradient from dividing by zero (robustness.attack_steps).
_SMALLEST_LENGTH = 1e-10

Images = Float[Tensor, "batch channels height width"]


class Constraint(ABC):
    """A ball of radius `epsilon` around each image of a batch, cut to the images in [0, 1]."""

    @abstractmethod
    def project(self, x: Images, centre: Images, epsilon: float) -> Images:
        """The images in the ball around `centre`, and in [0, 1], that `x` is brought back to."""

    @abstractmethod
    def step(self, x: Images, gradient: Images, step_size: float) -> Images:
        """`x` moved by `step_size`, in the norm of the ball, where `gradient` rises most."""

    @abstractmethod
    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """The random numbers that `start` needs for a batch of `shape`; they and `generator` live on the CPU."""

    @abstractmethod
    def start(self, centre: Images, drawn: Images, epsilon: float) -> Images:
        """Random images in the ball around `centre` and in [0, 1], as `drawn` (on one device with it) decides."""


class L2(Constraint):
    """||x - centre||_2 <= epsilon, per image over all channels and pixels."""

    def project(self, x: Images, centre: Images, epsilon: float) -> Images:
        """See `Constraint`."""
        offset = (x - centre).renorm(p=2, dim=0, maxnorm=epsilon)
        return torch.clamp(centre + offset, 0, 1)

    def step(self, x: Images, gradient: Images, step_size: float) -> Images:
        """See `Constraint`."""
        return x + gradient / (_lengths(gradient) + _SMALLEST_LENGTH) * step_size

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """See `Constraint`."""
        return torch.randn(tuple(shape), generator=generator)

    def start(self, centre: Images, drawn: Images, epsilon: float) -> Images:
        """See `Constraint`. Uniform on the sphere of radius `epsilon`, then cut to [0, 1]."""
        return torch.clamp(centre + epsilon * drawn / (_lengths(drawn) + _SMALLEST_LENGTH), 0, 1)


class Linf(Constraint):
    """|x - centre| <= epsilon for every value."""

    def project(self, x: Images, centre: Images, epsilon: float) -> Images:
        """See `Constraint`."""
        offset = torch.clamp(x - centre, -epsilon, epsilon)
        return torch.clamp(offset + centre, 0, 1)

    def step(self, x: Images, gradient: Images, step_size: float) -> Images:
        """See `Constraint`."""
        return x + torch.sign(gradient) * step_size

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """See `Constraint`."""
        return torch.rand(tuple(shape), generator=generator)

    def start(self, centre: Images, drawn: Images, epsilon: float) -> Images:
        """See `Constraint`. Uniform in the cube, then cut to [0, 1]."""
        return torch.clamp(centre + 2 * (drawn - 0.5) * epsilon, 0, 1)


def constraint_named(name: str) -> Constraint:
    """The constraint called "l2" or "linf". Raises ConfigError for any other name."""
    constraints: dict[str, Constraint] = {"l2": L2(), "linf": Linf()}
    if name not in constraints:
        raise ConfigError(f"constraint: expected l2 or linf, found {name!r}; correct it in the configuration")
    return constraints[name]


def _lengths(x: Images) -> Float[Tensor, "batch 1 1 1"]:
    lengths: Tensor = torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)
    return lengths
