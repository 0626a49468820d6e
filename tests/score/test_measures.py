"""Known alterations of a photograph: each measure orders them as a reader would, and says what it cannot see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import color, data, exposure, transform

from robust_style.errors import ImageError
from robust_style.score.colour import lab_distance, style_colour_distance
from robust_style.score.high_frequency import high_frequency_excess, high_frequency_share
from robust_style.score.structure import content_ssim

SIDE = 128


@pytest.fixture(scope="module")
def content():
    return transform.resize(data.astronaut() / 255.0, (SIDE, SIDE), anti_aliasing=True)


@pytest.fixture(scope="module")
def style():
    return transform.resize(data.coffee()[:, :400] / 255.0, (SIDE, SIDE), anti_aliasing=True)


@pytest.fixture(scope="module")
def altered(content, style):
    matched = exposure.match_histograms(content, style, channel_axis=2)
    random = np.random.default_rng(0)
    checker = 0.12 * ((np.indices((SIDE, SIDE)).sum(0) % 2) * 2 - 1)[..., None]
    return {
        "itself": content,
        "style": style,
        "shifted": np.roll(style, (37, 51), (0, 1)),
        "matched": matched,
        "blend": 0.4 * matched + 0.6 * style,
        "inverted": 1 - content,
        "noise": np.clip(content + random.normal(0, 0.25, content.shape), 0, 1),
        "checkerboard": np.clip(content + checker, 0, 1),
    }


def test_structure_orders_the_controls(altered, content):
    found = {name: content_ssim(picture, content) for name, picture in altered.items()}
    assert found["itself"] == pytest.approx(1.0)
    assert 1 > found["matched"] > found["blend"] > found["style"] > found["inverted"]
    assert found["inverted"] < 0
    assert abs(found["shifted"]) < 0.2
    assert found["checkerboard"] < 0.9
    assert found["noise"] < 0.9


def test_colour_distance_orders_the_controls(altered, content, style):
    found = {name: style_colour_distance(picture, content, style) for name, picture in altered.items()}
    assert found["itself"] == pytest.approx(1.0)
    assert found["style"] == pytest.approx(0.0, abs=1e-12)
    # It is blind to place: the same colours elsewhere are the same colours.
    assert found["shifted"] == pytest.approx(0.0, abs=1e-12)
    assert found["matched"] < 0.5 < found["checkerboard"]
    assert found["blend"] < 0.6


def test_only_noise_and_checkerboard_are_artefacts(altered, content, style):
    found = {name: high_frequency_excess(picture, content, style) for name, picture in altered.items()}
    assert found["itself"] <= 0
    assert found["style"] <= 0
    assert found["noise"] > 1
    assert found["checkerboard"] > 1
    assert max(found[name] for name in ("itself", "style", "matched", "blend")) < 0.3
    # Where the window lies alone moves it by half a unit; that is no artefact.
    assert abs(found["shifted"]) < 1
    # An inversion keeps every amplitude, which only the structure can tell.
    assert found["inverted"] == pytest.approx(found["itself"], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.floats(5, 95), st.floats(5, 95))
def test_two_flat_greys_are_as_far_as_their_lightness(first, second):
    """Analytic: the mean of |cos| over the sphere is a half, so the distance is half the difference in L."""
    flat = [color.lab2rgb(np.full((16, 16, 3), (lightness, 0.0, 0.0))) for lightness in (first, second)]
    assert lab_distance(*flat) == pytest.approx(abs(first - second) / 2, rel=0.02, abs=0.05)


def test_distance_does_not_depend_on_size_or_order(content, style):
    doubled = np.repeat(np.repeat(content, 2, 0), 3, 1)
    assert lab_distance(doubled, style) == pytest.approx(lab_distance(content, style), rel=1e-2)
    assert lab_distance(style, content) == pytest.approx(lab_distance(content, style))
    shuffled = np.random.default_rng(0).permutation(content.reshape(-1, 3)).reshape(content.shape)
    assert lab_distance(shuffled, style) == pytest.approx(lab_distance(content, style))


def test_quantile_grid_agrees_with_sorting(content, style):
    """Independent: random directions, all points sorted, as Rabin et al. define it."""
    axes = np.random.default_rng(0).standard_normal((3, 256))
    axes /= np.linalg.norm(axes, axis=0)
    points = [np.sort(color.rgb2lab(picture).reshape(-1, 3) @ axes, axis=0) for picture in (content, style)]
    assert lab_distance(content, style) == pytest.approx(np.abs(points[0] - points[1]).mean(), rel=0.05)


def test_equal_colours_are_refused(content):
    with pytest.raises(ImageError, match="same colours"):
        style_colour_distance(content, content, content[::-1])


@pytest.mark.parametrize(("cycles", "expected"), [(0.25, 0.0), (0.45, 1.0)])
@pytest.mark.parametrize("shape", [(64, 64), (64, 200), (200, 64)])
def test_a_single_wave_is_all_low_or_all_high(shape, cycles, expected):
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * cycles * np.arange(shape[1]))
    picture = np.broadcast_to(wave[None, :, None], (*shape, 3))
    assert high_frequency_share(picture) == pytest.approx(expected, abs=0.01)


def test_share_ignores_contrast_and_brightness_and_turning(content):
    share = high_frequency_share(content)
    assert high_frequency_share(0.5 * content + 0.2) == pytest.approx(share, rel=1e-6)
    assert high_frequency_share(np.rot90(content)) == pytest.approx(share, rel=0.05)


def test_flat_pictures_have_no_ripples():
    flat = np.full((40, 48, 3), 0.3)
    assert high_frequency_share(flat) == 0
    assert high_frequency_excess(flat, flat, flat) == 0
