"""Projected gradient descent within an L2 or Linf ball: the attack of adversarial training and of evaluation.

The result for each image is the iterate with the highest loss, not the last one.

Source: Madry et al. 2018; the arithmetic, to the order of operations, is that of `robustness.attack_steps` and
`robustness.attacker` (Engstrom et al. 2019).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from robust_style.attack.folded import Classifier, constant
from robust_style.errors import ConfigError

# Keeps a zero gradient from dividing by zero (robustness.attack_steps).
_SMALLEST_NORM = 1e-10

Images = Float[Tensor, "batch channels height width"]
Labels = Int64[Tensor, " batch"]
Losses = Float[Tensor, " batch"]


@dataclass(frozen=True)
class Attack:
    """PGD settings: `steps` steps of `step_size` within `epsilon` of the image, in pixel scale [0, 1].

    `constraint` is "l2" or "linf". With `random_start` the attack starts at a random point of the ball.
    """

    constraint: str
    epsilon: float
    step_size: float
    steps: int
    random_start: bool = False


def pgd(
    network: nn.Module,
    images: Images,
    labels: Labels,
    attack: Attack,
    generator: torch.Generator,
    precision: str = "float32",
) -> Images:
    """Adversarial examples for `images` in [0, 1]: for each image the iterate with the highest loss.

    The network is attacked in evaluation mode; its mode and parameters are restored afterwards. Forward passes run in
    `precision`; images, losses and steps are float32. `generator` (CPU) is used only for a random start. Raises
    ConfigError for an unknown constraint.
    Source: Madry et al. 2018, § 2.1; `robustness.attacker.Attacker` with use_best (Engstrom et al. 2019).
    Differs from the latter: gradients are taken with respect to the images only, and batch norm is folded into the
    convolutions (equal up to rounding).
    """
    noise = None
    if attack.random_start:
        noise = constraint_named(attack.constraint).draw(images.shape, generator).to(images.device)
    return pgd_from_noise(network, images, labels, attack, noise, precision)


def pgd_from_noise(
    network: nn.Module, images: Images, labels: Labels, attack: Attack, noise: Images | None, precision: str
) -> Images:
    """`pgd` with the random numbers of its start given: `noise` from `Constraint.draw`, on the images' device.

    With None the attack starts at the images. No control flow depends on tensor values, as CUDA graphs require.
    """
    constraint = constraint_named(attack.constraint)
    centre = images.detach()
    x = centre if noise is None else constraint.start(centre, noise, attack.epsilon)
    best, best_losses = x, torch.full((len(x),), -torch.inf, device=x.device)
    with frozen_for_attack(network):
        classifier = constant(network, precision, images.shape[-1])
        for _ in range(attack.steps):
            losses, gradient = losses_and_gradient(classifier, x, labels)
            best, best_losses = _keep_higher_loss(best, best_losses, x, losses)
            x = constraint.project(constraint.step(x, gradient, attack.step_size), centre, attack.epsilon)
        with torch.no_grad():
            best, _ = _keep_higher_loss(best, best_losses, x, _losses(classifier, x, labels))
    return best


def losses_and_gradient(classifier: Classifier, x: Images, labels: Labels) -> tuple[Losses, Images]:
    """The cross-entropy of each image, and the gradient of their mean with respect to the images."""
    x = x.detach().requires_grad_(True)
    losses = _losses(classifier, x, labels)
    (gradient,) = torch.autograd.grad(losses.mean(), x)
    return losses.detach(), gradient


@contextmanager
def frozen_for_attack(network: nn.Module) -> Iterator[None]:
    """Put `network` in evaluation mode without parameter gradients; restore both on exit."""
    was_training = network.training
    trainable = [parameter for parameter in network.parameters() if parameter.requires_grad]
    network.train(False)
    for parameter in trainable:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trainable:
            parameter.requires_grad_(True)
        network.train(was_training)


class Constraint(ABC):
    """A ball of radius `epsilon` around each image of a batch, intersected with [0, 1]."""

    @abstractmethod
    def project(self, x: Images, centre: Images, epsilon: float) -> Images:
        """Project `x` onto the ball around `centre`, then onto [0, 1]."""

    @abstractmethod
    def step(self, x: Images, gradient: Images, step_size: float) -> Images:
        """`x` moved by `step_size`, in the norm of the ball, in the direction of steepest ascent."""

    @abstractmethod
    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """The random numbers of `start` for a batch of `shape`; they and `generator` are on the CPU."""

    @abstractmethod
    def start(self, centre: Images, noise: Images, epsilon: float) -> Images:
        """Random points of the ball around `centre`, clipped to [0, 1], from `noise` (`draw`) on the same device."""


class L2(Constraint):
    """||x - centre||_2 <= epsilon, per image over all channels and pixels."""

    def project(self, x: Images, centre: Images, epsilon: float) -> Images:
        """See `Constraint`."""
        offset = (x - centre).renorm(p=2, dim=0, maxnorm=epsilon)
        return torch.clamp(centre + offset, 0, 1)

    def step(self, x: Images, gradient: Images, step_size: float) -> Images:
        """See `Constraint`."""
        return x + gradient / (_norms(gradient) + _SMALLEST_NORM) * step_size

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> Images:
        """See `Constraint`."""
        return torch.randn(tuple(shape), generator=generator)

    def start(self, centre: Images, noise: Images, epsilon: float) -> Images:
        """See `Constraint`. Uniform on the sphere of radius `epsilon`, then clipped to [0, 1]."""
        return torch.clamp(centre + epsilon * noise / (_norms(noise) + _SMALLEST_NORM), 0, 1)


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

    def start(self, centre: Images, noise: Images, epsilon: float) -> Images:
        """See `Constraint`. Uniform in the cube, then clipped to [0, 1]."""
        return torch.clamp(centre + 2 * (noise - 0.5) * epsilon, 0, 1)


def constraint_named(name: str) -> Constraint:
    """The constraint called "l2" or "linf". Raises ConfigError for any other name."""
    constraints: dict[str, Constraint] = {"l2": L2(), "linf": Linf()}
    if name not in constraints:
        raise ConfigError(f"constraint: expected l2 or linf, found {name!r}; correct it in the configuration")
    return constraints[name]


def _norms(x: Images) -> Float[Tensor, "batch 1 1 1"]:
    norms: Tensor = torch.linalg.vector_norm(x, dim=(1, 2, 3), keepdim=True)
    return norms


def _losses(classifier: Classifier, x: Images, labels: Labels) -> Losses:
    return F.cross_entropy(classifier(x), labels, reduction="none")


def _keep_higher_loss(best: Images, best_losses: Losses, x: Images, losses: Losses) -> tuple[Images, Losses]:
    is_higher = losses > best_losses
    return torch.where(is_higher.view(-1, 1, 1, 1), x, best), torch.where(is_higher, losses, best_losses)
