"""torchvision's networks for ImageNet without their classifiers: for painting, not trained here."""

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from robust_style.model.architectures import IMAGENET, architecture_named
from robust_style.model.compat import import_torchvision_models
from robust_style.model.layer_graph import Absent, LayerGraph

# Normalisation of torchvision's weights, for images in [0, 1] (its documentation of every ImageNet model).
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
# Normalisation of the Oxford weights of Simonyan and Zisserman 2015 in their Caffe, Keras and Lua editions: values from
# 0 to 255 minus the mean colour. Red, green, blue here; the files have blue, green, red.
CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
CAFFE_STD = (1 / 255, 1 / 255, 1 / 255)
# Names of the first convolution's weight in each family, and of the classifiers.
_FIRST = ("features.0.weight", "features.0.0.weight", "conv1.weight")
_CLASSIFIERS = ("classifier.", "fc.")


def build_pretrained(architecture: str, weights: Mapping[str, object]) -> nn.Module:
    """Build torchvision's `architecture` (`imagenet_…`) without its classifier, as deep as `weights` go.

    A file may hold the first layers only. Everything after the last module with a weight is left out: from a VGG the
    modules, from another network the weights (`Absent`). The global random state is not changed. Raises ConfigError
    for an unknown architecture.
    """
    family = architecture_named(architecture).family
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        whole: nn.Module = getattr(import_torchvision_models(), architecture.removeprefix(IMAGENET))(weights=None)
    return _truncate_vgg(whole, weights) if family == "vgg" else _truncate_graph(whole, weights)


def painting_weights(weights: Mapping[str, Tensor], *, blue_first: bool) -> dict[str, Tensor]:
    """The weights without the classifier, for images in red, green, blue.

    `blue_first`: the first convolution of `weights` expects blue, green, red.
    """
    kept = {name: tensor for name, tensor in weights.items() if not name.startswith(_CLASSIFIERS)}
    for first in _FIRST:
        if blue_first and first in kept and kept[first].ndim == 4:
            kept[first] = kept[first].flip(1)
    return kept


def _truncate_vgg(whole: nn.Module, weights: Mapping[str, object]) -> nn.Module:
    """Keep the modules up to the deepest convolution with weights, and the ReLU after it."""
    positions = [int(match[1]) for name in weights if (match := re.match(r"features\.(\d{1,3})\.", name))]
    modules = list(whole.get_submodule("features").children())
    end = max((position for position in positions if position < len(modules)), default=len(modules) - 1) + 1
    while end < len(modules) and isinstance(modules[end], nn.ReLU | nn.BatchNorm2d):
        end += 1
    network = nn.Module()
    network.features = nn.Sequential(*modules[:end])
    return _on_cpu(network)


def _truncate_graph(whole: nn.Module, weights: Mapping[str, object]) -> nn.Module:
    """Replace the modules after the last one with weights, in the order of the forward pass, by `Absent`."""
    owners = {name.rpartition(".")[0] for name in weights}
    called = [name for name in LayerGraph(whole).modules_in_order() if _has_weights(whole.get_submodule(name))]
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
            # Old files lack these counters; every other value is loaded.
            module.num_batches_tracked.zero_()
    return network
