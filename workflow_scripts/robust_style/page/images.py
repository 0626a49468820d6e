"""The page's images, each stored once."""

import base64
import hashlib
import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image

from robust_style.errors import ResultError
from robust_style.figure.pictures import Picture, read_picture

FOLDER = "pictures"
# MEASURED (96 tiles of the demo's snapshots, 160 px): 0.38 bytes a pixel, at 88 0.60; fine ripples stay visible.
QUALITY = 72


class ImageStore:
    """JPEG images by number; the same bytes get the same number.

    Many images occur several times: untrained networks of all regimes are one network, and many pictures start from
    the same content.
    """

    def __init__(self) -> None:
        self._images: list[bytes] = []
        self._number_of: dict[bytes, int] = {}

    def add_jpeg(self, path: Path) -> int:
        """The number of the JPEG file at `path`. Raises ResultError if it is missing or no JPEG."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ResultError(f"{path}: expected a preview, found no file; run the workflow again to make it") from None
        if not content.startswith(b"\xff\xd8"):
            raise ResultError(f"{path}: expected a JPEG preview, found something else; delete it and run again")
        return self._add(content)

    def add_thumbnail(self, path: Path, longest_px: int) -> int:
        """The number of a small JPEG of the image at `path`. Raises ResultError if it is missing or no image."""
        return self._add_small(Image.fromarray(read_picture(path)), longest_px)

    def add_tile(self, tile: Picture, longest_px: int) -> int:
        """The number of a small JPEG of a picture in memory."""
        return self._add_small(Image.fromarray(np.ascontiguousarray(tile)), longest_px)

    def names(self) -> list[str]:
        """The images as files below the page's folder, by number."""
        return [f"{FOLDER}/{hashlib.sha256(image).hexdigest()[:16]}.jpg" for image in self._images]

    def save(self, folder: Path) -> None:
        """Write the images below `folder`, as the files of `names`."""
        (folder / FOLDER).mkdir()
        for name, image in zip(self.names(), self._images, strict=True):
            (folder / name).write_bytes(image)

    def uris(self, numbers: Collection[int]) -> list[str]:
        """The images as data URIs, by number; empty for numbers that are not among `numbers`."""
        return [
            f"data:image/jpeg;base64,{base64.b64encode(image).decode()}" if number in numbers else ""
            for number, image in enumerate(self._images)
        ]

    def _add_small(self, picture: Image.Image, longest_px: int) -> int:
        picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=QUALITY, optimize=True)
        return self._add(stream.getvalue())

    def _add(self, content: bytes) -> int:
        if content not in self._number_of:
            self._number_of[content] = len(self._images)
            self._images.append(content)
        return self._number_of[content]
