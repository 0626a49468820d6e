"""Input images: prepared images on disk, resized to the size to paint at."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.geometry import Box, painting_size


def read_picture(path: Path, size_px: int) -> Float[Tensor, "1 3 height width"]:
    """Read the prepared sRGB image at `path`, in [0, 1], resized (Lanczos) to `painting_size`.

    Raises ImageError if it is missing, unreadable, not 8-bit RGB or too small; ConfigError for an unusable `size_px`.
    """
    return resized(path, _open(path), size_px)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of the prepared image at `path`, px. Raises ImageError as `read_picture` does."""
    return _open(path).size


def resized(
    name: Path | str, image: Image.Image, size_px: int, box: Box | None = None
) -> Float[Tensor, "1 3 height width"]:
    """The RGB image in [0, 1], resized (Lanczos) to `painting_size`; `name` is for error messages.

    `box` is the part of the image to use, None is the whole image. Raises ImageError if the image is too small;
    ConfigError for an unusable `size_px`.
    """
    try:
        size = painting_size(*image.size, size_px)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None
    pixels = np.array(image.resize(size, Image.Resampling.LANCZOS, box), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous()


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
    except FileNotFoundError:
        raise ImageError(f"{path}: expected a prepared image, found no file; run the workflow again") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow raises any of these for a damaged file; the workflow made the file and can make it again.
        raise ImageError(
            f"{path}: expected a prepared PNG, found damage ({error}); delete the file and run the workflow again"
        ) from None
    if image.mode != "RGB":
        raise ImageError(
            f"{path}: expected an 8-bit RGB image, found mode {image.mode}; list it in images.tsv to be prepared"
        )
    return image
