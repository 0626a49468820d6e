"""Metrics on known alterations of a photograph (controls), and on patterns with an analytic answer."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from skimage import color

from robust_style.benchmark.measure_controls import controls, photograph_and_still_life
from robust_style.errors import ImageError
from robust_style.score.metrics import (
    StyleColours,
    checkerboard_excess,
    checkerboard_share,
    content_edge_ssim,
    content_ssim,
    high_frequency_excess,
    high_frequency_share,
    luma_correlation,
)

SIDE = 128


@pytest.fixture(scope="module")
def content():
    return photograph_and_still_life(SIDE)[0]


@pytest.fixture(scope="module")
def style():
    return photograph_and_still_life(SIDE)[1]


@pytest.fixture(scope="module")
def altered(content, style):
    return controls(content, style)


def test_structure_orders_the_controls(altered, content):
    scores = {name: content_ssim(picture, content) for name, picture in altered.items()}
    assert scores["itself"] == pytest.approx(1.0)
    assert 1 > scores["matched"] > scores["blend"] > scores["style"] > scores["inverted"]
    assert scores["inverted"] < 0
    assert abs(scores["shifted"]) < 0.2
    assert scores["checkerboard"] < 0.9
    assert scores["noise"] < 0.9


def test_colour_distance_orders_the_controls(altered, content, style):
    scores = {name: StyleColours(content, style).distance(picture) for name, picture in altered.items()}
    assert scores["itself"] == pytest.approx(1.0)
    assert scores["style"] == pytest.approx(0.0, abs=1e-12)
    # Blind to position.
    assert scores["shifted"] == pytest.approx(0.0, abs=1e-12)
    assert scores["matched"] < 0.5 < scores["checkerboard"]
    assert scores["blend"] < 0.6


def test_edges_order_the_controls_and_are_blind_to_inversion(altered, content):
    scores = {name: content_edge_ssim(picture, content) for name, picture in altered.items()}
    assert scores["itself"] == pytest.approx(1.0)
    assert scores["inverted"] == pytest.approx(1.0)
    assert scores["checkerboard"] > 0.9
    assert scores["matched"] > scores["blend"] > scores["shifted"]
    assert scores["noise"] < 0.6


def test_luma_correlation_shows_inversion_and_is_blind_to_detail(altered, content):
    scores = {name: luma_correlation(picture, content) for name, picture in altered.items()}
    assert scores["itself"] == pytest.approx(1.0)
    assert scores["inverted"] == pytest.approx(-1.0)
    assert min(scores[name] for name in ("noise", "checkerboard", "matched")) > 0.8
    assert scores["matched"] > scores["blend"] > abs(scores["shifted"]) - 0.3
    assert luma_correlation(np.full_like(content, 0.4), content) == 0


def test_equal_colours_are_refused(content):
    with pytest.raises(ImageError, match="same colours"):
        StyleColours(content, content[::-1])


def test_a_checkerboard_is_detected(altered, content, style):
    scores = {name: checkerboard_excess(picture, content, style) for name, picture in altered.items()}
    assert scores["checkerboard"] > 5
    assert scores["checkerboard"] > scores["noise"] + 2
    assert max(scores[name] for name in ("itself", "style", "inverted")) <= 1e-6


@pytest.mark.parametrize(("row", "column"), [(1, 1), (0, 1), (1, 0)])
def test_each_nyquist_peak_counts_and_no_other_frequency(row, column):
    rows, columns = np.mgrid[:64, :48]
    pattern = 0.5 + 0.2 * np.cos(np.pi * (row * rows + column * columns))
    assert checkerboard_share(np.repeat(pattern[..., None], 3, 2)) == pytest.approx(1, abs=0.01)
    wave = 0.5 + 0.2 * np.cos(np.pi * 0.8 * columns)
    assert checkerboard_share(np.repeat(wave[..., None], 3, 2)) < 0.01
    assert checkerboard_share(np.full((20, 30, 3), 0.5)) == 0


def test_only_noise_and_checkerboard_are_artefacts(altered, content, style):
    scores = {name: high_frequency_excess(picture, content, style) for name, picture in altered.items()}
    assert scores["itself"] <= 0
    assert scores["style"] <= 0
    assert scores["noise"] > 1
    assert scores["checkerboard"] > 1
    assert max(scores[name] for name in ("itself", "style", "matched", "blend")) < 0.3
    # The position of the window alone changes it by half a unit.
    assert abs(scores["shifted"]) < 1
    assert scores["inverted"] == pytest.approx(scores["itself"], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(5, 95), st.floats(5, 95))
def test_the_distance_of_two_greys_is_half_that_of_their_lightness(first, second):
    """Analytic: the mean of |cos| over the sphere is a half."""
    assume(abs(first - second) > 1)
    flat = [color.lab2rgb(np.full((16, 16, 3), (lightness, 0.0, 0.0))) for lightness in (first, second)]
    assert StyleColours(*flat).of_content == pytest.approx(abs(first - second) / 2, rel=0.02, abs=0.05)


def test_colour_distance_does_not_depend_on_size_or_order(content, style):
    doubled = np.repeat(np.repeat(content, 2, 0), 3, 1)
    assert StyleColours(doubled, style).of_content == pytest.approx(StyleColours(content, style).of_content, rel=1e-2)
    assert StyleColours(style, content).of_content == pytest.approx(StyleColours(content, style).of_content)
    shuffled = np.random.default_rng(0).permutation(content.reshape(-1, 3)).reshape(content.shape)
    assert StyleColours(shuffled, style).of_content == pytest.approx(StyleColours(content, style).of_content)


def test_quantile_grid_agrees_with_sorting(content, style):
    """Oracle: random directions, all points sorted, as Rabin et al. define it."""
    axes = np.random.default_rng(0).standard_normal((3, 256))
    axes /= np.linalg.norm(axes, axis=0)
    points = [np.sort(color.rgb2lab(picture).reshape(-1, 3) @ axes, axis=0) for picture in (content, style)]
    assert StyleColours(content, style).of_content == pytest.approx(np.abs(points[0] - points[1]).mean(), rel=0.05)


@pytest.mark.parametrize(("cycles", "expected"), [(0.25, 0.0), (0.45, 1.0)])
@pytest.mark.parametrize("shape", [(64, 64), (64, 200), (200, 64)])
def test_a_single_wave_is_all_low_or_all_high(shape, cycles, expected):
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * cycles * np.arange(shape[1]))
    picture = np.broadcast_to(wave[None, :, None], (*shape, 3))
    assert high_frequency_share(picture) == pytest.approx(expected, abs=0.01)


def test_share_ignores_contrast_brightness_and_rotation(content):
    share = high_frequency_share(content)
    assert high_frequency_share(0.5 * content + 0.2) == pytest.approx(share, rel=1e-6)
    assert high_frequency_share(np.rot90(content)) == pytest.approx(share, rel=0.05)


def test_constant_pictures_have_no_ripples():
    flat = np.full((40, 48, 3), 0.3)
    assert high_frequency_share(flat) == 0
    assert high_frequency_excess(flat, flat, flat) == 0
