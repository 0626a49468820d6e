"""Weights held against an architecture: the same names, the same shapes, nothing more."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from robust_style.errors import CheckpointError
from robust_style.model.architectures import architecture_named, is_pretrained
from robust_style.model.differences import differences
from robust_style.model.foreign_weights import COUNTER
from robust_style.model.network import build_network
from robust_style.model.pretrained import build_pretrained

# More would be memory that no file of a network for 32 x 32 images has a reason to ask for.
_MOST_CLASSES = 10_000


def fitted_network(path: Path, weights: Mapping[str, Tensor], architecture: str, width: float) -> nn.Module:
    """The `architecture` at `width` with `weights`, and as many classes as they tell apart.

    A network for ImageNet is as deep as the weights, and tells no classes apart (`model.pretrained`). Batch norm's
    counters may be absent and then are 0. Raises CheckpointError naming the first missing, unexpected and differently
    shaped weights (`path` is for the message), ConfigError for an unknown architecture.
    """
    network = (
        build_pretrained(architecture, weights)
        if is_pretrained(architecture)
        else build_network(architecture, width, classes_in(weights, architecture))
    )
    wanted = network.state_dict()
    faults = differences(wanted, weights, optional=COUNTER)
    if faults:
        raise CheckpointError(
            f"{path}: expected the weights of {architecture} at width {width}, found {'; '.join(faults)}; correct "
            "architecture and width, or use another file"
        )
    network.load_state_dict({**wanted, **weights})
    return network


def classes_in(weights: Mapping[str, Tensor], architecture: str) -> int:
    """How many classes the weights of a network of that architecture tell apart; 1 where they do not say."""
    bias = weights.get(f"{architecture_named(architecture).head}.bias")
    known = bias is not None and bias.ndim == 1 and 1 <= len(bias) <= _MOST_CLASSES
    return len(bias) if known and bias is not None else 1
