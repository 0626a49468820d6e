"""Picture files: the workflow's PNG, preview and strip; paintings with their settings in any format; animations."""

import json
import struct
import warnings
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from PIL import Image, ImageCms, PngImagePlugin, features
from torch import Tensor

from robust_style import __version__
from robust_style.files.atomic import whole_file

# With full colour resolution, compression is invisible at normal viewing distance.
QUALITY = 92
# Of previews: brush strokes keep their edges, at a quarter of the PNG's size.
PREVIEW_QUALITY = 88
FRAME_MS = 120
# The last frame, the result, stays longer.
LAST_FRAME_MS = 2000
# MEASURED (160 px, 19 frames, 12 pictures): 255 to 590 kB, largest from noise; no visible banding.
COLOURS = 128
_PROGRAM = "robust-style"
_SOFTWARE_TAG, _DESCRIPTION_TAG = 0x0131, 0x010E
_FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF",
}  # fmt: skip
_LOSSLESS = ("PNG", "TIFF")


def write_picture(path: Path, picture: UInt8[Tensor, "3 height width"]) -> None:
    """Write a lossless PNG."""
    with whole_file(path) as unfinished:
        as_image(picture).save(unfinished, format="PNG")


def write_preview(path: Path, picture: UInt8[Tensor, "3 height width"], longest_px: int) -> None:
    """Write a JPEG whose longest side is at most `longest_px`."""
    with whole_file(path) as unfinished:
        _shrunk(as_image(picture), longest_px).save(unfinished, format="JPEG", quality=PREVIEW_QUALITY)


def write_strip(path: Path, pictures: Sequence[UInt8[Tensor, "3 height width"]]) -> None:
    """Write the pictures side by side, in order and without gaps, as one lossless PNG."""
    write_picture(path, torch.cat(list(pictures), dim=2))


@cache
def picture_endings() -> tuple[str, ...]:
    """The endings of the formats that this Pillow can write. All of them can hold a colour profile and settings."""
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
    picture: Image.Image,
    record: Mapping[str, Any],
    quality: int = QUALITY,
) -> None:
    """Write the picture in the format of the ending of `path`, completely or not at all.

    The sRGB profile is embedded. `record` is the description: a text chunk in PNG, EXIF ImageDescription in the other
    formats. `quality` is for JPEG, WebP and AVIF, 1 to 100. The picture is RGB, or RGBA, which JPEG cannot store. The
    photo's own metadata is not copied.
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
    with whole_file(path) as unfinished:
        picture.save(unfinished, **options)


def beside(pictures: Sequence[Image.Image], gap_px: int = 8) -> Image.Image:
    """Pictures of one height side by side, left to right, with gaps that are white (transparent beside RGBA)."""
    width, height = sum(picture.width + gap_px for picture in pictures) - gap_px, pictures[0].height
    sheet = Image.new(pictures[0].mode, (width, height), (255, 255, 255, 0)[: len(pictures[0].getbands())])
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (sum(before.width + gap_px for before in pictures[:index]), 0))
    return sheet


def as_text(record: Mapping[str, Any]) -> str:
    """The record as ASCII JSON, with the program's name and version."""
    return json.dumps({"program": f"{_PROGRAM} {__version__}", **record}, sort_keys=True)


def read_record(path: Path) -> dict[str, Any] | None:
    """The record in a painting or an animation of this program; None for any other file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about damaged metadata and large images: only the header is read
            with Image.open(path) as image:
                text = image.info.get("Description") or image.info.get("comment")
                record = json.loads(text or image.getexif()[_DESCRIPTION_TAG])
    # What Pillow raises for a damaged file depends on the format and the position.
    except (
        OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, struct.error, zlib.error,
        Image.DecompressionBombError,
    ):  # fmt: skip
        return None
    is_ours = isinstance(record, dict) and str(record.get("program")).startswith(f"{_PROGRAM} ")
    return record if is_ours else None


def frame_iterations(iterations: int, frames: int) -> tuple[int, ...]:
    """The iterations in an animation of at most `frames` frames, from 0 to `iterations`.

    The iteration of frame i grows with i², because most of the change is early; each is included once.
    """
    if frames < 2:
        return (iterations,)
    return tuple(sorted({round(iterations * (index / (frames - 1)) ** 2) for index in range(frames)}))


def write_animation(path: Path, pictures: Sequence[Image.Image], longest_px: int, comment: str = "") -> None:
    """Write an endless GIF of the pictures, longest side at most `longest_px`; the last frame is shown longer.

    Pictures of another size than the last, those of a recipe's coarse scales, are enlarged to it. All frames share one
    palette of 128 colours, so that colours do not flicker. No dithering: its noise would flicker and compress badly.
    `comment` (ASCII) is stored in the file.
    """
    last = _shrunk(pictures[-1].convert("RGB"), longest_px)
    frames = [picture.convert("RGB").resize(last.size, Image.Resampling.LANCZOS) for picture in pictures[:-1]] + [last]
    palette = beside(frames, gap_px=0).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * (len(indexed) - 1) + [LAST_FRAME_MS]
    with whole_file(path) as unfinished:
        indexed[0].save(
            unfinished,
            format="GIF",
            save_all=True,
            append_images=indexed[1:],
            duration=durations,
            loop=0,
            optimize=False,
            **({"comment": comment.encode()} if comment else {}),
        )


def as_image(picture: UInt8[Tensor, "3 height width"]) -> Image.Image:
    """The picture for Pillow, RGB."""
    return Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy())


def _shrunk(image: Image.Image, longest_px: int) -> Image.Image:
    """`image` with its longest side reduced to `longest_px` (Lanczos); never enlarged."""
    scale = longest_px / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


@cache
def _srgb_profile() -> bytes:
    """The sRGB profile of LittleCMS with a fixed creation time, so that equal pictures give equal bytes."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # SOURCE: ICC.1:2022, 7.2: date and time are bytes 24 to 35 of the header, the profile's own hash is 84 to 99.
    profile[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    profile[84:100] = bytes(16)
    return bytes(profile)
