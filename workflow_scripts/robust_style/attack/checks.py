"""Signs that an attack could not do its work, so that accuracy under it is no robustness."""

from torch import nn

from robust_style.attack.pgd import Images, Labels, attacked, losses_and_gradient


def zero_gradient_fraction(network: nn.Module, images: Images, labels: Labels) -> float:
    """The fraction of images in [0, 1] on which the gradient of the loss is exactly zero: PGD cannot move them.

    It happens where a network is so sure that the loss underflows, or where gradients are masked.
    Source: Croce et al. 2022 (AutoAttack, flags on zero gradients).
    """
    with attacked(network):
        _, gradient = losses_and_gradient(network, images, labels)
    return float((gradient.abs().amax(dim=(1, 2, 3)) == 0).double().mean())
