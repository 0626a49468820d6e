"""A content or style image of the catalogue, ready to be painted with: an sRGB PNG of full resolution."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from robust_style.data.catalogue import ImageRecord, find_image, painting
from robust_style.data.download import Source, download
from robust_style.data.image_file import read_image, read_mask
from robust_style.data.paintings import paint
from robust_style.data.photographs import photograph
from robust_style.errors import ImageError
from robust_style.files.atomic import whole_file
from robust_style.files.digest import sha256_of_file


def prepare_image(*, name: str, catalogue: Sequence[Path], downloads: Path, image: Path, is_mask: bool) -> None:
    """Writes image `name` of the catalogues as an 8-bit sRGB PNG to `image`; equal pixels give equal bytes.

    A mask may be drawn in the transparency of its file (`image_file.read_mask`). Notes on conversions are printed.
    A download is kept as `downloads/<name>-<first 12 digits of its sha256>` and used again. Raises ConfigError for an
    unknown name or a bad catalogue, DownloadError if no source gives it, ImageError if the picture cannot be used.
    """
    pixels = _pixels(find_image(catalogue, name), downloads, is_mask=is_mask)
    with whole_file(image) as unfinished:
        Image.fromarray(pixels).save(unfinished, format="PNG")


def _pixels(record: ImageRecord, downloads: Path, *, is_mask: bool) -> UInt8[np.ndarray, "height width 3"]:
    if record.kind in ("photograph", "generator"):
        try:
            return _made(record)
        except ImageError as error:
            raise ImageError(f"{record.row}: {error}") from None
    if record.kind == "url":
        path = _downloaded(record, downloads)
    else:
        path = Path(record.source)
        if record.sha256 and path.is_file():
            _verify(path, record)
    content = read_mask(path, record.row) if is_mask else read_image(path, record.row)
    for note in content.notes:
        print(note)
    return content.pixels


def _made(record: ImageRecord) -> UInt8[np.ndarray, "height width 3"]:
    if record.kind == "photograph":
        return photograph(record.source.removeprefix("photograph:"))
    arguments = painting(record)
    return paint(arguments.generator, arguments.seed, arguments.size_px)


def _downloaded(record: ImageRecord, downloads: Path) -> Path:
    path = downloads / f"{record.name}-{record.sha256[:12]}"
    by_hand = f"get it some other way and put it at {path} (sha256 {record.sha256}), or correct {record.row}"
    download([Source(record.source, record.sha256)], path, by_hand=by_hand)
    return path


def _verify(path: Path, record: ImageRecord) -> None:
    try:
        digest = sha256_of_file(path)
    except OSError:
        return  # reading the picture gives the error
    if digest != record.sha256:
        raise ImageError(
            f"{record.row}: expected {path} with sha256 {record.sha256}, found {digest}: it has changed; "
            "restore it, or write the new hash into that row"
        )
