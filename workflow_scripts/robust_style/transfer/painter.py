"""A painter: a network to paint with, by name or from a file."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from robust_style.data.download import Source, download
from robust_style.errors import ConfigError
from robust_style.files.destination import typed_path
from robust_style.messages import did_you_mean, quoted
from robust_style.model.convert import converted, network_to_paint_with
from robust_style.model.network import NormalisedNetwork
from robust_style.model.painters import painter_file, painters
from robust_style.model.pretrained import IMAGENET_MEAN, IMAGENET_STD
from robust_style.model.restore import network_of

IMAGENET = "imagenet"
# torchvision's VGG-19 (IMAGENET1K_V1); the digits begin the SHA-256 of the file.
_IMAGENET_URL, _IMAGENET_SHA256 = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", "dcbb9e9d"


@dataclass(frozen=True)
class Painter:
    """A network to paint with: on the CPU, float32, in evaluation mode, frozen. `name` is that of `load_painter`."""

    name: str
    architecture: str
    width: float
    network: NormalisedNetwork


def load_painter(name: str | Path = "adversarial") -> Painter:
    """Load a painter of the package (`standard`, `adversarial`), `imagenet`, or the checkpoint in a file.

    `imagenet` is torchvision's VGG-19, downloaded once into the folder `checkpoints` of torch's hub. A file is a
    checkpoint of this project or of another program; no code in it is run. Raises ConfigError for a name that is
    neither a painter nor a file, CheckpointError for an unusable file, DownloadError without a network.
    """
    path = painter_path(name)
    about: dict[str, Any]
    if name == IMAGENET:
        # torchvision's file states neither the normalisation nor the epoch.
        about = {"architecture": "imagenet_vgg19", "width": 1.0, "regime": "standard", "epoch": 0}
        about |= {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    elif name in painters():
        about = {key: painters()[str(name)][key] for key in ("architecture", "width", "regime", "epoch")}
    else:
        network, checkpoint = network_to_paint_with(path)
        return Painter(str(name), checkpoint.architecture, checkpoint.width, network)
    checkpoint = converted(
        path, origin=path.name, network=str(name), seed=0, class_names=None, dataset_sha256="", settings={}, code="",
        **about,
    )  # fmt: skip
    network = network_of(checkpoint).train(False).requires_grad_(False)
    return Painter(str(name), checkpoint.architecture, checkpoint.width, network)


def painter_path(name: str | Path, others: Sequence[str] = ()) -> Path:
    """The file of a painter, whose `name` is as in `load_painter`; that of `imagenet` is downloaded if it is missing.

    `others` are more names that the caller allows, for the message. Raises ConfigError for a name that is neither a
    painter nor a file, DownloadError without a network.
    """
    names = [*painters(), IMAGENET]
    if name == IMAGENET:
        file = Path(torch.hub.get_dir()) / "checkpoints" / _IMAGENET_URL.rpartition("/")[2]
        by_hand = f"get the file {file.name} on another machine and put it into {file.parent}"
        download([Source(_IMAGENET_URL, _IMAGENET_SHA256)], file, by_hand=by_hand)
        return file
    if name in names:
        return painter_file(str(name))
    path = typed_path(str(name))
    with suppress(OSError):  # a name too long
        if path.exists():
            return path
    names += others
    hint = did_you_mean(name, names) or "; name one of these, or the file of a checkpoint"
    raise ConfigError(f"{quoted(str(name))} is no painter ({', '.join(names)}) and no file{hint}")
