"""A painting as a file for people: format by ending, sRGB profile, and the settings it was made with."""

import json
import struct
import warnings
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jaxtyping import UInt8
from PIL import Image, ImageCms, PngImagePlugin, features
from torch import Tensor

from robust_style import __version__
from robust_style.files.atomic import whole_file
from robust_style.transfer.picture import as_image

# At 92, with full colour resolution, compression is invisible at normal viewing distance.
QUALITY = 92
_PROGRAM = "robust-style"
_SOFTWARE_TAG, _DESCRIPTION_TAG = 0x0131, 0x010E
_FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF",
}  # fmt: skip
_LOSSLESS = ("PNG", "TIFF")


@cache
def picture_endings() -> tuple[str, ...]:
    """The endings of the formats that this Pillow can write. All of them carry a colour profile and settings."""
    optional = {"WEBP": "webp", "AVIF": "avif"}
    return tuple(
        ending
        for ending, kind in _FORMATS.items()
        if kind not in optional or (optional[kind] in features.get_supported())
    )


def alpha_endings() -> tuple[str, ...]:
    """The endings of the formats that store transparency."""
    return tuple(ending for ending in picture_endings() if _FORMATS[ending] != "JPEG")


def is_lossless(path: Path) -> bool:
    """True if the format of this name has no quality to choose."""
    return _FORMATS[path.suffix.lower()] in _LOSSLESS


def write_painting(
    path: Path,
    picture: UInt8[Tensor, "3 height width"],
    record: Mapping[str, Any],
    quality: int = QUALITY,
    alpha: Image.Image | None = None,
) -> None:
    """Write the picture in the format of the ending of `path`, whole or not at all.

    The sRGB profile is embedded. `record` becomes the description: a text chunk in PNG, EXIF ImageDescription in the
    other formats. `quality` is that of JPEG, WebP and AVIF, 1 to 100. `alpha` (mode L, of the picture's size) is its
    transparency, which JPEG cannot store. Nothing of the photo's own metadata is copied.
    """
    kind = _FORMATS[path.suffix.lower()]
    options: dict[str, Any] = {"format": kind, "icc_profile": _srgb_profile()}
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Software", f"{_PROGRAM} {__version__}")
        options["pnginfo"].add_text("Description", as_text(record))
    else:
        exif = Image.Exif()
        exif[_SOFTWARE_TAG], exif[_DESCRIPTION_TAG] = f"{_PROGRAM} {__version__}", as_text(record)
        options["exif"] = exif
    if kind == "TIFF":
        options["compression"] = "tiff_lzw"
    elif kind not in _LOSSLESS:
        options["quality"] = quality
    if kind in ("JPEG", "AVIF"):
        options["subsampling"] = "4:4:4"
    image = as_image(picture)
    if alpha is not None:
        image.putalpha(alpha)
    with whole_file(path) as unfinished:
        image.save(unfinished, **options)


def as_text(record: Mapping[str, Any]) -> str:
    """The record as ASCII: JSON, marked with the program's name and version."""
    return json.dumps({"program": f"{_PROGRAM} {__version__}", **record}, sort_keys=True)


def read_record(path: Path) -> dict[str, Any] | None:
    """The record in a painting or an animation of this program; None for any other file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata and of size: only the header is read
            with Image.open(path) as image:
                text = image.info.get("Description") or image.info.get("comment")
                record = json.loads(text or image.getexif()[_DESCRIPTION_TAG])
    # What Pillow raises for damage depends on the format and on the place.
    except (
        OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, struct.error, zlib.error,
        Image.DecompressionBombError,
    ):  # fmt: skip
        return None
    is_ours = isinstance(record, dict) and str(record.get("program")).startswith(f"{_PROGRAM} ")
    return record if is_ours else None


@cache
def _srgb_profile() -> bytes:
    """The sRGB profile of LittleCMS without the time of its making, so that equal pictures give equal bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # SOURCE: ICC.1:2022, 7.2: date and time are bytes 24 to 35 of the header, the profile's own hash is 84 to 99.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile[84:100] = bytes(16)
    return bytes(profile)
