"""The page's images, each stored once."""

import base64
import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from robust_style.errors import ResultError


class ImageShelf:
    """Images as data URIs; the same bytes again get the same number.

    Untrained networks of all regimes are one network, so a tenth and more of the pictures are repeated.
    """

    def __init__(self) -> None:
        self.uris: list[str] = []
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
        try:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
        except (FileNotFoundError, UnidentifiedImageError):
            raise ResultError(f"{path}: expected an image, found none; run the workflow again to make it") from None
        picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=85, optimize=True)
        return self._add(stream.getvalue())

    def _add(self, content: bytes) -> int:
        if content not in self._number_of:
            self._number_of[content] = len(self.uris)
            self.uris.append(f"data:image/jpeg;base64,{base64.b64encode(content).decode()}")
        return self._number_of[content]
