"""Weights held against an architecture: the same names, the same shapes, nothing more."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from robust_style.artefact.foreign.read import shown
from robust_style.errors import CheckpointError
from robust_style.model.foreign_weights import COUNTER
from robust_style.model.vgg import build_network

# How many names of each kind a message lists.
_TOLD = 3
# More would be memory that no file of a network for 32 x 32 images has a reason to ask for.
_MOST_CLASSES = 10_000


def fitted_network(path: Path, weights: Mapping[str, Tensor], architecture: str, width: float) -> nn.Module:
    """The VGG `architecture` at `width` with `weights`, and as many classes as they tell apart.

    Batch norm's counters may be absent and then are 0. Raises CheckpointError naming the first missing, unexpected
    and differently shaped weights (`path` is for the message), ConfigError for an unknown architecture.
    """
    network = build_network(architecture, width, _classes(weights.get("classifier.bias")))
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in weights and not name.endswith(COUNTER)]
    unexpected = [name for name in weights if name not in wanted]
    reshaped = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name in wanted
        if name in weights and weights[name].shape != wanted[name].shape
    ]
    faults = [*_told("missing", missing), *_told("unexpected", unexpected), *_told("of another shape", reshaped)]
    if faults:
        raise CheckpointError(
            f"{path}: expected the weights of {architecture} at width {width}, found {'; '.join(faults)}; correct "
            "architecture and width, or use another file"
        )
    network.load_state_dict({**wanted, **weights})
    return network


def _classes(bias: Tensor | None) -> int:
    known = bias is not None and bias.ndim == 1 and 1 <= len(bias) <= _MOST_CLASSES
    return len(bias) if known and bias is not None else 1


def _told(kind: str, names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return [f"{kind} {', '.join(shown(name) for name in names[:_TOLD])}{more}"] if names else []
