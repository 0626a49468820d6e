"""Pictures that are odd and must work all the same: prepared by the script, pixel for pixel what they show."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crafted_images import PIXELS, encoded, frames, grey, srgb_profile, stands_upright, turned, written
from prepared_image import prepare
from refusal import contents

PICTURE = Image.fromarray(PIXELS)
LEVELS = PIXELS[:, :, 0]


ROW = "images.tsv line 2 (a)"


def shown(folder: Path, source: str, sha: str = "", *, said: str = "", is_mask: bool = False) -> np.ndarray:
    """The pixels of the prepared picture: a plain RGB PNG, whatever it was made from; the log is what is `said`."""
    end = prepare(folder, source, sha, is_mask=is_mask)
    assert end.code == 0, end.log
    assert end.log == (f"{folder / ROW}: {said}\n" if said else "")
    assert list(contents(folder / "results")) == ["images/a.png"]
    with Image.open(folder / "results" / "images" / "a.png") as picture:
        assert (picture.format, picture.mode, picture.info) == ("PNG", "RGB", {})
        return np.array(picture)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright(tmp_path: Path, orientation: int) -> None:
    """EXIF 2.3, tag 274: where the stored row 0 and column 0 belong."""
    upright = stands_upright(PIXELS, orientation)
    found = shown(tmp_path, str(written(tmp_path / "in.png", turned(orientation))))
    assert found.shape == upright.shape
    assert (found == upright).all()


def test_an_orientation_that_is_none_is_passed_over(tmp_path: Path) -> None:
    assert (shown(tmp_path, str(written(tmp_path / "in.png", turned(9)))) == PIXELS).all()


def with_alpha(picture: np.ndarray, alpha: int) -> Image.Image:
    return Image.fromarray(np.concatenate([picture, np.full((40, 50, 1), alpha, np.uint8)], 2))


def palette() -> Image.Image:
    """Level 0 to 255 of grey as red, its complement as green, and a little blue."""
    picture = grey().convert("P")
    picture.putpalette([value for level in range(256) for value in (level, 255 - level, 7)])
    return picture


def inked() -> Image.Image:
    return Image.merge("CMYK", [Image.fromarray(PIXELS[:, :, band]) for band in range(3)] + [Image.new("L", (50, 40))])


# What is stored, and what is seen.
MODES: dict[str, tuple[Callable[[], bytes], np.ndarray]] = {
    "grey": (lambda: encoded(grey(), "PNG"), LEVELS[..., None].repeat(3, 2)),
    "grey and opaque": (lambda: encoded(with_alpha(PIXELS[:, :, :1], 255), "PNG"), LEVELS[..., None].repeat(3, 2)),
    "grey and transparent": (lambda: encoded(with_alpha(PIXELS[:, :, :1], 0), "PNG"), np.full_like(PIXELS, 255)),
    "colours and transparent": (lambda: encoded(with_alpha(PIXELS, 0), "PNG"), np.full_like(PIXELS, 255)),
    "palette": (lambda: encoded(palette(), "PNG"), np.stack([LEVELS, 255 - LEVELS, np.full_like(LEVELS, 7)], 2)),
    "palette of a gif": (lambda: encoded(palette(), "GIF"), np.stack([LEVELS, 255 - LEVELS, 0 * LEVELS + 7], 2)),
    "one bit": (
        lambda: encoded(Image.fromarray(LEVELS > 127), "PNG"),
        np.where(LEVELS > 127, 255, 0).astype(np.uint8)[..., None].repeat(3, 2),
    ),
    # Ink takes away what it is the complement of.
    "four inks": (lambda: encoded(inked(), "TIFF"), 255 - PIXELS),
    "its profile is sRGB": (lambda: encoded(PICTURE, "PNG", icc_profile=srgb_profile()), PIXELS),
    "bmp": (lambda: encoded(PICTURE, "BMP"), PIXELS),
    "lossless webp": (lambda: encoded(PICTURE, "WEBP", lossless=True), PIXELS),
    "ppm": (lambda: encoded(PICTURE, "PPM"), PIXELS),
    "something behind its end": (lambda: encoded(PICTURE, "PNG") + b"<html>", PIXELS),
    "as small as may be": (lambda: encoded(PICTURE.crop((0, 0, 32, 32)), "PNG"), PIXELS[:32, :32]),
    "as long as may be": (lambda: encoded(Image.new("RGB", (256, 32)), "PNG"), np.zeros((32, 256, 3), np.uint8)),
}  # fmt: skip


@pytest.mark.parametrize("kind", MODES)
def test_every_kind_of_picture_shows_its_pixels(tmp_path: Path, kind: str) -> None:
    make, expected = MODES[kind]
    said = "transparent: composed on white" if "transparent" in kind else ""
    found = shown(tmp_path, str(written(tmp_path / "in.png", make())), said=said)
    assert found.shape == expected.shape
    # A profile of sRGB converts to sRGB by way of another space: at most one step of rounding.
    assert np.abs(found.astype(int) - expected).max() <= ("profile" in kind)


@pytest.mark.parametrize(
    ("content", "expected", "said"),
    [
        (encoded(grey(16), "PNG"), LEVELS[..., None], "16 bits per channel: rescaled to 8"),
        (frames(kind="TIFF"), np.array((255, 0, 0)), "2 pages: the first one is used"),
        (frames(kind="GIF"), np.array((255, 0, 0)), "animated, 2 frames: the first one is used"),
    ],
)
def test_a_conversion_is_said_in_the_log(tmp_path: Path, content: bytes, expected: np.ndarray, said: str) -> None:
    assert (shown(tmp_path, str(written(tmp_path / "in", content)), said=said) == expected).all()


def test_a_mask_drawn_in_transparency(tmp_path: Path) -> None:
    """A white brush on nothing: composed on white it would be white everywhere."""
    alpha = np.zeros((40, 50, 1), np.uint8)
    alpha[:, :20] = 255
    content = encoded(Image.fromarray(np.concatenate([np.full_like(PIXELS, 255), alpha], 2)), "PNG")
    said = "the mask is its transparency: the style is for where it is opaque"
    assert (shown(tmp_path, str(written(tmp_path / "in.png", content)), said=said, is_mask=True) == alpha).all()


def test_inks_of_a_jpeg_are_those_of_the_plain_complement(tmp_path: Path) -> None:
    content = encoded(Image.new("CMYK", (40, 40), (255, 0, 0, 0)), "JPEG", quality=95)
    assert np.abs(shown(tmp_path, str(written(tmp_path / "in.jpg", content))).astype(int) - (0, 255, 255)).max() <= 3


def test_of_a_camera_s_two_pictures_the_first_is_taken(tmp_path: Path) -> None:
    content = encoded(
        Image.new("RGB", (40, 40), "red"), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 40))]
    )
    assert (np.abs(shown(tmp_path, str(written(tmp_path / "in.jpg", content))).astype(int) - (254, 0, 0)) <= 1).all()


@pytest.mark.parametrize(
    ("kind", "suffix"), [("PNG", ".jpg"), ("BMP", ".png"), ("TIFF", ".gif"), ("PNG", ""), ("PNG", ".txt")]
)
def test_the_content_decides_not_the_name(tmp_path: Path, kind: str, suffix: str) -> None:
    assert (shown(tmp_path, str(written(tmp_path / f"lie{suffix}", encoded(PICTURE, kind)))) == PIXELS).all()


NAMES = {
    "spaces": "a picture of mine.png",
    "unicode": "späce ☃ 漢字.png",
    "a quote": "it's.png",
    "quotes": 'the "best".png',
    "a command": "$(touch canary).png",
    "another command": "`touch canary`; touch canary & x.png",
    "a variable": "$HOME ~ %PATH%.png",
    "a leading hyphen": "-rf.png",
    "a pattern": "*[a-z]?{x}.png",
    "a backslash": "a\\b.png",
    "a percent sign": "100%.png",
    "a wildcard of the workflow": "{image}.png",
    "a comment": "#1.png",
    "very long": "x" * 240 + ".png",
    "a folder upwards": "sub/../up.png",
}


@pytest.mark.parametrize("kind", NAMES)
def test_any_name_of_a_local_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Relative, as in a catalogue; with the hash that the row may state. Nothing in a name is run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    content = encoded(PICTURE, "PNG")
    written(tmp_path / NAMES[kind], content)
    assert (shown(tmp_path, NAMES[kind], sha256(content).hexdigest()) == PIXELS).all()
    assert not list(tmp_path.rglob("canary"))
