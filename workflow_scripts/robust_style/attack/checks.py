"""Signs that an attack could not do its work, so that accuracy under it is no robustness.

Source: Croce et al. 2022, the flags that AutoAttack raises.
"""

import torch
from torch import nn

from robust_style.attack.pgd import Images, Labels, attacked, losses_and_gradient

# AutoAttack finds a little more than PGD even where all is well (a few points of a hundred).
_USUAL_GAP = 0.05


def suspicions(network: nn.Module, images: Images, labels: Labels) -> list[str]:
    """What is suspicious about attacking `network`, in words, judged on images in [0, 1]; usually nothing."""
    found = []
    fraction = zero_gradient_fraction(network, images, labels)
    if fraction > 0:
        found.append(f"no gradient on {fraction:.1%} of the images: PGD cannot move them")
    with torch.no_grad(), attacked(network):
        logits, again = network(images), network(images)
    if not torch.equal(logits, again):
        found.append("two passes over the same images differ: the network is randomised, and PGD sees only one draw")
    if bool((logits >= 0).all()) and torch.allclose(logits.sum(1), torch.ones_like(logits[:, 0]), atol=1e-3):
        found.append("outputs are probabilities, not logits: their gradients vanish where the network is sure")
    return found


def contradictions(clean: float, robust: float, pgd_on_same: float, autoattack: float | None) -> list[str]:
    """What is suspicious about accuracies (fractions) of one network on the same images, in words.

    `pgd_on_same` is the accuracy under PGD on the images that AutoAttack was given.
    """
    found = []
    if robust > clean:
        found.append(f"robust accuracy ({robust:.1%}) above clean accuracy ({clean:.1%}) on the same images")
    if autoattack is not None and pgd_on_same - autoattack > _USUAL_GAP:
        found.append(
            f"PGD leaves {pgd_on_same:.1%} of the images, AutoAttack {autoattack:.1%}: more steps or restarts, "
            "or a gradient that is masked"
        )
    return found


def zero_gradient_fraction(network: nn.Module, images: Images, labels: Labels) -> float:
    """The fraction of images in [0, 1] on which the gradient of the loss is exactly zero: PGD cannot move them.

    It happens where a network is so sure that the loss underflows, or where gradients are masked.
    """
    with attacked(network):
        _, gradient = losses_and_gradient(network, images, labels)
    return float((gradient.abs().amax(dim=(1, 2, 3)) == 0).double().mean())
