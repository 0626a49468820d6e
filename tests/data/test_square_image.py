"""One image as a square: what is seen, and what is refused."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps
from skimage import data

from crafted_images import PIXELS, encoded, frames, grey, png, srgb_profile, turned, written
from robust_style.data.image_file import read_image
from robust_style.data.square_image import Unusable, read_square

PHOTO = Image.fromarray(data.astronaut()[:375, :500])


def square(content: bytes, folder: Path, side_px: int = 64) -> np.ndarray:
    found = read_square(str(written(folder / "one.jpg", content)), side_px)
    assert isinstance(found, np.ndarray), found
    assert found.shape == (3, side_px, side_px)
    assert found.dtype == np.uint8
    return found


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(float) - other).mean())


@pytest.mark.parametrize("side_px", [32, 64, 96, 224])
def test_the_middle_with_its_shorter_side_resized(tmp_path: Path, side_px: int) -> None:
    """By resizing all of it, then cutting, as torchvision does; sides that divide evenly."""
    found = square(encoded(Image.fromarray(data.astronaut()[:320, :480]), "PNG"), tmp_path, side_px)
    whole = Image.fromarray(data.astronaut()[:320, :480]).resize((side_px * 3 // 2, side_px), Image.Resampling.BICUBIC)
    expected = np.asarray(whole)[:, side_px // 4 : side_px // 4 + side_px].transpose(2, 0, 1)
    assert difference(found, expected) < 0.51, "but for rounding in between"


@pytest.mark.parametrize("quality", [75, 95])
@pytest.mark.parametrize("side_px", [64, 224])
def test_a_jpeg_at_its_own_smaller_scale_is_nearly_the_whole_one(tmp_path: Path, quality: int, side_px: int) -> None:
    content = encoded(PHOTO, "JPEG", quality=quality)
    with Image.open(io.BytesIO(content)) as opened:
        whole = opened.convert("RGB")
    left = (500 - 375) / 2
    full = whole.resize((side_px, side_px), Image.Resampling.BICUBIC, (left, 0, left + 375, 375))
    assert difference(square(content, tmp_path, side_px), np.asarray(full).transpose(2, 0, 1)) < 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_upright(tmp_path: Path, orientation: int) -> None:
    content = turned(orientation)
    with Image.open(io.BytesIO(content)) as opened:
        upright = encoded(ImageOps.exif_transpose(opened).copy(), "PNG")
    assert (square(content, tmp_path, 32) == square(upright, tmp_path, 32)).all()


@pytest.mark.parametrize(
    "content",
    [
        encoded(grey(), "PNG"),
        encoded(grey(), "JPEG"),
        encoded(Image.fromarray(PIXELS).convert("CMYK"), "JPEG", quality=95),
        encoded(Image.fromarray(PIXELS).quantize(16), "PNG"),
        encoded(Image.fromarray(PIXELS).convert("1"), "PNG"),
        encoded(Image.fromarray(np.dstack([PIXELS, PIXELS[:, :, :1]])), "PNG"),
        encoded(grey().convert("LA"), "PNG"),
        encoded(Image.fromarray(PIXELS), "WEBP", lossless=True),
        encoded(Image.fromarray(PIXELS), "PNG", icc_profile=srgb_profile()),
    ],
    ids=["grey png", "grey jpeg", "cmyk", "palette", "1 bit", "rgba", "la", "webp", "profile"],
)
def test_kinds_of_pixels_are_those_of_every_other_picture(tmp_path: Path, content: bytes) -> None:
    """As `read_image` has them, whose own tests hold them against the colours that they mean."""
    pixels = read_image(written(tmp_path / "a.png", content), "row").pixels
    expected = square(encoded(Image.fromarray(pixels), "PNG"), tmp_path, 32)
    assert difference(square(content, tmp_path, 32), expected) < 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no picture (PNG, JPEG, WEBP)"),
        (b"<html>", "no picture (PNG, JPEG, WEBP)"),
        (encoded(PHOTO, "JPEG")[:-5000], "damaged (image file is truncated"),
        (encoded(PHOTO, "PNG")[:-5000], "damaged ("),
        (encoded(PHOTO, "WEBP")[:-500], "damaged ("),
        (encoded(grey(16), "PNG"), "more than 8 bits per channel (mode I;16)"),
        (png(40, 40, b"", depth=16), "more than 8 bits per channel"),
        (png(100_000, 100_000, b""), "more than 64 megapixels"),
        (png(9_000, 9_000, b""), "more than 64 megapixels (9000x9000 px)"),
        (frames(kind="WEBP"), "animated"),
        (encoded(PHOTO, "BMP"), "no picture"),
    ],
)
def test_what_cannot_be_used_is_said_and_raises_nothing(tmp_path: Path, content: bytes, reason: str) -> None:
    path = str(written(tmp_path / "one.jpg", content))
    found = read_square(path, 64)
    assert isinstance(found, Unusable)
    assert found.path == path
    assert found.reason.startswith(reason)


def test_metadata_that_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    """ImageNet has pictures of both kinds; their pixels are whole."""
    plain = square(encoded(PHOTO, "JPEG"), tmp_path)
    assert (square(encoded(PHOTO, "JPEG", exif=b"Exif\0\0broken"), tmp_path) == plain).all()
    assert (square(encoded(PHOTO, "JPEG", icc_profile=b"no profile"), tmp_path) == plain).all()
    with pytest.raises(ImageCms.PyCMSError):
        ImageCms.profileToProfile(PHOTO, io.BytesIO(b"no profile"), ImageCms.createProfile("sRGB"))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damage_anywhere_gives_a_picture_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    content = bytearray(encoded(Image.fromarray(PIXELS), kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    found = read_square(str(written(tmp_path_factory.mktemp("damage") / "a.jpg", bytes(content))), 32)
    assert isinstance(found, Unusable) or found.shape == (3, 32, 32)
