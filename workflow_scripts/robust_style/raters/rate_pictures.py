"""Rate finished pictures by networks that did not paint them (but may paint others of the run)."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.compute.determinism import make_deterministic
from robust_style.errors import CheckpointError, ImageError
from robust_style.files.trace import Trace
from robust_style.model.restore import restore_network
from robust_style.raters.distances import Maps, perceptual_distance, style_distance
from robust_style.raters.squeezenet import read_squeezenet
from robust_style.score.score_files import PictureRatings, save_ratings
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.input_image import read_picture

Rater = Callable[[Float[Tensor, "1 3 height width"]], Maps]


def rate_pictures(
    *,
    pictures: Sequence[Path],
    traces: Sequence[Path],
    images: Sequence[Path],
    squeezenet: Path | None,
    caffe_input: bool,
    held_out: Mapping[str, Path],
    layers: Mapping[str, Sequence[str]],
    ratings: Path,
    threads: int,
) -> None:
    """Write the labels and ratings of each of `pictures` to `ratings`; `traces` are theirs, in the same order.

    `squeezenet` (a file, or None) gives `style_gram_distance` and `content_perceptual_distance`; each of `held_out`,
    regime -> checkpoint, gives `rater_<regime>_style_distance` from its `layers`. `images` are prepared contents and
    styles named as in the labels; they are resized to the size of the painting. On the CPU, in float32.

    Raises CheckpointError for a damaged rater or one that painted one of the pictures, ImageError or ResultError for a
    file that is missing, damaged or of another kind.
    """
    make_deterministic(threads)
    prepared = {path.stem: path for path in images}
    loaded = [Trace.load(path) for path in traces]
    held_out_raters = {
        f"rater_{regime}_style_distance": _held_out_rater(path, layers[regime], loaded)
        for regime, path in held_out.items()
    }
    imagenet = None if squeezenet is None else read_squeezenet(squeezenet, caffe_input=caffe_input)

    @cache
    def maps_of(rater: Rater, name: str, size_px: int) -> Maps:
        return rater(read_picture(prepared[name], size_px))

    def measures_of(path: Path, trace: Trace) -> dict[str, float]:
        content, style, size_px = trace.labels.content, trace.labels.style, trace.size_px
        picture = read_picture(path, min(trace.width_px, trace.height_px))
        measures = {
            measure: style_distance(rater(picture), maps_of(rater, content, size_px), maps_of(rater, style, size_px))
            for measure, rater in held_out_raters.items()
        }
        if imagenet is not None:
            maps, of_content = imagenet(picture), maps_of(imagenet, content, size_px)
            measures["style_gram_distance"] = style_distance(maps, of_content, maps_of(imagenet, style, size_px))
            measures["content_perceptual_distance"] = perceptual_distance(maps, of_content)
        return measures

    rated = []
    with torch.inference_mode():
        for path, trace in zip(pictures, loaded, strict=True):
            try:
                rated.append(PictureRatings(trace.labels, measures_of(path, trace)))
            except ImageError as problem:
                raise ImageError(f"{path}: {problem}") from None
    save_ratings(ratings, rated)


def _held_out_rater(path: Path, layers: Sequence[str], traces: Sequence[Trace]) -> Rater:
    """Load the network in the checkpoint `path`, which must not have painted any of `traces`."""
    network, header = restore_network(path)
    for trace in traces:
        if (trace.labels.network, trace.labels.seed) == (header.network, header.seed):
            raise CheckpointError(f"{path}: expected a rater that did not paint, found the painter of {trace.path}")
    encoder = Encoder(network, layers, pooling="average")
    return lambda picture: list(encoder(picture).values())
