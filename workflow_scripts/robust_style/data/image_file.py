"""The pixels of an image file that nobody vouches for."""

import io
import stat
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from robust_style.errors import ImageError

# 64 megapixels: more than any camera of note, and 200 MB as RGB.
LARGEST_PIXELS = 64 * 10**6
# Uncompressed, so many pixels are 200 MB; a file of more than twice that holds something else.
LARGEST_BYTES = 512 * 2**20
# px; five poolings bring 32 px down to one position, and less leaves a deep layer nothing to describe.
LEAST_SIDE_PX = 32
# Longer strips have no style to speak of at the published size, and their resized short side vanishes.
LARGEST_ASPECT = 8

# What Pillow decodes by itself: no outside program, as PostScript would need.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def read_image(path: Path, row: str) -> UInt8[np.ndarray, "height width 3"]:
    """The picture in `path` as sRGB, upright, full resolution, 0 to 255.

    EXIF orientation is applied; an embedded colour profile is converted to sRGB, and without one sRGB is assumed
    (CMYK: Pillow's plain conversion); transparency is laid on white. The format follows from the content, whatever
    the suffix says. `row` names the catalogue row in messages.

    Raises ImageError for a file that is missing, no picture, truncated, animated, of more than 8 bits, beyond 64
    megapixels, under 32 px, or longer than 8:1.
    """
    content = _content(path, row)
    try:
        with warnings.catch_warnings():
            # Pillow only warns between one and two times its own limit, and of broken metadata, with which the
            # orientation or a frame may be lost.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("error", UserWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                _check(picture, path, row)
                picture.load()
                return np.array(flattened(in_srgb(ImageOps.exif_transpose(picture))))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(path, row, f"at most {LARGEST_PIXELS // 10**6} megapixels", "many more") from None
    except UnidentifiedImageError:
        raise _refused(path, row, f"a picture ({', '.join(_FORMATS)})", _kind(content)) from None
    except ImageCms.PyCMSError as error:
        raise _refused(path, row, "a usable colour profile", f"{error} (save it as sRGB)") from error
    # What Pillow raises for damage depends on the format and on the place.
    except (OSError, SyntaxError, ValueError, EOFError, LookupError, UserWarning, struct.error, zlib.error) as error:
        raise _refused(path, row, "a whole picture", f"damage ({error})") from error


def _content(path: Path, row: str) -> bytes:
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise _refused(path, row, "a picture", "a folder")
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device may never end
            raise _refused(path, row, "a picture", "no ordinary file")
        if about.st_size > LARGEST_BYTES:
            raise _refused(path, row, f"at most {LARGEST_BYTES // 2**20} MiB", f"{about.st_size // 2**20} MiB")
        content = path.read_bytes()
    except FileNotFoundError:
        raise _refused(path, row, "a picture", "no such file") from None
    except OSError as error:
        raise _refused(path, row, "a readable picture", str(error.strerror)) from error
    if not content:
        raise _refused(path, row, "a picture", "an empty file")
    return content


def _check(picture: Image.Image, path: Path, row: str) -> None:
    width, height = picture.size
    # MPO is a camera's JPEG with a preview or depth map behind it; the picture is the first.
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format != "MPO":
        raise _refused(path, row, "a single picture", f"{frames} frames or pages")
    if width * height > LARGEST_PIXELS:
        raise _refused(path, row, f"at most {LARGEST_PIXELS // 10**6} megapixels", f"{width}x{height} px")
    if min(width, height) < LEAST_SIDE_PX:
        raise _refused(path, row, f"at least {LEAST_SIDE_PX} px on each side", f"{width}x{height} px")
    if max(width, height) > LARGEST_ASPECT * min(width, height):
        raise _refused(path, row, f"sides no further apart than {LARGEST_ASPECT}:1", f"{width}x{height} px")
    if not has_eight_bits(picture):
        raise _refused(path, row, "8 bits per channel", f"mode {picture.mode} or 16 bits (save it as 8-bit sRGB)")


def has_eight_bits(picture: Image.Image) -> bool:
    """Whether an opened picture is of a kind whose channels have 8 bits or less.

    Pillow scales 16-bit grey in ways that changed between versions, and cuts 16-bit colour without a word; the
    decoder's raw mode tells.
    """
    return picture.mode in _MODES and not any(";16" in str(tile) for tile in getattr(picture, "tile", ()))


def in_srgb(picture: Image.Image) -> Image.Image:
    """The picture by its embedded colour profile in sRGB, if it has one. Raises ImageCms.PyCMSError for a bad one."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("P", "PA"):
        picture = picture.convert("RGBA")
    elif picture.mode in ("1", "YCbCr"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    if not profile:
        return picture
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    opaque = picture.convert({"LA": "L", "RGBA": "RGB"}.get(picture.mode, picture.mode))
    converted = ImageCms.profileToProfile(opaque, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
    assert converted is not None, "only a conversion in place gives None"
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def flattened(picture: Image.Image) -> Image.Image:
    """The picture as RGB, transparency laid on white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def _kind(content: bytes) -> str:
    start = content[:1000].lower()
    if b"<svg" in start:
        return "an SVG drawing (export it as PNG)"
    if b"<html" in start or b"<!doctype" in start:
        return "a web page"
    return f"something else, beginning with {content[:8]!r}"


def _refused(path: Path, row: str, expected: str, found: str) -> ImageError:
    return ImageError(f"{row}: expected {expected} in {path}, found {found}; correct that row or replace the file")
