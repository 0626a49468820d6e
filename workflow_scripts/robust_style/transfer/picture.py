"""Pictures: from a prepared PNG to a tensor, from a tensor to files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.files.atomic import whole_file
from robust_style.transfer.geometry import Box, painting_size

# High enough that brush strokes keep their edges, a quarter of the PNG's bytes.
JPEG_QUALITY = 88


def read_picture(path: Path, size_px: int) -> Float[Tensor, "1 3 height width"]:
    """The prepared sRGB image at `path` in [0, 1], resized (Lanczos) to `painting_size`.

    Raises ImageError if it is missing, unreadable, not 8-bit RGB or too small; ConfigError for an unusable `size_px`.
    """
    return resized(path, _open(path), size_px)


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height of the prepared image at `path`, px. Raises ImageError as `read_picture` does."""
    return _open(path).size


def resized(path: Path, image: Image.Image, size_px: int, box: Box | None = None) -> Float[Tensor, "1 3 height width"]:
    """The RGB picture `image`, which `path` names in an error, in [0, 1], resized (Lanczos) to `painting_size`.

    `box` is the part of the image to use, None is all of it. Raises ImageError if the image is too small; ConfigError
    for an unusable `size_px`.
    """
    try:
        size = painting_size(*image.size, size_px)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from None
    pixels = np.array(image.resize(size, Image.Resampling.LANCZOS, box), np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous()


def write_picture(path: Path, picture: UInt8[Tensor, "3 height width"]) -> None:
    """Writes a lossless PNG."""
    with whole_file(path) as unfinished:
        as_image(picture).save(unfinished, format="PNG")


def write_preview(path: Path, picture: UInt8[Tensor, "3 height width"], longest_px: int) -> None:
    """Writes a JPEG whose longest side is at most `longest_px`."""
    with whole_file(path) as unfinished:
        shrunk(as_image(picture), longest_px).save(unfinished, format="JPEG", quality=JPEG_QUALITY)


def write_strip(path: Path, pictures: Sequence[UInt8[Tensor, "3 height width"]]) -> None:
    """Writes the pictures side by side, in order and without gaps, as one lossless PNG."""
    write_picture(path, torch.cat(list(pictures), dim=2))


def as_image(picture: UInt8[Tensor, "3 height width"]) -> Image.Image:
    """The picture as Pillow knows it."""
    return Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())


def shrunk(image: Image.Image, longest_px: int) -> Image.Image:
    """`image`, its longest side brought down to `longest_px` (Lanczos); never enlarged."""
    scale = longest_px / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
    except FileNotFoundError:
        raise ImageError(f"{path}: expected a prepared image, found no file; run the workflow again") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        # Pillow answers damage with any of these; the file is the workflow's own product, so it can be made again.
        raise ImageError(
            f"{path}: expected a prepared PNG, found damage ({error}); delete the file and run the workflow again"
        ) from None
    if image.mode != "RGB":
        raise ImageError(
            f"{path}: expected an 8-bit RGB image, found mode {image.mode}; list it in images.tsv to be prepared"
        )
    return image
