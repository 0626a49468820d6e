"""Read image files from untrusted sources: pictures and masks, upright, in sRGB, with 8 bits per channel."""

import importlib
import io
import stat
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from robust_style.errors import ImageError

# Above the resolution of usual cameras (64 megapixels); 200 MB as RGB.
MAX_PIXELS = 64 * 10**6
# px; five poolings reduce 32 px to one position.
_MIN_SIDE_PX = 32
# The shorter side of a longer strip is too small after resizing.
_MAX_ASPECT = 8

# Formats that Pillow decodes without another program (PostScript needs one).
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM", "AVIF", "JPEG2000")
_EIGHT_BIT_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")

# TGA files have no signature at the start; they are recognised by suffix or by the footer of version 2.
_TGA_SUFFIXES = (".tga", ".icb", ".vda", ".vst")
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
# SOURCE: ISO/IEC 23008-12 (HEIF), brands of images coded with HEVC.
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
# Uncompressed, MAX_PIXELS are 200 MB; a file of more than twice that contains something else.
_MAX_BYTES = 512 * 2**20
# Levels of 255 by which a lossy format may change a plain colour.
_PLAIN = 8
# What Pillow raises for damage; it depends on the format and on the damaged byte.
DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, RuntimeError, AssertionError, TypeError,
    UserWarning, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


@contextmanager
def open_image(source: Path | IO[bytes], formats: tuple[str, ...] | None = None) -> Iterator[Image.Image]:
    """Open an image with Pillow, without its warnings: of broken metadata, and of its own limit of the size.

    Raises one of `DAMAGE` (PIL.UnidentifiedImageError, an OSError, for an unknown format).
    """
    with _warnings("ignore"), Image.open(source, formats=formats) as picture:
        yield picture


@dataclass(frozen=True)
class ImageContent:
    """The decoded picture of a file.

    `pixels`: sRGB, upright, 0 to 255. `alpha`: the transparency of these pixels (255 is opaque), None for an opaque
    picture or if not requested. `notes`: a sentence for each conversion that the user should know of.
    """

    pixels: UInt8[np.ndarray, "height width 3"]
    alpha: UInt8[np.ndarray, "height width"] | None
    notes: tuple[str, ...]


def read_image(
    path: Path, row: str | None = None, *, keep_alpha: bool = False, picture: Image.Image | None = None
) -> ImageContent:
    """The picture in `path` at full resolution.

    EXIF orientation is applied. An embedded colour profile is converted to sRGB; without one, sRGB is assumed (CMYK:
    Pillow's conversion). Transparency is composed on white. The content decides the format, not the suffix (TGA: suffix
    or footer). More than 8 bits are rescaled to 8, floating-point values are taken as 0 to 1, and the first of several
    frames or pages is used; each of these is one of the notes. HEIC needs the package pillow-heif. With `keep_alpha`,
    the transparency is returned as well; the pixels are the same. A `picture` that Pillow holds in memory is used
    instead of the file; `path` then is its name in messages.

    `row` names the catalogue row in messages; None is a file of the command line. Raises ImageError for a file that is
    missing, no picture, truncated, above 64 megapixels, below 32 px, longer than 8:1, or has floating-point values
    outside 0 to 1.
    """
    try:
        pixels, alpha, notes = _decode(b"" if picture else _content(path), path, picture)
    except _Refusal as refusal:
        raise _error(path, row, refusal.expected, refusal.found) from refusal.__cause__
    if alpha is not None and not keep_alpha:
        notes.append("transparent: composed on white")
    return ImageContent(pixels, alpha if keep_alpha else None, _named(path, row, notes))


def read_mask(path: Path, row: str | None = None) -> ImageContent:
    """The mask in `path`: white where the style applies.

    If the file has transparency and one colour, the mask is its transparency; opaque is white. Raises ImageError
    if both vary, for a mask that is black everywhere, and as `read_image` does.
    """
    try:
        pixels, alpha, notes = _decode(_content(path), path)
        if alpha is not None:
            pixels = _alpha_as_mask(pixels, alpha)
            notes.append("the mask is its transparency: the style is for where it is opaque")
        darkest, brightest = int(pixels.min()), int(pixels.max())
        if brightest <= _PLAIN:
            raise _Refusal("a mask with some white", "black everywhere (paint white where the style is wanted)")
        if brightest - darkest <= _PLAIN:
            notes.append("this mask has one brightness everywhere: the style is for the whole picture")
    except _Refusal as refusal:
        raise _error(path, row, refusal.expected, refusal.found) from refusal.__cause__
    return ImageContent(pixels, None, _named(path, row, notes))


