import numpy as np
import pytest
from PIL import Image

from robust_style.data.paintings import PAINTINGS, canvas, paint
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


def test_a_painter_is_nearer_to_itself_than_to_any_other(gallery):
    """Style by hand: means, spreads and correlations of the colours of neighbouring pixels at three scales."""
    for name in PAINTINGS:
        own = _distance(gallery[name, 1], gallery[name, 2])
        others = [_distance(gallery[name, 1], gallery[other, 2]) for other in PAINTINGS if other != name]
        assert own < min(others)


@pytest.mark.parametrize("name", PAINTINGS)
def test_has_colour_contrast_and_detail_at_three_scales(name):
    picture = paint(name, 1, 256).astype(float)
    assert picture.mean(axis=2).std() > 25
    assert np.ptp(picture, axis=2).mean() > 25
    for side in (256, 128, 64):
        small = np.asarray(Image.fromarray(picture.astype(np.uint8)).resize((side, side), Image.Resampling.BOX), float)
        assert np.abs(np.diff(small, axis=0)).mean() > 4


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


def test_smooth_noise_is_standardised_and_the_same_landscape_at_every_size():
    small, large = (canvas.smooth_noise(np.random.default_rng(4), side, 5.0) for side in (96, 384))
    assert small.mean() == pytest.approx(0, abs=1e-6)
    assert small.std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(large.reshape(96, 4, 96, 4).mean(axis=(1, 3)), small, atol=0.05)


def _distance(one, other):
    return np.linalg.norm(_fingerprint(one) - _fingerprint(other))


def _fingerprint(picture):
    found = []
    for side in (SIZE_PX, SIZE_PX // 2, SIZE_PX // 4):
        small = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BOX), float) / 255
        across, down = np.diff(small, axis=1)[:-1], np.diff(small, axis=0)[:, :-1]
        features = np.concatenate([small[:-1, :-1], 2 * np.abs(across), 2 * np.abs(down)], axis=2).reshape(-1, 9)
        found += [features.mean(axis=0), features.std(axis=0)]
    return np.concatenate(found)
