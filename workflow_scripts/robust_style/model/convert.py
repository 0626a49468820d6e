"""Checkpoints of other programs: which architecture they are, and the same network as a checkpoint of ours."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from robust_style.compute.determinism import software_versions
from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.files.foreign import SAFETENSORS, kind_of, read_foreign
from robust_style.messages import escaped as shown
from robust_style.model.architectures import ARCHITECTURES, architecture_named, is_pretrained
from robust_style.model.foreign_weights import COUNTER, ForeignWeights, weights_in
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import (
    CAFFE_MEAN,
    CAFFE_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    build_pretrained,
    painting_weights,
)
from robust_style.model.restore import network_of, restore_network, weight_differences

# The normalisation of most CIFAR-10 networks, kuangliu/pytorch-cifar's and the robustness library's among them.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2023, 0.1994, 0.2010)
# More classes would only cost memory: no network for 32 x 32 images has as many.
_MOST_CLASSES = 10_000
# Tried first where the width of a file is unknown.
_USUAL_WIDTHS = (1.0, 0.5, 0.25, 0.125)
# As in config/schema.yaml.
_LARGEST_WIDTH = 4.0
_IMAGENET_CLASSES = 1000


def network_to_paint_with(path: Path) -> tuple[NormalisedNetwork, Checkpoint]:
    """The network in `path` and its checkpoint: on the CPU, float32, in evaluation mode, frozen.

    A file of another program (`torch.save` with pickle or dill, or safetensors) is converted in memory if its weights
    identify architecture and width. No code in it is executed; lines on stderr state what was assumed. Its checkpoint
    has the regime `unknown`, and epoch 0 if the file states none. The last network is cached for the next call.
    Raises CheckpointError if the file is missing, damaged or no checkpoint, or if its architecture is not identified.
    """
    try:
        if path.is_dir():
            raise CheckpointError(f"{path}: this is a folder, not a checkpoint; name a file in it")
        status = path.stat()
        with path.open("rb") as file:
            kind = kind_of(file.read(64))
    except OSError as error:
        raise CheckpointError(f"{path}: {str(error.strerror).lower()}; give the path of a checkpoint") from None
    if kind not in (None, SAFETENSORS):
        raise CheckpointError(f"{path}: this is {kind}, not a checkpoint; give the path of a checkpoint")
    return _cached_network(path, status.st_mtime_ns, status.st_size)


def converted(
    source: Path,
    *,
    origin: str,
    network: str,
    architecture: str | None,
    width: float | None,
    regime: str,
    seed: int,
    epoch: int | None,
    class_names: tuple[str, ...] | None,
    dataset_sha256: str,
    settings: Mapping[str, Any],
    code: str,
    caffe_input: bool = False,
    mean: tuple[float, ...] | None = None,
    std: tuple[float, ...] | None = None,
    unstated_epoch: int | None = None,
) -> Checkpoint:
    """The network in the file `source` of another program as a checkpoint of `network` after `epoch` completed epochs.

    `architecture` None: identified from the weights. `width` None: identified from the weights, or 1 where the
    architecture is given and the weights fit no width. `epoch` None: the file's own (`model.foreign_weights` defines
    it), or `unstated_epoch` if it has none; if both are given and differ, a line on stderr says so and `epoch` is used.
    `seed` is a label only. `class_names` None: the classes are numbered. `mean` and `std` (red, green, blue, pixel
    scale 0 to 1) None: the file's; if the file has no normalisation, CIFAR-10's or ImageNet's is assumed, and a line on
    stderr says so. `caffe_input`: an ImageNet network that expects blue, green, red from 0 to 255 minus the mean, as
    the Oxford weights of VGG in their Caffe, Keras and Lua editions; the checkpoint gives the same feature maps for
    images in [0, 1]. ImageNet networks are for painting only: the classifier is left out, and a file with the first
    layers alone is enough. Optimiser state and history are not taken over. `origin` is recorded with the file's hash.

    Raises CheckpointError if the file is damaged, holds no network or one of another architecture, width or number of
    classes, if its architecture is not identified, or if its epoch is unknown; ConfigError for `caffe_input` of a CIFAR
    network or beside `mean` or `std`, or for an ImageNet network with a width other than 1.
    """
    foreign = weights_in(source, read_foreign(source))
    completed = next((stated for stated in (epoch, foreign.epoch, unstated_epoch) if stated is not None), None)
    if completed is None:
        raise CheckpointError(
            f"{source}: expected a number of completed epochs, found none in the file; state it "
            "(`--epoch NUMBER`, or the key epoch of the network in the configuration)"
        )
    if foreign.epoch not in (None, completed):
        print(f"{source}: the file says {foreign.epoch} completed epochs, recorded are {completed}", file=sys.stderr)
    architecture, width = _architecture_and_width(source, foreign, architecture, width)
    pretrained = is_pretrained(architecture)
    if caffe_input and not pretrained:
        raise ConfigError(f"input caffe: expected a network for ImageNet, found {architecture}; remove it")
    if pretrained and width != 1:
        raise ConfigError(f"width: expected 1 for {architecture}, found {width}; remove it")
    weights = painting_weights(foreign.weights, blue_first=caffe_input) if pretrained else foreign.weights
    fitted = fitted_network(source, weights, architecture, width)
    classes = 0 if pretrained else classes_in(weights, architecture)
    mean, std = _normalisation(source, foreign, architecture, caffe_input, mean, std)
    names = (class_names if not pretrained else None) or tuple(f"class {number}" for number in range(classes))
    if len(names) != classes:
        raise CheckpointError(
            f"{source}: expected a network of {len(names)} classes ({', '.join(names[:3])}, …), found {classes}; use "
            "one that was trained on this dataset"
        )
    return Checkpoint(
        network=network,
        regime=regime,
        architecture=architecture,
        width=width,
        class_names=names,
        seed=seed,
        epoch=completed,
        settings={
            "network": dict(settings),
            "training": {},
            "source": {"origin": origin, "sha256": sha256_of_file(source), "epoch": foreign.epoch},
        },
        dataset_sha256=dataset_sha256,
        code=code,
        device="cpu",
        precision="float32",
        threads=1,
        determinism={},  # no computation
        versions=software_versions(),
        mean=mean,
        std=std,
        history=[],
        weights=fitted.state_dict(),
        # The library's make_and_restore_model and torch's SGD need an optimiser state: that of the library's defaults.
        optimiser=torch.optim.SGD(fitted.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4).state_dict(),
    )


def fitted_network(path: Path, weights: Mapping[str, Tensor], architecture: str, width: float) -> nn.Module:
    """Build the `architecture` at `width` with `weights`, and with as many classes as the weights have.

    An ImageNet network is as deep as the weights and has no classifier (`model.pretrained`). Batch norm's counters may
    be absent and then are 0. Raises CheckpointError naming the first missing, unexpected and differently shaped weights
    and the architectures that the weights do fit (`path` is for the message), ConfigError for an unknown architecture.
    """
    network = _build(architecture, width, weights)
    expected = network.state_dict()
    faults = weight_differences(expected, weights, optional=COUNTER)
    if faults:
        fitting = [f"{name} at width {wide}" for name, wide in identify(weights, [width])]
        remedy = f"they are those of {' or '.join(fitting)}" if fitting else "correct architecture and width"
        raise CheckpointError(
            f"{path}: expected the weights of {architecture} at width {width}, found {'; '.join(faults)}; {remedy}, or "
            "use another file"
        )
    network.load_state_dict({**expected, **weights})
    return network


def identify(weights: Mapping[str, Tensor], widths: Iterable[float] = ()) -> list[tuple[str, float]]:
    """All architectures that these weights fit, each with its width: one of `widths`, a usual one, or from the shapes.

    ImageNet networks are compared without their classifiers, and only if no network for small images fits. The list has
    several entries for a file with the first layers of several architectures, and none for an unknown network.
    """
    small = [name for name in ARCHITECTURES if not is_pretrained(name)]
    fitting = list(_fitting(weights, small, widths))
    # MobileNetV2 has the same shapes for CIFAR-10 and ImageNet; only the number of classes differs.
    has_imagenet_classes = len(weights.get("classifier.1.weight", ())) == _IMAGENET_CLASSES
    if fitting and not has_imagenet_classes:
        return fitting
    needed = painting_weights(weights, blue_first=False)
    return list(_fitting(needed, [name for name in ARCHITECTURES if is_pretrained(name)], [1.0])) or fitting


def classes_in(weights: Mapping[str, Tensor], architecture: str) -> int:
    """Number of classes of a network of that architecture with these weights; 1 if they do not show it."""
    bias = weights.get(f"{architecture_named(architecture).head}.bias")
    is_known = bias is not None and bias.ndim == 1 and 1 <= len(bias) <= _MOST_CLASSES
    return len(bias) if is_known and bias is not None else 1


@lru_cache(maxsize=1)
def _cached_network(path: Path, _modified: int, _size: int) -> tuple[NormalisedNetwork, Checkpoint]:
    try:
        return restore_network(path)
    except CheckpointError as error:
        our_error = error
    try:
        content = read_foreign(path)
    except CheckpointError:
        raise CheckpointError(
            f"{path}: damaged, or no checkpoint (`torch.save`) at all; get the file anew, or correct the path"
        ) from None
    if isinstance(content, dict) and "robust_style" in content:
        raise our_error
    checkpoint = converted(
        path,
        origin=path.name,
        network=path.stem,
        architecture=None,
        width=None,
        regime="unknown",
        seed=0,
        epoch=None,
        class_names=None,
        dataset_sha256="",
        settings={},
        code="by hand",
        unstated_epoch=0,
    )
    print(
        f"{path}: the checkpoint of another program, read as {checkpoint.architecture} at width {checkpoint.width:g}",
        file=sys.stderr,
    )
    return network_of(checkpoint).train(False).requires_grad_(False), checkpoint


def _architecture_and_width(
    source: Path, foreign: ForeignWeights, architecture: str | None, width: float | None
) -> tuple[str, float]:
    """Architecture and width, identified from the weights where they are not given."""
    if architecture is not None and (width is not None or is_pretrained(architecture)):
        return architecture, 1.0 if width is None else width
    fitting = identify(foreign.weights, [] if width is None else [width])
    if architecture is not None:
        return architecture, dict(fitting).get(architecture, 1.0)
    if len(fitting) == 1:
        return fitting[0] if width is None else (fitting[0][0], width)
    names = [shown(name) for name in list(foreign.weights)[:3]]
    several = f"fit {' and '.join(name for name, _ in fitting)}" if fitting else "fit no architecture known here"
    raise CheckpointError(
        f"{source}: the checkpoint of another program, whose weights ({', '.join(names)}, ...) {several}; if you know "
        f"the architecture: convert {source} OUT.pt --architecture NAME --width NUMBER --regime standard --epoch NUMBER"
    )


def _normalisation(
    source: Path,
    foreign: ForeignWeights,
    architecture: str,
    caffe_input: bool,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if caffe_input:
        if mean or std:
            raise ConfigError("input caffe has a mean and a standard deviation of its own; leave out --mean and --std")
        return CAFFE_MEAN, CAFFE_STD
    dataset, default_values = ("ImageNet", (IMAGENET_MEAN, IMAGENET_STD))
    if not is_pretrained(architecture):
        dataset, default_values = ("CIFAR-10", (CIFAR10_MEAN, CIFAR10_STD))
    values, assumed = [], []
    for name, given, stated, default in (
        ("mean", mean, foreign.mean, default_values[0]),
        ("standard deviation", std, foreign.std, default_values[1]),
    ):
        if given is not None and stated not in (None, given):
            print(f"{source}: the file says {name} {_listed(stated)}, recorded is {_listed(given)}", file=sys.stderr)
        if given is None and stated is None:
            assumed.append(f"{name} {_listed(default)}")
        values.append(given or stated or default)
    if assumed:
        print(
            f"{source}: the file has no {' and no '.join(text.rpartition(' (')[0] for text in assumed)}; assumed: "
            f"{', '.join(assumed)} of {dataset} (`convert` with --mean R G B --std R G B sets others; a network "
            "trained without normalisation: --mean 0 0 0 --std 1 1 1)",
            file=sys.stderr,
        )
    return values[0], values[1]


def _listed(values: Iterable[float] | None) -> str:
    return f"({', '.join(f'{value:.4g}' for value in values or ())})"


def _build(architecture: str, width: float, weights: Mapping[str, Tensor]) -> nn.Module:
    if is_pretrained(architecture):
        return build_pretrained(architecture, weights)
    return build_network(architecture, width, classes_in(weights, architecture))


def _fitting(
    weights: Mapping[str, Tensor], architectures: Iterable[str], widths: Iterable[float]
) -> Iterator[tuple[str, float]]:
    for architecture in architectures:
        candidates = widths if is_pretrained(architecture) else _candidate_widths(weights, architecture, widths)
        for width in candidates:
            with suppress(ConfigError), torch.device("meta"):  # ConfigError: too narrow for this architecture
                expected = _build(architecture, width, weights).state_dict()
                if not weight_differences(expected, weights, optional=COUNTER):
                    yield architecture, width
                    break
                if _names(expected) != _names(weights):
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
