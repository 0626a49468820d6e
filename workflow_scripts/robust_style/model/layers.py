"""The names of a VGG's layers, and where they stand in its `features`."""

from collections.abc import Iterable

from torch import nn

from robust_style.model.tap_names import refuse_unknown_tap


def is_vgg(network: nn.Module) -> bool:
    """Whether its `features` are a VGG's: a row of 3 x 3 convolutions, batch norms, ReLUs and poolings."""
    features = getattr(network, "features", None)
    return isinstance(features, nn.Module) and all(
        module.kernel_size == (3, 3)
        if isinstance(module, nn.Conv2d)
        else isinstance(module, nn.BatchNorm2d | nn.ReLU | nn.MaxPool2d | nn.AvgPool2d)
        for module in features.children()
    )


def layer_indices(features: Iterable[nn.Module]) -> dict[str, int]:
    """Layer name -> position in `features`, in the order of the forward pass: conv1_1, relu1_1, conv1_2, …, relu5_4.

    `conv*` is a convolution's output before batch norm, `relu*` the feature map after batch norm, if there is one, and
    ReLU. The first number counts blocks, which poolings part; the second convolutions within one.
    Source: Simonyan and Zisserman 2015, table 1, with the names that Gatys et al. 2016 use.
    """
    indices: dict[str, int] = {}
    block, number = 1, 0
    for position, module in enumerate(features):
        if isinstance(module, nn.Conv2d):
            number += 1
            indices[f"conv{block}_{number}"] = position
        elif isinstance(module, nn.ReLU):
            indices[f"relu{block}_{number}"] = position
        elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            block, number = block + 1, 0
    return indices


def positions_of(layers: Iterable[str], features: Iterable[nn.Module]) -> dict[str, int]:
    """Position in `features` of each of `layers`. Raises ConfigError, with the list, for one that is not there."""
    indices = layer_indices(features)
    for layer in layers:
        refuse_unknown_tap(layer, indices, "this network")
    return {layer: indices[layer] for layer in layers}
