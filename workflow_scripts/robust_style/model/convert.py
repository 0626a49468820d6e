"""A stranger's checkpoint as one of ours."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from robust_style.compute.determinism import software_versions
from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.files.foreign import read_foreign
from robust_style.messages import escaped as shown
from robust_style.model.architectures import is_pretrained
from robust_style.model.fit import classes_in, fitted_network, identify
from robust_style.model.foreign_weights import ForeignWeights, weights_in
from robust_style.model.pretrained import (
    CAFFE_MEAN,
    CAFFE_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    painting_weights,
)

# What most networks for CIFAR-10 normalise with, kuangliu/pytorch-cifar's and the library's among them.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2023, 0.1994, 0.2010)


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
    """The network in the foreign file `source` as a checkpoint of `network` after `epoch` completed epochs.

    `architecture` None is told from the weights, and so is `width` None (1 where the architecture is named and the
    weights do not fit any width). `epoch` None takes the file's own (`model.foreign_weights` says what it means), or
    `unstated_epoch` where it has none; where both are given and differ, a line on stderr says so and `epoch` holds.
    `seed` is a label: nobody knows what the network was trained with. `class_names` None numbers the classes. `mean`
    and `std` (red, green, blue, pixel scale 0 to 1) None take the file's. Without a normaliser in the file they are
    assumed to be CIFAR-10's or ImageNet's, and a line on stderr says so. `caffe_input` says that a network for ImageNet
    expects blue, green, red from 0 to 255 with the mean colour taken off, as the Oxford weights of VGG do in their
    Caffe, Keras and Lua editions; the checkpoint sees the same of images in [0, 1] as theirs did. Such networks only
    paint: their classifier is left out, and a file with the first layers alone will do. Not taken over: optimiser
    (fresh, without momentum) and history (empty). `origin` says where the file came from; it is recorded with its hash.

    Raises CheckpointError if the file is damaged, holds no network or one of another architecture, width or number of
    classes, if its architecture cannot be told, or if nobody says which epoch it is of; ConfigError for `caffe_input`
    of a network for CIFAR or beside `mean` or `std`, or another width than 1 of one for ImageNet.
    """
    found = weights_in(source, read_foreign(source))
    completed = next((stated for stated in (epoch, found.epoch, unstated_epoch) if stated is not None), None)
    if completed is None:
        raise CheckpointError(
            f"{source}: expected a number of completed epochs, found none in the file; state it "
            "(`--epoch NUMBER`, or the key epoch of the network in the configuration)"
        )
    if found.epoch not in (None, completed):
        print(f"{source}: the file says {found.epoch} completed epochs, recorded are {completed}", file=sys.stderr)
    architecture, width = _told(source, found, architecture, width)
    pretrained = is_pretrained(architecture)
    if caffe_input and not pretrained:
        raise ConfigError(f"input caffe: expected a network for ImageNet, found {architecture}; take it away")
    if pretrained and width != 1:
        raise ConfigError(f"width: expected 1 for {architecture}, found {width}; take it away")
    weights = painting_weights(found.weights, blue_first=caffe_input) if pretrained else found.weights
    fitted = fitted_network(source, weights, architecture, width)
    classes = 0 if pretrained else classes_in(weights, architecture)
    mean, std = _normaliser(source, found, architecture, caffe_input, mean, std)
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
            "source": {"origin": origin, "sha256": sha256_of_file(source), "epoch": found.epoch},
        },
        dataset_sha256=dataset_sha256,
        code=code,
        device="cpu",
        precision="float32",
        threads=1,
        determinism={},  # nothing was computed
        versions=software_versions(),
        mean=mean,
        std=std,
        history=[],
        weights=fitted.state_dict(),
        # The library's defaults; its make_and_restore_model and torch's SGD expect one.
        optimiser=torch.optim.SGD(fitted.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4).state_dict(),
    )


def _told(source: Path, found: ForeignWeights, architecture: str | None, width: float | None) -> tuple[str, float]:
    """Architecture and width, told from the weights where they are not given."""
    if architecture is not None and (width is not None or is_pretrained(architecture)):
        return architecture, 1.0 if width is None else width
    fitting = identify(found.weights, [] if width is None else [width])
    if architecture is not None:
        return architecture, dict(fitting).get(architecture, 1.0)
    if len(fitting) == 1:
        return fitting[0] if width is None else (fitting[0][0], width)
    names = [shown(name) for name in list(found.weights)[:3]]
    several = f"fit {' and '.join(name for name, _ in fitting)}" if fitting else "fit no architecture known here"
    raise CheckpointError(
        f"{source}: the checkpoint of another program, whose weights ({', '.join(names)}, ...) {several}; if you know "
        f"the architecture: convert {source} OUT.pt --architecture NAME --width NUMBER --regime standard --epoch NUMBER"
    )


def _normaliser(
    source: Path,
    found: ForeignWeights,
    architecture: str,
    caffe_input: bool,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if caffe_input:
        if mean or std:
            raise ConfigError("input caffe has a mean and a standard deviation of its own; leave out --mean and --std")
        return CAFFE_MEAN, CAFFE_STD
    whose, usual = ("ImageNet", (IMAGENET_MEAN, IMAGENET_STD))
    if not is_pretrained(architecture):
        whose, usual = ("CIFAR-10", (CIFAR10_MEAN, CIFAR10_STD))
    values, assumed = [], []
    for name, given, stated, default in (
        ("mean", mean, found.mean, usual[0]),
        ("standard deviation", std, found.std, usual[1]),
    ):
        if given is not None and stated not in (None, given):
            print(f"{source}: the file says {name} {_listed(stated)}, recorded is {_listed(given)}", file=sys.stderr)
        if given is None and stated is None:
            assumed.append(f"{name} {_listed(default)}")
        values.append(given or stated or default)
    if assumed:
        print(
            f"{source}: the file has no {' and no '.join(text.rpartition(' (')[0] for text in assumed)}; assumed: "
            f"{', '.join(assumed)} of {whose} (`convert` with --mean R G B --std R G B sets others; a network trained "
            "without normalisation: --mean 0 0 0 --std 1 1 1)",
            file=sys.stderr,
        )
    return values[0], values[1]


def _listed(values: Iterable[float] | None) -> str:
    return f"({', '.join(f'{value:.4g}' for value in values or ())})"
