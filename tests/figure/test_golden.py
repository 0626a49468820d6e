"""Every figure looks as it did when somebody last looked at it (golden.py says how to make the pictures anew)."""

import numpy as np
import pytest
from PIL import Image

from golden import GOLDEN, draw_all, small

NAMES = sorted(path.stem for path in GOLDEN.glob("*.png"))
# Mean difference of a channel, of 255, that another palette or another machine's rounding makes; and the share of
# pixels that may differ plainly. Words moved by their own height, or a line in another colour, exceed the second.
MEAN = 2.0
PLAIN, SHARE = 48, 0.003


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_all(tmp_path_factory.mktemp("golden"))


def differs(found, expected):
    """What is wrong with the picture, or None."""
    if found.size != expected.size:
        return f"size {found.size}, expected {expected.size}"
    distance = np.abs(np.asarray(found, np.int16) - np.asarray(expected, np.int16))
    share = float((distance.max(axis=2) > PLAIN).mean())
    if distance.mean() > MEAN or share > SHARE:
        return f"mean difference {distance.mean():.2f} of 255, {100 * share:.2f} % of pixels plainly different"
    return None


def golden(name):
    with Image.open(GOLDEN / f"{name}.png") as opened:
        return opened.convert("RGB")


def test_every_figure_has_a_golden_picture(drawn):
    assert set(drawn) == set(NAMES)
    assert all((GOLDEN / f"{name}.png").stat().st_size < 60_000 for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_looks_as_it_should(drawn, name):
    assert not (fault := differs(small(drawn[name]).convert("RGB"), golden(name))), f"{name}: {fault}; see golden.py"


@pytest.mark.parametrize("name", NAMES)
def test_what_would_be_wrong_is_noticed(name):
    """Colours changed round, or everything moved down by the height of a line of small type."""
    picture = golden(name)
    red, green, blue = picture.split()
    moved = np.roll(np.asarray(picture), 7, axis=0)
    assert differs(Image.merge("RGB", (green, blue, red)), picture)
    assert differs(Image.fromarray(moved), picture)
