"""The texture distance: controls in a known order, patterns, any size, and the spread that scales its statistics."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robust_style.benchmark.measure_controls import controls, phase_noise, photograph_and_still_life
from robust_style.benchmark.texture_spread import measured_spread
from robust_style.errors import ImageError
from robust_style.score.texture import SCALES, StyleTexture, measured_side, spread, texture_statistics

IMAGES = Path(__file__).parents[2].parent / "shared" / "data" / "images"
PAIRS = (
    ("bigben.jpg", "the_scream.jpg"),
    ("tuebingen_neckarfront.jpg", "starry_night_gatys.jpg"),
    ("kodim19_lighthouse.png", "great_wave.jpg"),
    ("kodim03_hats.png", "composition_vii.jpg"),
)


def test_it_orders_the_controls():
    content, style = photograph_and_still_life(128)
    texture = StyleTexture(content, style)
    scores = {name: texture.distance(picture) for name, picture in controls(content, style).items()}
    assert scores["itself"] == pytest.approx(1.0)
    assert scores["style"] == 0
    # Almost blind to position and to inversion; only the seam of the shift is new.
    assert scores["shifted"] < 0.05
    assert scores["inverted"] == pytest.approx(1.0, abs=0.1)
    assert scores["mirrored"] < scores["blend"] < scores["matched"] < scores["phase_noise"]
    assert scores["blocks"] > scores["mirrored"]
    assert scores["matched"] > 0.9
    assert scores["noise"] > 2


@pytest.mark.shared_data
@pytest.mark.skipif(not IMAGES.exists(), reason="the real images are not here")
@pytest.mark.parametrize(("content_name", "style_name"), PAIRS)
def test_noise_with_the_spectrum_of_a_painting_is_farther_than_blend_and_recoloured_content(content_name, style_name):
    content, style = _square(IMAGES / "content" / content_name), _square(IMAGES / "style" / style_name)
    texture, altered = StyleTexture(content, style), controls(content, style)
    scores = {name: texture.distance(altered[name]) for name in ("phase_noise", "matched", "blend", "shifted")}
    assert scores["phase_noise"] > 1.3
    assert scores["phase_noise"] > scores["matched"] > scores["blend"] > scores["shifted"]
    assert texture.distance(0.6 * style + 0.4 * content) < scores["matched"]


def _square(path, side=256):
    with Image.open(path) as picture:
        short = min(picture.size)
        left, upper = (picture.width - short) // 2, (picture.height - short) // 2
        part = picture.convert("RGB").resize((side, side), Image.LANCZOS, (left, upper, left + short, upper + short))
    return np.asarray(part, np.float64) / 255


def test_it_depends_on_direction_and_scale_of_strokes():
    rows, columns = np.mgrid[:96, :96]

    def stripes(wavelength, along):
        return np.repeat((0.5 + 0.3 * np.sin(2 * np.pi * along / wavelength))[..., None], 3, 2)

    scale = StyleTexture(stripes(12, columns), stripes(6, columns))
    assert scale.distance(stripes(6, columns)) == 0
    assert scale.distance(stripes(6, rows)) > 0.3
    assert scale.distance(stripes(8, columns)) < scale.distance(stripes(12, columns))


def test_equal_textures_are_refused():
    content, _ = photograph_and_still_life(64)
    with pytest.raises(ImageError, match="same texture"):
        StyleTexture(content, content)


@pytest.mark.parametrize(
    ("shapes", "side"),
    [
        ([(512, 768), (300, 256)], 256), ([(255, 400), (512, 512)], 128), ([(64, 1000)], 64), ([(63, 63)], 32),
        ([(20, 30)], 32),
    ],
)  # fmt: skip
def test_the_side_fits_the_smallest_picture(shapes, side):
    assert measured_side(*(np.zeros((*shape, 3)) for shape in shapes)) == side


@pytest.mark.parametrize(("side", "numbers"), [(256, 1046), (128, 785), (64, 524), (32, 263)])
def test_the_statistics_fit_the_spread_for_any_aspect_ratio(side, numbers):
    random = np.random.default_rng(0)
    for shape in ((side, side), (side, round(1.37 * side)), (round(1.6 * side) + 1, side + 1)):
        assert texture_statistics(random.random((*shape, 3)), side).shape == spread(side).shape == (numbers,)
    assert set(SCALES) == {256, 128, 64, 32}


def test_even_pictures_have_finite_distances():
    content, style = photograph_and_still_life(64)
    texture = StyleTexture(content, style)
    black, grey = (texture.distance(np.full_like(content, value)) for value in (0.0, 0.4))
    assert black == pytest.approx(grey, rel=0.1)
    assert 1 < grey < 20


def test_a_picture_of_twice_the_size_has_the_same_texture():
    content, style = photograph_and_still_life(128)
    doubled = np.repeat(np.repeat(style, 2, 0), 2, 1)
    assert StyleTexture(content, style).distance(doubled) < 0.1


def test_phase_noise_keeps_power_and_mean_colour():
    style = 0.3 + 0.4 * photograph_and_still_life(64)[1]
    noise = phase_noise(style, np.random.default_rng(0))
    assert noise.mean((0, 1)) == pytest.approx(style.mean((0, 1)), abs=0.01)
    power, expected = (np.abs(np.fft.fft2(picture[..., 1])) ** 2 for picture in (noise, style))
    # Few values are clipped.
    assert power.sum() == pytest.approx(expected.sum(), rel=0.02)


def test_the_shipped_spread_is_what_its_command_measures():
    assert measured_spread(32) == pytest.approx(spread(32), rel=2e-3)


def test_importing_it_does_not_import_torch():
    """Rules without pictures import the package of scores; plenoptic and torch take seconds."""
    code = "import sys, robust_style.score.texture; sys.exit(bool({'torch', 'plenoptic'} & set(sys.modules)))"
    path = str(Path(__file__).parents[2] / "workflow_scripts")
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": path}, check=False).returncode == 0
