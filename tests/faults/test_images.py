"""Images by the script that prepares them: unusable ones are one message and change nothing; any file name works.

Formats, colours and damage are in data/test_image_file.
"""

import os
import zlib
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crafted_images import PIXELS, encoded, png, written
from prepared_image import prepare
from refusal import contents, refusal

PICTURE = encoded(Image.fromarray(PIXELS), "PNG")
UNUSABLE = {
    "empty": (b"", "found an empty file"),
    "web page": (b"<!DOCTYPE html><html><body>404</body></html>", "found a web page"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing (export it as PNG)"),
    "text": (b"not a picture at all\n", "found something else, beginning with b'not a pi'"),
    "truncated": (PICTURE[: len(PICTURE) // 2], "expected a whole picture"),
    "65 megapixels": (png(8_100, 8_100, zlib.compress(b"")), "found 8100x8100 px"),
    "31 px wide": (encoded(Image.new("RGB", (31, 64)), "PNG"), "found 31x64 px"),
    "a long strip": (encoded(Image.new("RGB", (257, 32)), "PNG"), "no further apart than 8:1"),
    "a broken profile": (encoded(Image.fromarray(PIXELS), "PNG", icc_profile=b"none"), "usable colour profile"),
    "floats": (encoded(Image.fromarray(np.full((40, 40), 7, np.float32)), "TIFF"), "floating-point values from 0 to 1"),
}


def assert_refused(folder: Path, source: str | Path, message: str, sha: str = "") -> None:
    """The script names row and file; the results are not changed."""
    written(folder / "results" / "images" / "a.png", b"made before")
    before = contents(folder / "results")
    refusal(prepare(folder, str(source), sha), "images.tsv line 2 (a)", str(source), message)
    assert contents(folder / "results") == before


@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_unusable_file(tmp_path: Path, kind: str) -> None:
    content, message = UNUSABLE[kind]
    assert_refused(tmp_path, written(tmp_path / "in.png", content), message)


def test_what_is_no_file(tmp_path: Path) -> None:
    """Pipes and devices, which may have no end, are not read."""
    assert_refused(tmp_path, tmp_path / "none.png", "found no such file")
    (tmp_path / "folder.png").mkdir()
    assert_refused(tmp_path, tmp_path / "folder.png", "found a folder")
    os.mkfifo(tmp_path / "pipe.png")
    assert_refused(tmp_path, tmp_path / "pipe.png", "found no ordinary file")
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(10 * 2**30)  # a sparse file
    assert_refused(tmp_path, tmp_path / "large.png", "found 10240 MiB")


def test_another_hash(tmp_path: Path) -> None:
    path = written(tmp_path / "in.png", PICTURE + b"x")
    recorded, actual = (sha256(content).hexdigest() for content in (PICTURE, PICTURE + b"x"))
    assert_refused(tmp_path, path, f"with sha256 {recorded}, found {actual}: it has changed", sha=recorded)


@pytest.mark.parametrize(
    "name",
    [
        "späce ☃ 漢字.png",
        'it\'s "best".png',
        "$(touch canary).png",
        "-rf.png",
        "*[a-z]?{image}.png",
        "a\\b%.png",
        "x" * 240,
    ],
)
def test_any_name_of_a_local_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path / name, PICTURE)
    end = prepare(tmp_path, name, sha256(PICTURE).hexdigest())
    assert end.code == 0, end.log
    (made,) = (tmp_path / "results").rglob("a.png")
    with Image.open(made) as picture:
        assert (np.asarray(picture) == PIXELS).all()
    assert not list(tmp_path.rglob("canary"))
