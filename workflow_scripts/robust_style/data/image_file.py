"""Image files from untrusted sources: pictures, and masks."""

import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from robust_style.data.image_decoder import Refusal, decode
from robust_style.errors import ImageError

# Uncompressed, the most pixels (`image_decoder.LARGEST_PIXELS`) are 200 MB; a file of more than twice that holds
# something else.
LARGEST_BYTES = 512 * 2**20

# Levels of 255 by which a lossy format may change a plain colour.
_PLAIN = 8


@dataclass(frozen=True)
class ImageContent:
    """The decoded picture of a file.

    `pixels`: sRGB, upright, 0 to 255. `alpha`: the transparency of these pixels (255 is opaque), None for an opaque
    picture or where it was not asked for. `notes`: a sentence for each conversion that the user should know of.
    """

    pixels: UInt8[np.ndarray, "height width 3"]
    alpha: UInt8[np.ndarray, "height width"] | None
    notes: tuple[str, ...]


def read_image(path: Path, row: str | None = None, *, keep_alpha: bool = False) -> ImageContent:
    """The picture in `path` at full resolution.

    EXIF orientation is applied; an embedded colour profile is converted to sRGB, and without one sRGB is assumed
    (CMYK: Pillow's plain conversion); transparency is composed on white. The format follows from the content, whatever
    the suffix says (TGA: suffix or footer). More than 8 bits are rescaled to 8, floating-point values are taken as 0
    to 1, and of several frames or pages the first is used; each of these is one of the notes. HEIC needs the package
    pillow-heif. With `keep_alpha` the transparency is returned as well; the pixels are the same.

    `row` names the catalogue row in messages, None stands for a file named on the command line. Raises ImageError for
    a file that is missing, no picture, truncated, beyond 64 megapixels, under 32 px, longer than 8:1, or has
    floating-point values outside 0 to 1.
    """
    try:
        pixels, alpha, notes = decode(_content(path), path)
    except Refusal as refusal:
        raise _error(path, row, refusal.expected, refusal.found) from refusal.__cause__
    if alpha is not None and not keep_alpha:
        notes.append("transparent: composed on white")
    return ImageContent(pixels, alpha if keep_alpha else None, _named(path, row, notes))


def read_mask(path: Path, row: str | None = None) -> ImageContent:
    """The mask in `path`: white where a style is wanted.

    Where the file has transparency and one colour, the mask is its transparency, opaque is white. Raises ImageError
    where both vary, for a mask that is black everywhere, and as `read_image` does.
    """
    try:
        pixels, alpha, notes = decode(_content(path), path)
        if alpha is not None:
            pixels = _alpha_as_mask(pixels, alpha)
            notes.append("the mask is its transparency: the style is for where it is opaque")
        darkest, brightest = int(pixels.min()), int(pixels.max())
        if brightest <= _PLAIN:
            raise Refusal("a mask with some white", "black everywhere (paint white where the style is wanted)")
        if brightest - darkest <= _PLAIN:
            notes.append("this mask has one brightness everywhere: the style is for the whole picture")
    except Refusal as refusal:
        raise _error(path, row, refusal.expected, refusal.found) from refusal.__cause__
    return ImageContent(pixels, None, _named(path, row, notes))


def _alpha_as_mask(
    composed: UInt8[np.ndarray, "height width 3"], alpha: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    # A transparent pixel has no colour, and a faint one has it from few levels.
    visible = alpha >= max(1, alpha.max() / 2)
    if visible.any():
        share = alpha[visible].astype(np.float32)[:, None] / 255
        colours = 255 - (255 - composed[visible].astype(np.float32)) / share
        # Composition rounds to whole levels, which the division multiplies.
        if np.ptp(colours, axis=0).max() > _PLAIN + 1 / share.min():
            raise Refusal(
                "a mask drawn either in black and white or in transparency",
                "that both its colours and its transparency vary (save it without transparency)",
            )
    return np.repeat(alpha[:, :, None], 3, axis=2)


def _content(path: Path) -> bytes:
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise Refusal("a picture", "a folder")
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device may never end
            raise Refusal("a picture", "no ordinary file")
        if about.st_size > LARGEST_BYTES:
            raise Refusal(f"at most {LARGEST_BYTES // 2**20} MiB", f"{about.st_size // 2**20} MiB")
        content = path.read_bytes()
    except FileNotFoundError:
        raise Refusal("a picture", "no such file") from None
    except OSError as error:
        raise Refusal("a readable picture", str(error.strerror)) from error
    if not content:
        raise Refusal("a picture", "an empty file")
    return content


def _error(path: Path, row: str | None, expected: str, found: str) -> ImageError:
    if row is None:
        return ImageError(f"{path}: expected {expected}, found {found}; choose another file")
    return ImageError(f"{row}: expected {expected} in {path}, found {found}; correct that row or replace the file")


def _named(path: Path, row: str | None, notes: list[str]) -> tuple[str, ...]:
    return tuple(f"{row or path}: {note}" for note in notes)
