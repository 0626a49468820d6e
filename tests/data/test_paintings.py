import numpy as np
import pytest
from PIL import Image

from robust_style.data.paintings import PAINTINGS, paint
from robust_style.errors import ImageError

SIZE_PX = 96


@pytest.fixture(scope="module")
def gallery():
    return {(name, seed): paint(name, seed, SIZE_PX) for name in PAINTINGS for seed in (1, 2)}


@pytest.mark.parametrize("name", PAINTINGS)
def test_is_square_eight_bit_colour_of_the_size_asked_for(name, gallery):
    for picture, size_px in ((gallery[name, 1], SIZE_PX), (paint(name, 0, 33), 33)):
        assert picture.shape == (size_px, size_px, 3)
        assert picture.dtype == np.uint8


@pytest.mark.parametrize("name", PAINTINGS)
def test_the_same_seed_gives_the_same_pixels_whatever_was_drawn_between(name, gallery):
    np.random.default_rng(0).random(10)
    np.testing.assert_array_equal(paint(name, 1, SIZE_PX), gallery[name, 1])


@pytest.mark.parametrize("name", PAINTINGS)
def test_another_seed_gives_another_painting(name, gallery):
    assert (gallery[name, 1] != gallery[name, 2]).mean() > 0.2


@pytest.mark.parametrize("name", PAINTINGS)
def test_strokes_grow_with_the_size(name, gallery):
    """The same seed at twice the size, reduced again, is nearly the same picture, but for rounded outlines."""
    large = Image.fromarray(paint(name, 1, 2 * SIZE_PX)).resize((SIZE_PX, SIZE_PX), Image.Resampling.BOX)
    difference = np.abs(np.asarray(large, float) - gallery[name, 1]).mean()
    assert difference < 0.5 * np.abs(np.asarray(large, float) - gallery[name, 2]).mean()


@pytest.mark.parametrize(
    ("generator", "seed", "size_px", "message"),
    [
        ("monet", 0, 64, r"generator:monet: must be one of flow_field, .*images\.tsv"),
        ("op_art", -1, 64, r"generator:op_art: the seed is -1, not 0 or more"),
        ("op_art", 0, 31, r"the size is 31, not 32 to 4096 px"),
        ("op_art", 0, 4097, r"the size is 4097"),
    ],
)
def test_what_cannot_be_painted_is_refused(generator, seed, size_px, message):
    with pytest.raises(ImageError, match=message):
        paint(generator, seed, size_px)
