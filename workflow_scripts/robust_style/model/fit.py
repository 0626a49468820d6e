"""Weights held against an architecture: the same names, the same shapes, nothing more."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from robust_style.errors import CheckpointError, ConfigError
from robust_style.model.architectures import ARCHITECTURES, architecture_named, is_pretrained
from robust_style.model.differences import differences
from robust_style.model.foreign_weights import COUNTER
from robust_style.model.network import build_network
from robust_style.model.pretrained import build_pretrained

# More would be memory that no file of a network for 32 x 32 images has a reason to ask for.
_MOST_CLASSES = 10_000
# Tried when a file is of another network than the one it is said to be.
_USUAL_WIDTHS = (1.0, 0.5, 0.25, 0.125)


def fitted_network(path: Path, weights: Mapping[str, Tensor], architecture: str, width: float) -> nn.Module:
    """The `architecture` at `width` with `weights`, and as many classes as they tell apart.

    A network for ImageNet is as deep as the weights, and tells no classes apart (`model.pretrained`). Batch norm's
    counters may be absent and then are 0. Raises CheckpointError naming the first missing, unexpected and differently
    shaped weights and the architectures whose they are (`path` is for the message), ConfigError for an unknown
    architecture.
    """
    network = _built(architecture, width, weights)
    wanted = network.state_dict()
    faults = differences(wanted, weights, optional=COUNTER)
    if faults:
        fitting = [f"{name} at width {wide}" for name, wide in _that_fit(weights, width)]
        remedy = f"they are those of {' or '.join(fitting)}" if fitting else "correct architecture and width"
        raise CheckpointError(
            f"{path}: expected the weights of {architecture} at width {width}, found {'; '.join(faults)}; {remedy}, or "
            "use another file"
        )
    network.load_state_dict({**wanted, **weights})
    return network


def _built(architecture: str, width: float, weights: Mapping[str, Tensor]) -> nn.Module:
    if is_pretrained(architecture):
        return build_pretrained(architecture, weights)
    return build_network(architecture, width, classes_in(weights, architecture))


def _that_fit(weights: Mapping[str, Tensor], width: float) -> Iterator[tuple[str, float]]:
    """Every architecture, at `width` or a usual one, whose weights these are."""
    for architecture in ARCHITECTURES:
        for wide in (1.0,) if is_pretrained(architecture) else dict.fromkeys((width, *_USUAL_WIDTHS)):
            with suppress(ConfigError), torch.device("meta"):  # not every architecture can be so narrow
                if not differences(_built(architecture, wide, weights).state_dict(), weights, optional=COUNTER):
                    yield architecture, wide


def classes_in(weights: Mapping[str, Tensor], architecture: str) -> int:
    """How many classes the weights of a network of that architecture tell apart; 1 where they do not say."""
    bias = weights.get(f"{architecture_named(architecture).head}.bias")
    known = bias is not None and bias.ndim == 1 and 1 <= len(bias) <= _MOST_CLASSES
    return len(bias) if known and bias is not None else 1
