"""Finished pictures as arrays, and pictures inside an SVG as JPEG."""

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from robust_style.errors import ResultError
from robust_style.files.trace import Trace

# Height x width x sRGB channel; `_` because two pictures can have different sizes.
Picture = UInt8[np.ndarray, "_ _ 3"]

# What Pillow raises for a file that is missing, cut, changed, or of another kind.
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# In print this quality cannot be told from lossless; a page of photographs is a tenth of its size as PNG.
SVG_QUALITY = 82
_PNG = re.compile(r'"data:image/png;base64,([^"]+)"')


@dataclass(frozen=True)
class Tile:
    """The picture at one iteration of the optimisation."""

    iteration: int
    picture: Picture


def read_picture(path: Path, longest_px: int | None = None) -> Picture:
    """The sRGB picture at `path`, made smaller (never larger) where its longest side is above `longest_px`.

    Raises ResultError if the file is missing, damaged or not a picture.
    """
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except FileNotFoundError:
        raise ResultError(f"{path}: expected a picture, found none; run the workflow again to make it") from None
    except UNREADABLE as damage:
        raise ResultError(f"{path}: expected a picture, found damage ({damage}); delete it and run again") from None
    if longest_px is not None and max(picture.size) > longest_px:
        picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    return np.asarray(picture)


def snapshot_tiles(trace: Trace) -> list[Tile]:
    """The tiles of a stylization's snapshot strip. Raises ResultError if strip and trace disagree."""
    strip = read_picture(trace.strip)
    count = len(trace.snapshots)
    if count == 0 or strip.shape[1] % count:
        raise ResultError(
            f"{trace.strip}: expected {count} tiles of equal width, found {strip.shape[1]} px; delete it and run again"
        )
    return [
        Tile(iteration, picture)
        for iteration, picture in zip(trace.snapshots, np.split(strip, count, axis=1), strict=True)
    ]


def with_jpegs(svg: str) -> str:
    """The SVG with every embedded PNG replaced by a JPEG of the same pixels; the pictures must be opaque."""
    return _PNG.sub(lambda match: f'"data:image/jpeg;base64,{_jpeg(match[1])}"', svg)


def _jpeg(png: str) -> str:
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture, io.BytesIO() as stream:
        picture.convert("RGB").save(stream, "JPEG", quality=SVG_QUALITY, subsampling=0)
        return base64.b64encode(stream.getvalue()).decode("ascii")
