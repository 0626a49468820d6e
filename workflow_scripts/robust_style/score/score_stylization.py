"""Score pictures by metrics independent of the networks under test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from robust_style.errors import ImageError
from robust_style.files.trace import Trace
from robust_style.score.columns import ITERATION
from robust_style.score.metrics import (
    Pixels,
    StyleColours,
    StyleTexture,
    checkerboard_excess,
    content_edge_ssim,
    content_ssim,
    high_frequency_excess,
    luma_correlation,
)
from robust_style.score.score_files import PictureScores
from robust_style.transfer.geometry import painting_size


def score_stylization(
    *,
    pictures: Sequence[Path],
    snapshots: Sequence[Path],
    traces: Sequence[Path],
    images: Sequence[Path],
    scores: Sequence[Path],
) -> None:
    """Write the scores of each of `pictures`, and of the tiles in its strip of `snapshots`, to a JSON file of `scores`.

    `traces` are those of the pictures, in the same order. `images` are the prepared contents and styles at full
    resolution, named as in the traces' labels; they are resized as the transfer resized them. Raises ImageError or
    ResultError if a file is missing, damaged or of another kind.
    """
    prepared = {path.stem: path for path in images}
    for picture, strip, path, score in zip(pictures, snapshots, traces, scores, strict=True):
        trace = Trace.load(path)
        content, style = prepared[trace.labels.content], prepared[trace.labels.style]
        _scores(picture, strip, trace, content, style).save(score)


def _scores(picture_path: Path, strip: Path, trace: Trace, content_path: Path, style_path: Path) -> PictureScores:
    picture = _read_pixels(picture_path)
    height, width, _ = picture.shape
    content = _read_pixels(content_path, (width, height))
    style = _read_pixels(style_path, _painted_size(style_path, trace.size_px))
    try:
        colours, texture = StyleColours(content, style), StyleTexture(content, style)
    except ImageError as problem:
        raise ImageError(f"{content_path} and {style_path}: {problem}") from None
    return PictureScores(
        labels=trace.labels,
        measures={
            "content_ssim": content_ssim(picture, content),
            "content_edge_ssim": content_edge_ssim(picture, content),
            "luma_correlation": luma_correlation(picture, content),
            "style_colour_distance": colours.distance(picture),
            "style_texture_distance": texture.distance(picture),
            "high_frequency_excess": high_frequency_excess(picture, content, style),
            "checkerboard_excess": checkerboard_excess(picture, content, style),
            "worst_rise": trace.worst_rise,
            "final_over_best": trace.final_over_best,
            "final_content_loss": trace.content_loss[-1],
            "final_style_loss": trace.style_loss[-1],
            "out_of_range_fraction": trace.out_of_range_fraction,
        },
        target_reached=trace.target_is_reached,
        snapshots=[
            {
                ITERATION: iteration,
                "content_ssim": content_ssim(tile, content),
                "style_colour_distance": colours.distance(tile),
                "style_texture_distance": texture.distance(tile),
            }
            for iteration, tile in zip(trace.snapshots, _read_tiles(strip, len(trace.snapshots)), strict=True)
        ],
    )


def _read_pixels(path: Path, width_height: tuple[int, int] | None = None) -> Pixels:
    """Return the sRGB picture in [0, 1], resized with Lanczos to `width_height` if given."""
    with _open_picture(path) as opened:
        picture = opened.convert("RGB")
    if width_height is not None and picture.size != width_height:
        picture = picture.resize(width_height, Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float64) / 255


def _read_tiles(path: Path, count: int) -> list[Pixels]:
    """Return the `count` pictures of equal width that are side by side in the strip at `path`."""
    strip = _read_pixels(path)
    if count < 1 or strip.shape[1] % count:
        raise ImageError(
            f"{path}: expected {count} pictures of one width, found {strip.shape[1]} px; delete it and run again"
        )
    return list(np.split(strip, count, axis=1))


def _painted_size(path: Path, size_px: int) -> tuple[int, int]:
    """Return width and height that the transfer gives the image at `path` for the size `size_px`."""
    with _open_picture(path) as opened:
        return painting_size(*opened.size, size_px)


@contextmanager
def _open_picture(path: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(path) as opened:
            yield opened
    except FileNotFoundError:
        raise ImageError(f"{path}: expected a picture, found no file; run the workflow again to make it") from None
    except UnidentifiedImageError:
        raise ImageError(f"{path}: expected a PNG, found something else; delete the file and run again") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as damage:
        raise ImageError(f"{path}: expected a PNG, found damage ({damage}); delete the file and run again") from None
