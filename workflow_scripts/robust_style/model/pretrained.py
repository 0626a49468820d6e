"""Networks for ImageNet that paint and are not trained here: the convolutional part of torchvision's VGGs."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from robust_style.errors import ConfigError
from robust_style.model.compat import import_torchvision_vgg

# torchvision's networks, batch norm or none; with `imagenet_` before, so that none is taken for a CIFAR network.
PREFIX = "imagenet_"
ARCHITECTURES = tuple(f"{PREFIX}{name}{norm}" for name in ("vgg11", "vgg13", "vgg16", "vgg19") for norm in ("", "_bn"))
# What torchvision's weights expect of images in [0, 1] (its documentation of every ImageNet model).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# What the Oxford weights of Simonyan and Zisserman 2015 expect, in their Caffe, Keras and Lua editions: 0 to 255, the
# mean colour taken off. Red, green, blue; their own order is blue, green, red.
CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
CAFFE_STD = (1 / 255, 1 / 255, 1 / 255)
_FIRST = "features.0.weight"


def is_pretrained(architecture: str) -> bool:
    """Whether the name is that of a network for ImageNet."""
    return architecture.startswith(PREFIX)


def build_pretrained(architecture: str, weights: Mapping[str, object]) -> nn.Module:
    """torchvision's VGG `architecture` without its classifier, as deep as `weights` go (`features.N.*`).

    A file may hold the first layers only: what lies deeper than its deepest convolution and the ReLU after it is left
    out. The global random state is left as it was. Raises ConfigError for an unknown architecture.
    """
    if architecture not in ARCHITECTURES:
        raise ConfigError(f"architecture: expected one of {', '.join(ARCHITECTURES)}, found {architecture!r}")
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        whole = getattr(import_torchvision_vgg(), architecture.removeprefix(PREFIX))(weights=None)
    places = [int(found[1]) for name in weights if (found := re.match(r"features\.(\d{1,3})\.", name))]
    modules = list(whole.features)
    end = max((place for place in places if place < len(modules)), default=len(modules) - 1) + 1
    while end < len(modules) and isinstance(modules[end], nn.ReLU | nn.BatchNorm2d):
        end += 1
    network = nn.Module()
    network.features = nn.Sequential(*modules[:end]).to_empty(device="cpu")
    return network


def painting_weights(weights: Mapping[str, Tensor], *, blue_first: bool) -> dict[str, Tensor]:
    """The weights that painting needs, for images in red, green, blue: the classifier is left out.

    `blue_first` says that the first convolution expects blue, green, red.
    """
    kept = {name: tensor for name, tensor in weights.items() if name.startswith("features.")}
    if blue_first and _FIRST in kept and kept[_FIRST].ndim == 4:
        kept[_FIRST] = kept[_FIRST].flip(1)
    return kept
