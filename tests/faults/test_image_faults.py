"""Pictures that cannot be used, by the script that prepares them: one sentence, status 1, nothing new in place."""

import os
import struct
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crafted_images import PIXELS, chunk, encoded, frames, grey, png, srgb_profile, written
from prepared_image import prepare
from refusal import contents, refusal

PICTURE = Image.fromarray(PIXELS)
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "JPEG2000")
ROW = "images.tsv line 2 (a)"


def assert_refused(folder: Path, source: str | Path, *said: str, sha: str = "") -> None:
    """The script says which row and which file; what lay in the results before lies there unchanged."""
    written(folder / "results" / "images" / "a.png", b"made before")
    written(folder / "results" / "images" / "b.png", b"another")
    before = contents(folder / "results")
    refusal(prepare(folder, str(source), sha), ROW, str(source), *said)
    assert contents(folder / "results") == before


@pytest.mark.parametrize("share", [0.25, 0.5, 0.99])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_picture(tmp_path: Path, kind: str, share: float) -> None:
    content = encoded(PICTURE, kind)
    path = written(tmp_path / f"in.{kind.lower()}", content[: int(share * len(content))])
    assert_refused(tmp_path, path, "expected a whole picture", "found damage")


def test_a_jpeg_without_its_end_mark(tmp_path: Path) -> None:
    """All pixels may be there, but nobody can tell."""
    path = written(tmp_path / "in.jpg", encoded(PICTURE, "JPEG")[:-2])
    assert_refused(tmp_path, path, "expected a whole picture", "truncated")


def test_a_flipped_bit_in_a_png(tmp_path: Path) -> None:
    content = bytearray(encoded(PICTURE, "PNG"))
    content[len(content) // 2] ^= 1
    assert_refused(tmp_path, written(tmp_path / "in.png", bytes(content)), "found damage")


SIXTEEN_BITS = zlib.compress(b"".join(b"\0" + bytes(40 * 6) for _ in range(40)))
UNUSABLE = {
    "empty": (b"", "expected a picture in", "found an empty file"),
    "web page": (b"<!DOCTYPE html><html><body>404</body></html>", "found a web page"),
    "web page after a space": (b"\n \n<html><head></head></html>", "found a web page"),
    "svg": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing (export it as PNG)"),
    "text": (b"not a picture at all\n", "found something else, beginning with b'not a pi'"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n", "found something else"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "found something else"),
    "another format": (
        encoded(PICTURE, "ICO"),
        "expected a picture (PNG, JPEG, WEBP, TIFF, BMP, GIF, PPM, AVIF, JPEG2000, TGA, HEIC)",
    ),
    "the start of a png alone": (png(40, 40, b"")[:8], "expected a"),
    # Headers that promise so many pixels, and no pixels behind them.
    "bomb of 400 megapixels": (png(20_000, 20_000, zlib.compress(b"")), "expected at most 64 megapixels"),
    "bomb of 144 megapixels": (png(12_000, 12_000, zlib.compress(b"")), "expected at most 64 megapixels"),
    "bomb of 65 megapixels": (png(8_100, 8_100, zlib.compress(b"")), "at most 64 megapixels", "found 8100x8100 px"),
    "bomb beyond any memory": (png(2**31 - 1, 2**31 - 1, zlib.compress(b"")), "expected at most 64 megapixels"),
    "bomb in a comment": (
        png(40, 40, b"", before=chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**26)))),
        "expected a whole picture",
    ),
    "16 bits, cut short": (png(40, 40, SIXTEEN_BITS[:20], depth=16), "expected a whole picture"),
    "floats beyond 1": (
        encoded(Image.fromarray(np.full((40, 40), 7, np.float32)), "TIFF"),
        "expected floating-point values from 0 to 1",
        "found 7 to 7",
    ),
    "32-bit integers": (encoded(Image.fromarray(np.zeros((40, 40), np.int32)), "TIFF"), "expected 8 or 16 bits"),
    "animated, cut short in its first frame": (frames(kind="GIF")[:60], "expected a"),
    "animated, cut short, webp": (frames(kind="WEBP")[:-9], "expected a"),
    "bomb of a tga": (
        struct.pack("<3BHHB4H2B", 0, 0, 10, 0, 0, 0, 0, 0, 60_000, 60_000, 24, 0) + bytes(8) + b"TRUEVISION-XFILE.\0",
        "expected at most 64 megapixels",
    ),
    "heic without its package": (b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(50), "expected a"),
    "one pixel": (encoded(Image.new("RGB", (1, 1)), "PNG"), "at least 32 px on each side", "found 1x1 px"),
    "31 px wide": (encoded(Image.new("RGB", (31, 64)), "PNG"), "at least 32 px on each side", "found 31x64 px"),
    "31 px high": (encoded(Image.new("RGB", (64, 31)), "PNG"), "at least 32 px on each side", "found 64x31 px"),
    "a long strip": (encoded(Image.new("RGB", (257, 32)), "PNG"), "no further apart than 8:1", "found 257x32 px"),
    "a tall strip": (encoded(Image.new("RGB", (32, 257)), "PNG"), "no further apart than 8:1", "found 32x257 px"),
    "a profile that is none": (
        encoded(PICTURE, "PNG", icc_profile=b"none"),
        "usable colour profile",
        "save it as sRGB",
    ),
    "a profile cut short": (encoded(PICTURE, "PNG", icc_profile=srgb_profile()[:200]), "usable colour profile"),
    "a profile of other colours": (encoded(grey(), "PNG", icc_profile=srgb_profile()), "usable colour profile"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_is_no_picture_to_paint_with(tmp_path: Path, kind: str) -> None:
    content, *said = UNUSABLE[kind]
    assert_refused(tmp_path, written(tmp_path / "in.png", content), *said)


def test_no_file(tmp_path: Path) -> None:
    assert_refused(tmp_path, tmp_path / "none.png", "expected a picture in", "found no such file")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in.png").mkdir()
    assert_refused(tmp_path, tmp_path / "in.png", "found a folder")


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.png").symlink_to(tmp_path / "gone.png")
    assert_refused(tmp_path, tmp_path / "in.png", "found no such file")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "in.png")
    assert_refused(tmp_path, tmp_path / "in.png", "found no ordinary file")


def test_a_device_without_end_is_not_read(tmp_path: Path) -> None:
    assert_refused(tmp_path, "/dev/zero", "found no ordinary file")


def test_a_file_larger_than_any_picture_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "in.png").open("wb") as file:
        file.truncate(10 * 2**30)  # no room is taken: nothing is in it
    assert_refused(tmp_path, tmp_path / "in.png", "expected at most 512 MiB", "found 10240 MiB")


def test_a_picture_that_changed_after_its_hash_was_noted(tmp_path: Path) -> None:
    content = encoded(PICTURE, "PNG")
    path = written(tmp_path / "in.png", content[:-1] + b"x")
    noted, found = (sha256(part).hexdigest() for part in (content, content[:-1] + b"x"))
    assert_refused(tmp_path, path, f"with sha256 {noted}, found {found}: it has changed; restore it", sha=noted)
