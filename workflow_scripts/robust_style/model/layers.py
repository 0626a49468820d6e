"""The names of a VGG network's layers, and where they stand in its `features`."""

from robust_style.errors import ConfigError
from robust_style.model.plan import POOLING, plan_of

# What the library's VGG makes of one convolution: convolution, batch norm, ReLU.
_MODULES_PER_CONVOLUTION = 3
_RELU_AFTER_CONVOLUTION = 2


def layer_index(architecture: str, layer: str) -> int:
    """The position in `features` of the module whose output is `layer`: 32 for relu4_2 of vgg19, 30 for conv4_2.

    Raises ConfigError if the architecture or the layer is unknown.
    """
    indices = layer_indices(architecture)
    if layer not in indices:
        raise ConfigError(
            f"layer: expected one of {', '.join(indices)} of {architecture}, found {layer!r}; "
            "correct it in the configuration"
        )
    return indices[layer]


def layer_indices(architecture: str) -> dict[str, int]:
    """Layer name -> position in `features`, in the order of the forward pass: conv1_1, relu1_1, conv1_2, …, relu5_4.

    `conv*` is a convolution's output before batch norm, `relu*` the feature map after batch norm and ReLU.
    Raises ConfigError if the architecture is unknown.
    """
    indices: dict[str, int] = {}
    position, block, number = 0, 1, 1
    for entry in plan_of(architecture):
        if entry == POOLING:
            position, block, number = position + 1, block + 1, 1
            continue
        indices[f"conv{block}_{number}"] = position
        indices[f"relu{block}_{number}"] = position + _RELU_AFTER_CONVOLUTION
        position, number = position + _MODULES_PER_CONVOLUTION, number + 1
    return indices