def has_eight_bits(picture: Image.Image) -> bool:
    """True if the channels of an opened, not yet loaded picture have 8 bits or less.

    Pillow scales 16-bit grey in ways that changed between versions, and drops the low byte of 16-bit colour without a
    warning; the raw mode of the decoder shows the depth.
    """
    return picture.mode in _EIGHT_BIT_MODES and not _has_sixteen_bit_tiles(picture)


def in_srgb(picture: Image.Image) -> Image.Image:
    """The picture converted from its embedded colour profile, if any, to sRGB. Raises ImageCms.PyCMSError."""
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
    """The picture as RGB, transparency composed on white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


class _Refusal(Exception):
    """Why a file cannot be used: what was expected, what was found."""

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found


def _alpha_as_mask(
    composed: UInt8[np.ndarray, "height width 3"], alpha: UInt8[np.ndarray, "height width"]
) -> UInt8[np.ndarray, "height width 3"]:
    # Transparent pixels have no colour; the colour of faint ones has few levels.
    visible = alpha >= max(1, alpha.max() / 2)
    if visible.any():
        share = alpha[visible].astype(np.float32)[:, None] / 255
        colours = 255 - (255 - composed[visible].astype(np.float32)) / share
        # Composition rounds to whole levels, which the division multiplies.
        if np.ptp(colours, axis=0).max() > _PLAIN + 1 / share.min():
            raise _Refusal(
                "a mask drawn either in black and white or in transparency",
                "that both its colours and its transparency vary (save it without transparency)",
            )
    return np.repeat(alpha[:, :, None], 3, axis=2)


def _content(path: Path) -> bytes:
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise _Refusal("a picture", "a folder")
        if not stat.S_ISREG(about.st_mode):  # a pipe or a device may never end
            raise _Refusal("a picture", "no ordinary file")
        if about.st_size > _MAX_BYTES:
            raise _Refusal(f"at most {_MAX_BYTES // 2**20} MiB", f"{about.st_size // 2**20} MiB")
        content = path.read_bytes()
    except FileNotFoundError:
        raise _Refusal("a picture", "no such file") from None
    except OSError as error:
        raise _Refusal("a readable picture", str(error.strerror)) from error
    if not content:
        raise _Refusal("a picture", "an empty file")
    return content


def _error(path: Path, row: str | None, expected: str, found: str) -> ImageError:
    if row is None:
        return ImageError(f"{path}: expected {expected}, found {found}; choose another file")
    return ImageError(f"{row}: expected {expected} in {path}, found {found}; correct that row or replace the file")


def _named(path: Path, row: str | None, notes: list[str]) -> tuple[str, ...]:
    return tuple(f"{row or path}: {note}" for note in notes)


def _decode(
    content: bytes, path: Path, held: Image.Image | None = None
) -> tuple[UInt8[np.ndarray, "height width 3"], UInt8[np.ndarray, "height width"] | None, list[str]]:
    """Pixels composed on white, the alpha channel if some pixel is not opaque, and notes on conversions.

    `content` is that of the file at `path`, unless the picture is `held` in memory. Conversions as in `read_image`.
    Raises _Refusal.
    """
    try:
        # Broken metadata, of which Pillow only warns, can lose the orientation or a frame.
        with _warnings("error"), nullcontext(held) if held else _opened(content, path) as picture:
            _check_size(picture)
            notes = _frame_notes(picture)
            depth, is_inverted = _depth(picture, content), _is_inverted(picture)
            picture.load()
            upright = _eight_bits(ImageOps.exif_transpose(picture), depth, is_inverted=is_inverted)
            upright = in_srgb(upright)
            return np.array(flattened(upright)), _alpha_of(upright), notes + _depth_notes(depth)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _Refusal(f"at most {MAX_PIXELS // 10**6} megapixels", "many more") from None
    except UnidentifiedImageError:
        if content[4:12] in (b"ftypavif", b"ftypavis"):
            raise _Refusal("a whole picture", "damage (an AVIF file without a readable header)") from None
        raise _Refusal(f"a picture ({', '.join((*_FORMATS, 'TGA', 'HEIC'))})", _kind(content)) from None
    except ImageCms.PyCMSError as error:
        raise _Refusal(
            "a usable colour profile", f"one that does not fit the picture ({error}; save it as sRGB)"
        ) from error
    except DAMAGE as error:
        raise _Refusal("a whole picture", f"damage ({' '.join(str(error).split())})") from error


@contextmanager
def _warnings(action: Literal["ignore", "error"]) -> Iterator[None]:
    """Ignore, or raise, Pillow's warnings of broken metadata and of images above its own limit."""
    with warnings.catch_warnings():
        warnings.simplefilter(action, UserWarning)
        warnings.simplefilter(action, Image.DecompressionBombWarning)
        yield


