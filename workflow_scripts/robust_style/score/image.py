"""Pictures as the measures see them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image, UnidentifiedImageError
from skimage.color import rgb2gray

from robust_style.errors import ImageError
from robust_style.transfer.geometry import painting_size

# Height x width x sRGB channel; `_` because two pictures need not have one size.
Pixels = Float[np.ndarray, "_ _ 3"]
Luma = Float[np.ndarray, "_ _"]


def read_pixels(path: Path, width_height: tuple[int, int] | None = None) -> Pixels:
    """The sRGB picture at `path` in [0, 1], resized with Lanczos to `width_height` where given.

    Raises ImageError if the file is missing, damaged or no picture.
    """
    with _open_picture(path) as opened:
        picture = opened.convert("RGB")
    if width_height is not None and picture.size != width_height:
        picture = picture.resize(width_height, Image.Resampling.LANCZOS)
    return np.asarray(picture, np.float64) / 255


def read_tiles(path: Path, count: int) -> list[Pixels]:
    """The `count` equally wide pictures that stand side by side in the strip at `path`.

    Raises ImageError if the file is missing, no picture, or cannot be cut into as many.
    """
    strip = read_pixels(path)
    if count < 1 or strip.shape[1] % count:
        raise ImageError(
            f"{path}: expected {count} pictures of one width, found {strip.shape[1]} px; delete it and run again"
        )
    return list(np.split(strip, count, axis=1))


def painted_size(path: Path, size_px: int) -> tuple[int, int]:
    """Width and height that the transfer gives the image at `path` for the size `size_px`."""
    with _open_picture(path) as opened:
        return painting_size(*opened.size, size_px)


def luma(picture: Pixels) -> Luma:
    """Rec. 709 luma in [0, 1] of an sRGB picture in [0, 1]."""
    grey: Luma = rgb2gray(picture)
    return grey


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
