"""A stranger's checkpoint as one of ours."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.foreign.read import read_foreign
from robust_style.errors import CheckpointError, ConfigError
from robust_style.model.architectures import is_pretrained
from robust_style.model.fit import classes_in, fitted_network
from robust_style.model.foreign_weights import ForeignWeights, weights_in
from robust_style.model.pretrained import (
    CAFFE_MEAN,
    CAFFE_STD,
    IMAGENET_MEAN,
    IMAGENET_STD,
    painting_weights,
)
from robust_style.provenance.versions import software_versions

# What most networks for CIFAR-10 normalise with, kuangliu/pytorch-cifar's and the library's among them.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2023, 0.1994, 0.2010)


def converted(
    source: Path,
    *,
    origin: str,
    network: str,
    architecture: str,
    width: float,
    regime: str,
    seed: int,
    epoch: int | None,
    class_names: tuple[str, ...] | None,
    dataset_sha256: str,
    settings: Mapping[str, Any],
    code: str,
    caffe_input: bool = False,
) -> Checkpoint:
    """The network in the foreign file `source` as a checkpoint of `network` after `epoch` completed epochs.

    `epoch` None takes the file's own (`model.foreign_weights` says what it means); where both are given and differ, a
    line on stderr says so and `epoch` holds. `seed` is a label: nobody knows what the network was trained with.
    `class_names` None numbers the classes. Mean and standard deviation are the file's, or those of its kind of network
    where it has no normaliser: CIFAR-10's or ImageNet's. `caffe_input` says that a network for ImageNet expects blue,
    green, red from 0 to 255 with the mean colour taken off, as the Oxford weights of VGG do in their Caffe, Keras and
    Lua editions; the checkpoint sees the same of images in [0, 1] as theirs did. Such networks only paint: their
    classifier is left out, and a file with the first layers alone will do. Not taken over: optimiser (fresh, without
    momentum) and history (empty). `origin` says where the file came from, and is recorded with its hash.

    Raises CheckpointError if the file is damaged, holds no network or one of another architecture, width or number of
    classes, or if nobody says which epoch it is of; ConfigError for `caffe_input` of a network for CIFAR, or another
    width than 1 of one for ImageNet.
    """
    found = weights_in(source, read_foreign(source))
    completed = found.epoch if epoch is None else epoch
    if completed is None:
        raise CheckpointError(f"{source}: expected a number of completed epochs, found none in the file; state it")
    if found.epoch not in (None, completed):
        print(f"{source}: the file says {found.epoch} completed epochs, recorded are {completed}", file=sys.stderr)
    pretrained = is_pretrained(architecture)
    if caffe_input and not pretrained:
        raise ConfigError(f"input caffe: expected a network for ImageNet, found {architecture}; take it away")
    if pretrained and width != 1:
        raise ConfigError(f"width: expected 1 for {architecture}, found {width}; take it away")
    weights = painting_weights(found.weights, blue_first=caffe_input) if pretrained else found.weights
    fitted = fitted_network(source, weights, architecture, width)
    classes = 0 if pretrained else classes_in(weights, architecture)
    mean, std = _normaliser(found, pretrained, caffe_input)
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


def _normaliser(
    found: ForeignWeights, pretrained: bool, caffe_input: bool
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    mean, std = (IMAGENET_MEAN, IMAGENET_STD) if pretrained else (CIFAR10_MEAN, CIFAR10_STD)
    if caffe_input:
        return CAFFE_MEAN, CAFFE_STD
    return found.mean or mean, found.std or std
