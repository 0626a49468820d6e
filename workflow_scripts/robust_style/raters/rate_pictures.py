"""Finished pictures in the eyes of networks that did not paint them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.compute.determinism import make_deterministic
from robust_style.errors import CheckpointError, ImageError
from robust_style.files.atomic import write_json
from robust_style.model.restore import restore_network
from robust_style.raters.distances import Maps, perceptual_distance, style_distance
from robust_style.raters.squeezenet import read_squeezenet
from robust_style.score.trace import Trace, read_trace
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.input_image import read_picture

Eye = Callable[[Float[Tensor, "1 3 height width"]], Maps]


def rate_pictures(
    *,
    traces: Sequence[Path],
    images: Sequence[Path],
    squeezenet: Path | None,
    caffe_input: bool,
    held_out: Mapping[str, Path],
    layers: Mapping[str, Sequence[str]],
    ratings: Path,
    threads: int,
) -> None:
    """Writes `ratings`: for the finished picture of each trace its labels and what the raters that there are say.

    `squeezenet` (a file, or None) gives `style_gram_distance` and `content_perceptual_distance`; each of `held_out`,
    regime -> checkpoint, gives `rater_<regime>_style_distance`, seen by its `layers`. `images` are prepared contents
    and styles named as in the labels, seen at the size that was painted. On the CPU, in float32.

    Raises CheckpointError for a damaged rater or one that painted a picture itself, ImageError or ResultError where a
    file is not what it should be.
    """
    make_deterministic(threads)
    prepared = {path.stem: path for path in images}
    jury = {
        f"rater_{regime}_style_distance": _cifar_eye(path, layers[regime], traces) for regime, path in held_out.items()
    }
    imagenet = None if squeezenet is None else read_squeezenet(squeezenet, caffe_input=caffe_input)

    @cache
    def seen(eye: Eye, name: str, size_px: int) -> Maps:
        return eye(read_picture(prepared[name], size_px))

    def said_of(course: Trace) -> dict[str, float]:
        content, style, size_px = course.labels.content, course.labels.style, course.size_px
        picture = read_picture(course.picture, min(course.width_px, course.height_px))
        said = {
            measure: style_distance(eye(picture), seen(eye, content, size_px), seen(eye, style, size_px))
            for measure, eye in jury.items()
        }
        if imagenet is not None:
            maps, of_content = imagenet(picture), seen(imagenet, content, size_px)
            said["style_gram_distance"] = style_distance(maps, of_content, seen(imagenet, style, size_px))
            said["content_perceptual_distance"] = perceptual_distance(maps, of_content)
        return said

    found = []
    with torch.inference_mode():
        for course in map(read_trace, traces):
            try:
                found.append({"labels": asdict(course.labels), **said_of(course)})
            except ImageError as problem:
                raise ImageError(f"{course.picture}: {problem}") from None
    write_json(ratings, found)


def _cifar_eye(path: Path, layers: Sequence[str], traces: Sequence[Path]) -> Eye:
    """The network in the checkpoint `path`, which must have painted none of `traces`."""
    network, header = restore_network(path)
    for trace in traces:
        labels = read_trace(trace).labels
        if (labels.network, labels.seed) == (header.network, header.seed):
            raise CheckpointError(f"{path}: expected a rater that did not paint, found the painter of {trace}")
    encoder = Encoder(network, layers, pooling="average")
    return lambda picture: list(encoder(picture).values())
