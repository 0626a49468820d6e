"""Picture files: previews, strips, paintings with their settings in any format, animations."""

import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, ImageCms

from robust_style import __version__
from robust_style.transfer.picture_file import (
    as_image,
    as_text,
    beside,
    frame_iterations,
    is_lossless,
    picture_endings,
    read_record,
    write_animation,
    write_painting,
    write_preview,
    write_strip,
)

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
    write_painting(path, as_image(picture), RECORD)
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
        write_painting(tmp_path / name, as_image(picture), RECORD, quality)
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    assert sizes["c.jpg"] < sizes["a.jpg"]
    assert sizes["c.webp"] < sizes["a.webp"]


def test_transparency_is_stored(tmp_path, picture):
    clear = as_image(picture)
    clear.putalpha(7)
    write_painting(tmp_path / "a.png", clear, RECORD)
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGBA"
        assert image.getchannel("A").getextrema() == (7, 7)


def test_an_animation_has_the_settings_too(tmp_path, picture):
    write_animation(tmp_path / "a.gif", [as_image(picture), as_image(255 - picture)], 32, as_text(RECORD))
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


def test_the_preview_is_small_and_never_enlarged(tmp_path):
    picture = torch.full((3, 64, 128), 99, dtype=torch.uint8)
    write_preview(tmp_path / "small.jpg", picture, 40)
    write_preview(tmp_path / "large.jpg", picture, 400)
    with Image.open(tmp_path / "small.jpg") as small, Image.open(tmp_path / "large.jpg") as large:
        assert small.format == large.format == "JPEG"
        assert small.size == (40, 20)
        assert large.size == (128, 64)


def test_the_strip_is_the_tiles_side_by_side(tmp_path):
    tiles = [torch.full((3, 5, 7), value, dtype=torch.uint8) for value in (0, 100, 255)]
    write_strip(tmp_path / "s.png", tiles)
    strip = np.asarray(Image.open(tmp_path / "s.png"))
    assert strip.shape == (5, 21, 3)
    assert [set(strip[:, 7 * i : 7 * i + 7].flat) for i in range(3)] == [{0}, {100}, {255}]


def test_frames_are_dense_early():
    assert frame_iterations(100, 5) == (0, 6, 25, 56, 100)


@given(some.integers(1, 500), some.integers(2, 60))
def test_frames_go_from_the_start_to_the_end(iterations, frames):
    shown = frame_iterations(iterations, frames)
    assert (shown[0], shown[-1]) == (0, iterations)
    assert len(shown) <= frames
    assert list(shown) == sorted(set(shown))


def test_one_frame_is_the_end():
    assert frame_iterations(100, 1) == (100,)


@pytest.fixture
def film():
    """A square that moves over a wave."""
    wave = torch.linspace(0, 6, 80).sin().mul(100).add(120).to(torch.uint8).repeat(3, 40, 1)
    frames = []
    for index in range(6):
        frame = wave.clone()
        frame[0, 5:15, 10 * index : 10 * index + 10] = 255
        frames.append(as_image(frame))
    return frames


def test_frames_size_and_duration(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 40)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 6
        assert gif.size == (40, 20)
        assert gif.info["loop"] == 0
        durations = []
        for index in range(6):
            gif.seek(index)
            durations.append(gif.info["duration"])
    assert durations == [120] * 5 + [2000]


def test_colours_are_close_to_the_pictures(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 80)
    with Image.open(tmp_path / "a.gif") as gif:
        for index, frame in enumerate(film):
            gif.seek(index)
            assert np.abs(np.asarray(gif.convert("RGB")).astype(int) - np.asarray(frame)).mean() < 4


def test_smaller_pictures_of_coarse_scales_are_enlarged(tmp_path, film):
    write_animation(tmp_path / "a.gif", [film[0].resize((32, 16)), film[1]], 60)
    with Image.open(tmp_path / "a.gif") as gif:
        assert (gif.n_frames, gif.size) == (2, (60, 30))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_pictures_side_by_side_have_a_gap(mode):
    sheet = np.asarray(beside([Image.new(mode, (20, 10), colour) for colour in ("red", "blue")]).convert("RGBA"))
    assert sheet.shape == (10, 48, 4)
    assert (sheet[:, 19] == (255, 0, 0, 255)).all()
    assert (sheet[:, 20:28] == (255, 255, 255, 255 if mode == "RGB" else 0)).all()
    assert (sheet[:, 28] == (0, 0, 255, 255)).all()


def test_the_same_bytes_twice(tmp_path, film):
    write_animation(tmp_path / "a.gif", film, 40)
    write_animation(tmp_path / "b.gif", film, 40)
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
