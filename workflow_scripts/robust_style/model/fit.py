"""Weights held against an architecture: the same names, the same shapes, nothing more."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import torch
from torch import Tensor, nn

from robust_style.errors import CheckpointError, ConfigError
from robust_style.model.architectures import ARCHITECTURES, architecture_named, is_pretrained
from robust_style.model.differences import differences
from robust_style.model.foreign_weights import COUNTER
from robust_style.model.network import build_network
from robust_style.model.pretrained import build_pretrained, painting_weights

# More would be memory that no file of a network for 32 x 32 images has a reason to ask for.
_MOST_CLASSES = 10_000
# Tried first when the width of a file is not known.
_USUAL_WIDTHS = (1.0, 0.5, 0.25, 0.125)
# As config/schema.yaml has it.
_LARGEST_WIDTH = 4.0
_IMAGENET_CLASSES = 1000


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
        fitting = [f"{name} at width {wide}" for name, wide in identify(weights, [width])]
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


def identify(weights: Mapping[str, Tensor], widths: Iterable[float] = ()) -> list[tuple[str, float]]:
    """Every architecture whose weights these are, with its width: one of `widths`, a usual one, or told by the shapes.

    Networks for ImageNet are compared without their classifiers, and only where no network for small images fits. The
    list has more than one entry where a file holds only first layers that several architectures share, and none for
    an unknown network.
    """
    small = [name for name in ARCHITECTURES if not is_pretrained(name)]
    fitting = list(_fitting(weights, small, widths))
    # MobileNetV2 has the same shapes for both; ImageNet has 1000 classes.
    is_of_imagenet = len(weights.get("classifier.1.weight", ())) == _IMAGENET_CLASSES
    if fitting and not is_of_imagenet:
        return fitting
    needed = painting_weights(weights, blue_first=False)
    return list(_fitting(needed, [name for name in ARCHITECTURES if is_pretrained(name)], [1.0])) or fitting


def _fitting(
    weights: Mapping[str, Tensor], architectures: Iterable[str], widths: Iterable[float]
) -> Iterator[tuple[str, float]]:
    for architecture in architectures:
        candidates = widths if is_pretrained(architecture) else _candidate_widths(weights, architecture, widths)
        for width in candidates:
            with suppress(ConfigError), torch.device("meta"):  # not every architecture can be so narrow
                wanted = _built(architecture, width, weights).state_dict()
                if not differences(wanted, weights, optional=COUNTER):
                    yield architecture, width
                    break
                if _names(wanted) != _names(weights):
                    break  # another architecture at any width


def _candidate_widths(weights: Mapping[str, Tensor], architecture: str, widths: Iterable[float]) -> Iterable[float]:
    """Widths to try; none where the last layer has another name."""
    head = weights.get(f"{architecture_named(architecture).head}.weight")
    if head is None or head.ndim != 2:
        return ()
    first = next((tensor for tensor in weights.values() if tensor.ndim == 4), None)
    # Channels at width 1: 64 or 32 after the first convolution, 512 or 2048 before the last layer.
    guesses = [
        head.shape[1] / 512,
        head.shape[1] / 2048,
        *([] if first is None else [len(first) / 64, len(first) / 32]),
    ]
    rounded = [round(guess, digits) for guess in guesses for digits in (2, 3, 6)]
    return dict.fromkeys((*widths, *_USUAL_WIDTHS, *(width for width in rounded if 0 < width <= _LARGEST_WIDTH)))


def _names(weights: Mapping[str, object]) -> set[str]:
    return {name for name in weights if not name.endswith(COUNTER)}


def classes_in(weights: Mapping[str, Tensor], architecture: str) -> int:
    """How many classes the weights of a network of that architecture tell apart; 1 where they do not say."""
    bias = weights.get(f"{architecture_named(architecture).head}.bias")
    known = bias is not None and bias.ndim == 1 and 1 <= len(bias) <= _MOST_CLASSES
    return len(bias) if known and bias is not None else 1
