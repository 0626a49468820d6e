"""Regimes: what a network sees in training. They differ in this and in nothing else."""

from collections.abc import Callable

from torch import nn

from robust_style.attack.constraint import constraint_named
from robust_style.attack.pgd import Images, Labels, pgd
from robust_style.errors import ConfigError
from robust_style.provenance.randomness import Randomness
from robust_style.training.settings import NetworkSettings

# network, augmented images in [0, 1], labels, generator -> the images of the training forward pass, in [0, 1]
View = Callable[[nn.Module, Images, Labels, Randomness], Images]


def view_of(settings: NetworkSettings, precision: str) -> View:
    """What the training forward pass of a network under `settings.regime` sees of a batch.

    "standard": the images as they are. "adversarial": their adversarial examples, made against the network at that
    moment (Madry et al. 2018, eq. 2.1). "noise": the images plus Gaussian noise, scaled for each image to the L2 norm
    `settings.noise_epsilon`, then cut to [0, 1]: the adversary's ball without the adversary, the control for "it is
    only augmentation". Raises ConfigError for any other regime.
    Source of the noise: Ford et al. 2019. Differs from it: one norm for all images, as the adversary has, instead
    of one standard deviation.
    """
    attack, noise_epsilon = settings.attack, settings.noise_epsilon
    if settings.regime == "standard":
        return lambda network, images, labels, generator: images
    if settings.regime == "adversarial" and attack is not None:
        return lambda network, images, labels, generator: pgd(network, images, labels, attack, generator, precision)
    if settings.regime == "noise" and noise_epsilon is not None:
        l2 = constraint_named("l2")
        return lambda network, images, labels, generator: l2.random_start(images, noise_epsilon, generator)
    raise ConfigError(
        f"regime: expected standard, adversarial or noise, found {settings.regime!r}; correct it in the configuration"
    )
