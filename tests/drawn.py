"""What is asked of every figure."""

import re

from PIL import Image

A4_MM = (210, 297)


def words_of(path):
    """The visible words of an SVG."""
    return " ".join(re.findall(r">([^<>]+)</text>", path.read_text()))


def assert_same_twice(draw, *paths):
    draw()
    first = [path.read_bytes() for path in paths]
    draw()
    assert [path.read_bytes() for path in paths] == first
    for path in paths:
        assert b"Software" not in path.read_bytes()
        assert b"dc:date" not in path.read_bytes()


def assert_fits_a4(path):
    with Image.open(path) as picture:
        width_mm, height_mm = (25.4 * side / 300 for side in picture.size)
    assert width_mm <= A4_MM[0] - 38
    assert height_mm <= A4_MM[1] - 48