def _opened(content: bytes, path: Path) -> Image.Image:
    if _is_heic(content):
        try:
            heif = importlib.import_module("pillow_heif")  # optional: no environment needs it
        except ImportError:
            raise _Refusal(
                "a picture that Pillow reads by itself",
                "HEIC (install pillow-heif: `pip install pillow-heif`, or save it as JPEG)",
            ) from None
        # Not registered with Pillow: other code of this process must not open HEIC.
        picture: Image.Image = heif.HeifImageFile(io.BytesIO(content))
        return picture
    is_tga = path.suffix.lower() in _TGA_SUFFIXES or content.endswith(_TGA_FOOTER)
    return Image.open(io.BytesIO(content), formats=(*_FORMATS, "TGA") if is_tga else _FORMATS)


def _is_heic(content: bytes) -> bool:
    if content[4:8] != b"ftyp":
        return False
    (size,) = struct.unpack(">I", content[:4])
    # Main brand, version, then compatible brands, of which real files have a few.
    box = content[8 : min(size, 256)]
    return any(box[at : at + 4] in _HEIC_BRANDS for at in range(0, len(box), 4))


def _check_size(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS:
        raise _Refusal(f"at most {MAX_PIXELS // 10**6} megapixels", f"{width}x{height} px")
    if min(width, height) < _MIN_SIDE_PX:
        raise _Refusal(f"at least {_MIN_SIDE_PX} px on each side", f"{width}x{height} px")
    if max(width, height) > _MAX_ASPECT * min(width, height):
        raise _Refusal(f"sides no further apart than {_MAX_ASPECT}:1", f"{width}x{height} px")


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

    Raises _Refusal for other kinds. `content` decides a note only: decoders of JPEG 2000 and AVIF
    give 8 bits for colour. SOURCE: ISO/IEC 15444-1 A.5.1 (SIZ segment: Ssiz is 42 bytes behind the start of the
    codestream); ISO/IEC 23008-12 6.5.6 (`pixi`: version and flags, number of channels, bits of each).
    """
    if picture.mode == "F":
        return 0
    if picture.mode.startswith("I;16") or (picture.mode == "I" and picture.format == "PPM"):
        return 12 if "I;12" in str(getattr(picture, "tile", ())) else 16
    if picture.mode not in _EIGHT_BIT_MODES:
        raise _Refusal(
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
    if picture.mode in _EIGHT_BIT_MODES:
        if depth == 16 and isinstance(key, tuple):  # the colour that a PNG names as transparent
            picture.info["transparency"] = tuple(value >> 8 for value in key)
        return picture
    values = np.asarray(picture).astype(np.float32)
    if depth == 0:
        low, high = float(values.min()), float(values.max())
        if not (low >= 0 and high <= 1):  # also where a value is not a number
            raise _Refusal(
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
    """True if 0 is white in a TIFF of a kind that Pillow does not invert."""
    photometric_interpretation = 262
    return (
        picture.format == "TIFF"
        and picture.mode not in _EIGHT_BIT_MODES
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


def _alpha_of(picture: Image.Image) -> UInt8[np.ndarray, "height width"] | None:
    """The alpha channel (255 is opaque); None if every pixel is opaque."""
    if not picture.has_transparency_data:
        return None
    alpha = np.array(picture.convert("RGBA").getchannel("A"))
    return None if alpha.min() == 255 else alpha
