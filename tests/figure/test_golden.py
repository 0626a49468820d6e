"""Figures look as they did when somebody last looked at them (golden.py says how to make the pictures anew)."""

import numpy as np
import pytest
from PIL import Image

from golden import GOLDEN, draw_all, small

pytestmark = pytest.mark.nightly  # renders figures at full size
NAMES = sorted(path.stem for path in GOLDEN.glob("*.png"))
# Mean difference of a channel (of 255) that another machine's rounding makes, and the share of pixels that may differ
# by more than PLAIN. Text moved by its own height, or a line in another colour, exceeds the second.
MEAN = 2.0
PLAIN, SHARE = 48, 0.003


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_all(tmp_path_factory.mktemp("golden"))


def difference(picture, expected):
    """What is wrong with the picture, or None."""
    if picture.size != expected.size:
        return f"size {picture.size}, expected {expected.size}"
    distance = np.abs(np.asarray(picture, np.int16) - np.asarray(expected, np.int16))
    share = float((distance.max(axis=2) > PLAIN).mean())
    if distance.mean() > MEAN or share > SHARE:
        return f"mean difference {distance.mean():.2f} of 255, {100 * share:.2f} % of pixels plainly different"
    return None


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_looks_as_it_should(drawn, name):
    with Image.open(GOLDEN / f"{name}.png") as opened:
        expected = opened.convert("RGB")
    fault = difference(small(drawn[name]).convert("RGB"), expected)
    assert not fault, f"{name}: {fault}; see golden.py"
    # Text moved by the height of a line would be noticed.
    assert difference(Image.fromarray(np.roll(np.asarray(expected), 7, axis=0)), expected)
