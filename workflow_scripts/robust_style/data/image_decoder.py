"""The pixels in the bytes of an image file from an untrusted source."""

import importlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from robust_style.data.srgb import alpha_of, flattened, in_srgb

# 64 megapixels: more than any camera of note, and 200 MB as RGB.
LARGEST_PIXELS = 64 * 10**6
# px; five poolings bring 32 px down to one position, and less leaves a deep layer nothing to describe.
LEAST_SIDE_PX = 32
# Longer strips have no style to speak of at the published size, and their resized short side vanishes.
LARGEST_ASPECT = 8

# What Pillow decodes by itself: no outside program, as PostScript would need.
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")

# TGA files have no signature at their start: only a name or the footer of version 2 tells them from other bytes.
_TGA_SUFFIXES = (".tga", ".icb", ".vda", ".vst")
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
# SOURCE: ISO/IEC 23008-12 (HEIF), brands of images coded with HEVC.
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}


class Refusal(Exception):
    """Why a file is not used: what was expected, what was found."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found


def decode(
    content: bytes, path: Path
) -> tuple[UInt8[np.ndarray, "height width 3"], UInt8[np.ndarray, "height width"] | None, list[str]]:
    """Pixels composed on white, the alpha channel where some pixel is not opaque, and notes on conversions.

    `content` is what the file at `path` holds. Upright and sRGB as `image_file.read_image` says. Raises Refusal.
    """
    try:
        with warnings.catch_warnings():
            # Pillow only warns between one and two times its own limit, and of broken metadata, with which the
            # orientation or a frame may be lost.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("error", UserWarning)
            with _opened(content, path) as picture:
                _check_size(picture)
                notes = _frame_notes(picture)
                depth, is_inverted = _depth(picture, content), _is_inverted(picture)
                picture.load()
                upright = _eight_bits(ImageOps.exif_transpose(picture), depth, is_inverted=is_inverted)
                upright = in_srgb(upright)
                return np.array(flattened(upright)), alpha_of(upright), notes + _depth_notes(depth)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(f"at most {LARGEST_PIXELS // 10**6} megapixels", "many more") from None
    except UnidentifiedImageError:
        if content[4:12] in (b"ftypavif", b"ftypavis"):
            raise Refusal("a whole picture", "damage (an AVIF file without a readable header)") from None
        raise Refusal(f"a picture ({', '.join((*FORMATS, 'TGA', 'HEIC'))})", _kind(content)) from None
    except ImageCms.PyCMSError as error:
        raise Refusal(
            "a usable colour profile", f"one that does not fit the picture ({error}; save it as sRGB)"
        ) from error
    # What Pillow raises for damage depends on the format and on the place.
    except (
        OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, RuntimeError, AssertionError,
        TypeError, UserWarning, struct.error, zlib.error,
    ) as error:  # fmt: skip
        raise Refusal("a whole picture", f"damage ({' '.join(str(error).split())})") from error


def has_eight_bits(picture: Image.Image) -> bool:
    """Whether an opened picture is of a kind whose channels have 8 bits or less.

    Pillow scales 16-bit grey in ways that changed between versions, and drops the low byte of 16-bit colour without a
    warning; the decoder's raw mode tells.
    """
    return picture.mode in _MODES and not _has_sixteen_bit_tiles(picture)


def _opened(content: bytes, path: Path) -> Image.Image:
    if _is_heic(content):
        try:
            heif = importlib.import_module("pillow_heif")  # optional: no environment needs it
        except ImportError:
            raise Refusal(
                "a picture that Pillow reads by itself",
                "HEIC (install pillow-heif: `pip install pillow-heif`, or save it as JPEG)",
            ) from None
        # Not registered with Pillow: nothing else of this process is to open HEIC.
        picture: Image.Image = heif.HeifImageFile(io.BytesIO(content))
        return picture
    is_tga = path.suffix.lower() in _TGA_SUFFIXES or content.endswith(_TGA_FOOTER)
    return Image.open(io.BytesIO(content), formats=(*FORMATS, "TGA") if is_tga else FORMATS)


def _is_heic(content: bytes) -> bool:
    if content[4:8] != b"ftyp":
        return False
    (size,) = struct.unpack(">I", content[:4])
    # Main brand, version, then compatible brands, of which real files have a few.
    box = content[8 : min(size, 256)]
    return any(box[at : at + 4] in _HEIC_BRANDS for at in range(0, len(box), 4))


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > LARGEST_PIXELS:
        raise Refusal(f"at most {LARGEST_PIXELS // 10**6} megapixels", f"{width}x{height} px")
    if min(width, height) < LEAST_SIDE_PX:
        raise Refusal(f"at least {LEAST_SIDE_PX} px on each side", f"{width}x{height} px")
    if max(width, height) > LARGEST_ASPECT * min(width, height):
        raise Refusal(f"sides no further apart than {LARGEST_ASPECT}:1", f"{width}x{height} px")


def _frame_notes(picture: Image.Image) -> list[str]:
    frames = getattr(picture, "n_frames", 1)
    # MPO is a camera's JPEG with a preview or depth map behind it; the picture is the first.
    if frames == 1 or picture.format == "MPO":
        return []
    if picture.format == "TIFF":
        return [f"{frames} pages: the first one is used"]
    if picture.format == "HEIF":
        return [f"{frames} pictures: the main one is used"]
    return [f"animated, {frames} frames: the first one is used"]


def _has_sixteen_bit_tiles(picture: Image.Image) -> bool:
    return any(";16" in str(tile) for tile in getattr(picture, "tile", ()))


def _depth(picture: Image.Image, content: bytes) -> int:
    """Bits per channel of an opened picture that is not loaded yet; 0 for floating-point values.

    Raises Refusal for other kinds. Only a note depends on what is read from `content`: decoders of JPEG 2000 and AVIF
    give 8 bits for colour. SOURCE: ISO/IEC 15444-1 A.5.1 (SIZ segment: Ssiz is 42 bytes behind the start of the
    codestream); ISO/IEC 23008-12 6.5.6 (`pixi`: version and flags, number of channels, bits of each).
    """
    if picture.mode == "F":
        return 0
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return 12 if "I;12" in str(getattr(picture, "tile", ())) else 16
    if picture.mode not in _MODES:
        raise Refusal(
            "8 or 16 bits per channel, or grey values from 0 to 1", f"mode {picture.mode} (save it as 8-bit sRGB)"
        )
    if picture.format == "JPEG2000":
        return (_byte_behind(content, b"\xff\x4f\xff\x51", 42) & 127) + 1
    if picture.format == "AVIF":
        return _byte_behind(content, b"pixi", 9) or 8
    if picture.format == "HEIF":
        return int(picture.info.get("bit_depth") or 8)
    return 16 if _has_sixteen_bit_tiles(picture) else 8


def _byte_behind(content: bytes, mark: bytes, distance: int) -> int:
    at = content.find(mark)
    return content[at + distance] if at >= 0 and at + distance < len(content) else 0


def _depth_notes(depth: int) -> list[str]:
    if depth == 0:
        return ["floating-point values: 0 to 1 rescaled to 8 bits"]
    return [f"{depth} bits per channel: rescaled to 8"] if depth > 8 else []


def _eight_bits(picture: Image.Image, depth: int, *, is_inverted: bool) -> Image.Image:
    """The loaded picture with 8 bits per channel.

    Of 16-bit colour Pillow keeps the high byte, at most one level off the rounded value.
    """
    key = picture.info.get("transparency")
    if picture.mode in _MODES:
        if depth == 16 and isinstance(key, tuple):  # the colour that a PNG names as transparent
            picture.info["transparency"] = tuple(value >> 8 for value in key)
        return picture
    values = np.asarray(picture).astype(np.float32)
    if depth == 0:
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and high <= 1):  # also where a value is not a number
            raise Refusal(
                "floating-point values from 0 to 1",
                f"{low:.4g} to {high:.4g} (divide by the largest value, or save it as 16-bit)",
            )
        values *= 255
    else:
        values *= np.float32(255 / (2**depth - 1))
    levels = values.round().astype(np.uint8)
    grey = Image.fromarray(255 - levels if is_inverted else levels)
    if isinstance(key, int):  # the level that a PNG names as transparent
        grey.putalpha(Image.fromarray(np.where(np.asarray(picture) == key, 0, 255).astype(np.uint8)))
    if "icc_profile" in picture.info:
        grey.info["icc_profile"] = picture.info["icc_profile"]
    return grey


def _is_inverted(picture: Image.Image) -> bool:
    """Whether 0 is white in a TIFF of a kind for which Pillow does not invert the levels by itself."""
    photometric_interpretation = 262
    return (
        picture.format == "TIFF"
        and picture.mode not in _MODES
        and getattr(picture, "tag_v2", {}).get(photometric_interpretation) == 0
    )


def _kind(content: bytes) -> str:
    start = content[:1000].lower()
    if b"<svg" in start:
        return "an SVG drawing (export it as PNG)"
    if b"<html" in start or b"<!doctype" in start:
        return "a web page"
    if content[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "a TIFF of a kind that Pillow does not read (save it as 8- or 16-bit TIFF, or as PNG)"
    return f"something else, beginning with {content[:8]!r}"
