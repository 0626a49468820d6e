"""Networks for ImageNet that paint and are not trained here: torchvision's, without their classifiers."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from robust_style.model.architectures import IMAGENET, architecture_named
from robust_style.model.compat import import_torchvision_models
from robust_style.model.traced import Absent, TracedNetwork

# What torchvision's weights expect of images in [0, 1] (its documentation of every ImageNet model).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# What the Oxford weights of Simonyan and Zisserman 2015 expect, in their Caffe, Keras and Lua editions: 0 to 255, the
# mean colour taken off. Red, green, blue; their own order is blue, green, red.
CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
CAFFE_STD = (1 / 255, 1 / 255, 1 / 255)
# How the first convolution of each family is called, and what is left out.
_FIRST = ("features.0.weight", "features.0.0.weight", "conv1.weight")
_CLASSIFIERS = ("classifier.", "fc.")


def build_pretrained(architecture: str, weights: Mapping[str, object]) -> nn.Module:
    """torchvision's `architecture` (`imagenet_…`) without its classifier, as deep as `weights` go.

    A file may hold the first layers only: what lies deeper than the last module of which it holds a weight is left
    out, of a VGG all of it, of another network its weights (`Absent`). The global random state is left as it was.
    Raises ConfigError for an unknown architecture.
    """
    family = architecture_named(architecture).family
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        whole: nn.Module = getattr(import_torchvision_models(), architecture.removeprefix(IMAGENET))(weights=None)
    return _row_as_deep(whole, weights) if family == "vgg" else _graph_as_deep(whole, weights)


def painting_weights(weights: Mapping[str, Tensor], *, blue_first: bool) -> dict[str, Tensor]:
    """The weights that painting needs, for images in red, green, blue: the classifier is left out.

    `blue_first` says that the first convolution expects blue, green, red.
    """
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith(_CLASSIFIERS)}
    for first in _FIRST:
        if blue_first and first in kept and kept[first].ndim == 4:
            kept[first] = kept[first].flip(1)
    return kept


def _row_as_deep(whole: nn.Module, weights: Mapping[str, object]) -> nn.Module:
    """To its deepest convolution of which there are weights, and the ReLU after it."""
    places = [int(found[1]) for name in weights if (found := re.match(r"features\.(\d{1,3})\.", name))]
    modules = list(whole.get_submodule("features").children())
    end = max((place for place in places if place < len(modules)), default=len(modules) - 1) + 1
    while end < len(modules) and isinstance(modules[end], nn.ReLU | nn.BatchNorm2d):
        end += 1
    network = nn.Module()
    network.features = nn.Sequential(*modules[:end])
    return _on_cpu(network)


def _graph_as_deep(whole: nn.Module, weights: Mapping[str, object]) -> nn.Module:
    """Without the weights of modules behind the last, in the order of the forward pass, of which there are some."""
    owners = {name.rpartition(".")[0] for name in weights}
    called = [name for name in TracedNetwork(whole).modules_in_order() if _has_weights(whole.get_submodule(name))]
    deepest = max((number for number, name in enumerate(called) if name in owners), default=len(called))
    for number, name in enumerate(called):
        if number > deepest or f"{name}.".startswith(_CLASSIFIERS):
            whole.set_submodule(name, Absent())
    return _on_cpu(whole)


def _has_weights(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _on_cpu(network: nn.Module) -> nn.Module:
    network = network.to_empty(device="cpu")
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.num_batches_tracked is not None:
            # Old files have none of these counters; every other value is read.
            module.num_batches_tracked.zero_()
    return network
