"""Image files made for the tests: in any format, and put together by hand where no library would write them."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def encoded(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as the bytes of a file of this kind."""
    stream = io.BytesIO()
    picture.save(stream, format=kind, **options)
    return stream.getvalue()


def png(width: int, height: int, data: bytes, depth: int = 8, before: bytes = b"") -> bytes:
    """A PNG of RGB that says it is so large, whatever its data holds; `before` are chunks before the data."""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG with the checksum it must have."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def grey(depth: int = 8) -> Image.Image:
    """A picture of one channel of 8 or 16 bits."""
    return Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 257 if depth == 16 else PIXELS[:, :, 0])


def frames(*, kind: str) -> bytes:
    """Two pictures in one file."""
    pictures = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    return encoded(pictures[0], kind, save_all=True, append_images=pictures[1:])


def turned(orientation: int) -> bytes:
    """A PNG whose EXIF data says which way is up."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(Image.fromarray(PIXELS), "PNG", exif=exif)


def srgb_profile() -> bytes:
    """The colour profile of sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def written(path: Path, content: bytes) -> Path:
    """The file, so that a call can stand in an argument."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def stands_upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Stored pixels as they are to be seen (EXIF 2.3, tag 274: where the stored row 0 and column 0 belong)."""
    return {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: np.rot90(pixels, -1),
        7: np.rot90(pixels, 2).transpose(1, 0, 2),
        8: np.rot90(pixels, 1),
    }[orientation]
