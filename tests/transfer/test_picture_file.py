"""Paintings as files: the format of the ending, the colour profile, and the settings read back."""

import io

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from robust_style import __version__
from robust_style.transfer.animation import write_animation
from robust_style.transfer.picture_file import as_text, is_lossless, picture_endings, read_record, write_painting

RECORD = {"settings": {"style": "Größe 画.jpg", "weights": [1.0, 0.1]}, "result": {"stopped": "converged"}}
FORMATS = {
    ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF", ".avif": "AVIF",
}  # fmt: skip


@pytest.fixture
def picture():
    waves = torch.linspace(0, 6, 64).sin().mul(100).add(128)
    return torch.stack([waves.repeat(48, 1), waves[:48, None].repeat(1, 64), waves.repeat(48, 1)]).to(torch.uint8)


@pytest.mark.parametrize("ending", [*picture_endings(), ".JPG"])
def test_the_ending_decides_and_settings_and_profile_are_in_the_file(tmp_path, picture, ending):
    path = tmp_path / f"painting{ending}"
    write_painting(path, picture, RECORD)
    with Image.open(path) as image:
        assert image.format == FORMATS[ending.lower()]
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        software = image.info.get("Software") or image.getexif()[0x0131]
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert software == f"robust-style {__version__}"
    assert read_record(path) == {"program": software, **RECORD}
    difference = np.abs(pixels - picture.permute(1, 2, 0).numpy())
    assert difference.max() == 0 if is_lossless(path) else difference.mean() < 2


def test_equal_pictures_give_equal_bytes_and_less_quality_smaller_files(tmp_path, picture):
    for name, quality in (("a.jpg", 92), ("b.jpg", 92), ("c.jpg", 30), ("a.webp", 92), ("c.webp", 30)):
        write_painting(tmp_path / name, picture, RECORD, quality)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    assert sizes["c.jpg"] < sizes["a.jpg"]
    assert sizes["c.webp"] < sizes["a.webp"]


def test_transparency_is_stored(tmp_path, picture):
    write_painting(tmp_path / "a.png", picture, RECORD, alpha=Image.new("L", (64, 48), 7))
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGBA"
        assert image.getchannel("A").getextrema() == (7, 7)


def test_an_animation_has_the_settings_too(tmp_path, picture):
    write_animation(tmp_path / "a.gif", [picture, 255 - picture], 32, as_text(RECORD))
    assert read_record(tmp_path / "a.gif") == {"program": f"robust-style {__version__}", **RECORD}


@pytest.mark.parametrize("content", [None, b"", b"text", b"\x89PNG\r\n\x1a\nxx"])
def test_other_files_have_no_record(tmp_path, content):
    path = tmp_path / "a.png"
    if content is None:
        Image.new("RGB", (4, 4)).save(path, exif=Image.Exif())
    else:
        path.write_bytes(content)
    assert read_record(path) is None
    assert read_record(tmp_path / "absent.png") is None


@pytest.mark.parametrize("text", ["a holiday", '["robust-style"]', '{"program": "another"}', "null"])
def test_a_description_of_somebody_else_is_no_record(tmp_path, text):
    exif = Image.Exif()
    exif[0x010E] = text
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=exif)
    assert read_record(tmp_path / "a.jpg") is None
