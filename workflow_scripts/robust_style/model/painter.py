"""A network to paint with from any checkpoint: one of this project, or one of another program."""

import sys
from functools import lru_cache
from pathlib import Path

from robust_style.errors import CheckpointError
from robust_style.files.checkpoint import Checkpoint
from robust_style.files.foreign import kind_of, read_foreign
from robust_style.model.convert import converted
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import network_of, restore_network


def network_to_paint_with(path: Path) -> tuple[NormalisedNetwork, Checkpoint]:
    """The network in `path`, and its checkpoint: on the CPU, float32, in evaluation mode, frozen.

    A file of another program (`torch.save` with pickle or dill) is converted in memory where its weights tell
    architecture and width; no code in it is run, and lines on stderr say what it was taken for. Its checkpoint then
    has the regime `unknown` and epoch 0 where the file states none. The last network is kept for the next call.
    Raises CheckpointError if the file is missing, damaged or no checkpoint, or if its architecture cannot be told.
    """
    try:
        if path.is_dir():
            raise CheckpointError(f"{path}: this is a folder, not a checkpoint; name a file in it")
        status = path.stat()
        with path.open("rb") as file:
            kind = kind_of(file.read(64))
    except OSError as error:
        raise CheckpointError(f"{path}: {str(error.strerror).lower()}; give the path of a checkpoint") from None
    if kind is not None:
        raise CheckpointError(f"{path}: this is {kind}, not a checkpoint; give the path of a checkpoint")
    return _network(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1)
def _network(path: Path, _modified: int, _size: int) -> tuple[NormalisedNetwork, Checkpoint]:
    try:
        return restore_network(path)
    except CheckpointError as error:
        refused = error
    try:
        content = read_foreign(path)
    except CheckpointError:
        raise CheckpointError(
            f"{path}: damaged, or no checkpoint (`torch.save`) at all; get the file anew, or correct the path"
        ) from None
    if isinstance(content, dict) and "robust_style" in content:
        raise refused
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
