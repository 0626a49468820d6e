"""Projected gradient descent: the adversarial examples of training and of evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn

from robust_style.attack.constraint import constraint_named
from robust_style.attack.folded import Classifier, constant

Images = Float[Tensor, "batch 3 height width"]
Labels = Int64[Tensor, " batch"]
Losses = Float[Tensor, " batch"]


@dataclass(frozen=True)
class Attack:
    """What the adversary may do: `steps` steps of `step_size` within `epsilon` (pixel scale [0, 1]) of an image."""

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
    """Adversarial examples of `images` in [0, 1]: of all iterates, for each image the one with the highest loss.

    The network is attacked as it classifies (batch norm in evaluation mode) and left as it was found. Its forward
    passes compute in `precision`; images, loss and steps are float32. `generator` (CPU) is drawn from only if the
    attack starts at random. Raises ConfigError for an unknown constraint.
    Source: Madry et al. 2018, § 2.1; `robustness.attacker.Attacker` with use_best (Engstrom et al. 2019).
    Differs from the latter: gradients are taken with respect to the images only, of the network with its batch norm
    folded into the convolutions (equal but for rounding).
    """
    drawn = None
    if attack.random_start:
        drawn = constraint_named(attack.constraint).draw(images.shape, generator).to(images.device)
    return ascend(network, images, labels, attack, drawn, precision)


def ascend(
    network: nn.Module,
    images: Images,
    labels: Labels,
    attack: Attack,
    drawn: Images | None,
    precision: str,
) -> Images:
    """`pgd` with the random numbers of its start, `drawn` by the constraint, at hand on the device of the images.

    None: it starts from the images. Nothing in it depends on a value, so that a GPU can record and repeat it.
    """
    constraint = constraint_named(attack.constraint)
    centre = images.detach()
    x = centre if drawn is None else constraint.start(centre, drawn, attack.epsilon)
    best, best_losses = x, torch.full((len(x),), -torch.inf, device=x.device)
    with attacked(network):
        target = constant(network, precision, images.shape[-1])
        for _ in range(attack.steps):
            losses, gradient = losses_and_gradient(target, x, labels)
            best, best_losses = _worse_for_network(best, best_losses, x, losses)
            x = constraint.project(constraint.step(x, gradient, attack.step_size), centre, attack.epsilon)
        with torch.no_grad():
            best, _ = _worse_for_network(best, best_losses, x, _losses(target, x, labels))
    return best


def losses_and_gradient(classifier: Classifier, x: Images, labels: Labels) -> tuple[Losses, Images]:
    """The cross-entropy of each image, and the gradient of their mean with respect to the images."""
    x = x.detach().requires_grad_(True)
    losses = _losses(classifier, x, labels)
    (gradient,) = torch.autograd.grad(losses.mean(), x)
    return losses.detach(), gradient


@contextmanager
def attacked(network: nn.Module) -> Iterator[None]:
    """Inside, the network is in evaluation mode and its parameters ask for no gradients; restored afterwards."""
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


def _losses(classifier: Classifier, x: Images, labels: Labels) -> Losses:
    return F.cross_entropy(classifier(x), labels, reduction="none")


def _worse_for_network(best: Images, best_losses: Losses, x: Images, losses: Losses) -> tuple[Images, Losses]:
    higher = losses > best_losses
    return torch.where(higher.view(-1, 1, 1, 1), x, best), torch.where(higher, losses, best_losses)
