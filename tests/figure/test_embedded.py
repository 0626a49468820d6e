"""Photographs inside an SVG."""

import base64
import io
import re

import numpy as np
from PIL import Image
from robust_style.figure.embedded import with_jpegs
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import save, visual_language

from made_results import noise_picture


def test_text_outside_pictures_stays_as_it_is():
    assert with_jpegs('<svg><text x="1">data:image/png</text></svg>') == '<svg><text x="1">data:image/png</text></svg>'


def test_a_picture_comes_back_as_a_small_jpeg_of_the_same(tmp_path):
    picture = noise_picture("any", (96, 64))
    with visual_language():
        sheet = Sheet.of_size(40.0, 30.0)
        sheet.picture(picture, 0.0, 0.0, 30.0, 20.0)
        save(sheet.figure, tmp_path / "sheet.svg")
    svg = (tmp_path / "sheet.svg").read_text(encoding="utf-8")
    (encoded,) = re.findall(r'data:image/jpeg;base64,([^"]+)"', svg)
    assert "image/png" not in svg
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as found:
        assert found.size == (96, 64), "the pixels that were painted, no more"
        assert np.abs(np.asarray(found, float) - picture).mean() < 3


def test_no_more_pixels_than_are_printed(tmp_path):
    with visual_language():
        sheet = Sheet.of_size(40.0, 30.0)
        sheet.picture(noise_picture("any", (900, 600)), 0.0, 0.0, 25.4, 20.0)
        save(sheet.figure, tmp_path / "sheet.svg")
    (encoded,) = re.findall(r'base64,([^"]+)"', (tmp_path / "sheet.svg").read_text(encoding="utf-8"))
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as found:
        assert found.size == (300, 200)
