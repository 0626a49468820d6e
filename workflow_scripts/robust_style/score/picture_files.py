"""Pictures as the metrics read them: finished ones, strips of snapshots, content and style at the painted size."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from robust_style.errors import ImageError
from robust_style.score.metrics import Pixels
from robust_style.score.pair import Pair
from robust_style.transfer.geometry import central_box, painting_size


def read_pair(content: Path, style: Path, size_px: int, width_height: tuple[int, int] | None = None) -> Pair:
    """Return content and style at the size that the transfer gives them for `size_px`.

    `width_height` is the size of the finished picture; the content gets it, if given. Raises ImageError if an image is
    missing or damaged, or if both have the same colours or texture.
    """
    content_pixels = read_pixels(content, width_height or _painted_size(content, size_px))
    style_pixels = read_pixels(style, _painted_size(style, size_px))
    try:
        return Pair(content_pixels, style_pixels)
    except ImageError as problem:
        raise ImageError(f"{content} and {style}: {problem}") from None


def read_pixels(path: Path, width_height: tuple[int, int] | None = None, *, is_cropped: bool = False) -> Pixels:
    """Return the sRGB picture in [0, 1], resized with Lanczos to `width_height` if given.

    Its central part of that aspect ratio if `is_cropped`, otherwise all of it, perhaps distorted. Raises ImageError if
    it is missing or damaged.
    """
    with _open_picture(path) as opened:
        picture = opened.convert("RGB")
    if width_height is not None and picture.size != width_height:
        box = central_box(*picture.size, width_height) if is_cropped else None
        picture = picture.resize(width_height, Image.Resampling.LANCZOS, box)
    return np.asarray(picture, np.float64) / 255


def read_tiles(path: Path, count: int) -> list[Pixels]:
    """Return the `count` pictures of equal width that are side by side in the strip at `path`.

    Raises ImageError if it is missing, damaged or of another width.
    """
    strip = read_pixels(path)
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
