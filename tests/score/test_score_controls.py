"""Controls: pictures that no network painted, scored as rows of the table."""

import numpy as np
import pytest
from PIL import Image

from made_results import add_controls, make_results, noise_picture, save_picture
from robust_style.errors import ImageError
from robust_style.score.columns import ACCURACIES, CONTROLS, PICTURE_MEASURES, TRACE_MEASURES
from robust_style.score.picture_files import read_pair
from robust_style.score.score_controls import control_pictures, score_controls
from robust_style.score.score_files import load_scores
from robust_style.score.score_tables import is_control, read_score_table

PAIRS = [("rocket", "flow_field"), ("astronaut", "flow_field")]


@pytest.fixture
def images(tmp_path):
    """Contents wider than high, a style higher than wide."""
    sizes = {"rocket": (96, 64), "astronaut": (96, 64), "flow_field": (70, 100)}
    paths = {name: tmp_path / "images" / f"{name}.png" for name in sizes}
    for name, size in sizes.items():
        save_picture(paths[name], noise_picture(name, size))
    return paths


def score(images, folder):
    path = folder / "controls.json"
    score_controls(pairs=PAIRS, size_px=32, images=list(images.values()), scores=path, threads=1)
    return load_scores(path)


def test_each_control_of_each_pair_has_all_metrics_of_a_picture(images, tmp_path):
    scores = score(images, tmp_path)
    labels = [(one.labels.content, one.labels.style, one.labels.network) for one in scores]
    assert labels == [(*pair, name) for pair in PAIRS for name in CONTROLS]
    for one in scores:
        assert (one.labels.recipe, one.labels.regime, one.labels.seed, one.labels.epoch) == ("none", "control", 0, 0)
        assert set(one.measures) == set(PICTURE_MEASURES)
        assert not one.snapshots
    content, matched, blend = (one.measures for one in scores[:3])
    for name in ("content_ssim", "luma_correlation", "style_colour_distance", "style_texture_distance"):
        assert content[name] == pytest.approx(1.0)
    assert matched["style_colour_distance"] < 0.8
    assert blend["content_ssim"] < matched["content_ssim"] < 1
    assert score(images, tmp_path) == scores


def test_the_pictures_are_those_described(images):
    pair = read_pair(images["rocket"], images["flow_field"], 32)
    assert pair.content.shape == (32, 48, 3)
    assert pair.style.shape == (48, 32, 3)
    pictures = control_pictures(pair, images["flow_field"])
    assert tuple(pictures) == CONTROLS
    assert np.array_equal(pictures["content"], pair.content)
    assert np.sort(pictures["histogram_matched"], axis=None).mean() == pytest.approx(pair.style.mean(), abs=0.01)
    with Image.open(images["flow_field"]) as opened:
        # The central part of the aspect ratio 3:2 of a style of 70 x 100 px.
        part = opened.resize((48, 32), Image.Resampling.LANCZOS, (0, 50 - 70 / 3, 70, 50 + 70 / 3))
    half = (pictures["histogram_matched"] + np.asarray(part, np.float64) / 255) / 2
    assert pictures["histogram_blend"] == pytest.approx(half, abs=1e-6)


def test_a_missing_image_is_named_and_nothing_is_written(images, tmp_path):
    images["flow_field"].unlink()
    with pytest.raises(ImageError, match=r"flow_field\.png: expected a picture, found no file"):
        score(images, tmp_path)
    assert not list(tmp_path.glob("*.json"))


def test_the_table_has_controls_without_trace_and_accuracy(tmp_path):
    made = make_results(tmp_path)
    add_controls(tmp_path, made).collect(tmp_path / "scores.tsv")
    rows = read_score_table(tmp_path / "scores.tsv")
    controls = rows[is_control(rows)]
    assert len(controls) == 2 * len(CONTROLS)
    assert len(rows) == len(made.traces) + len(controls)
    assert set(controls["network"]) == set(CONTROLS)
    assert controls[list(PICTURE_MEASURES)].notna().all(axis=None)
    assert controls[[*TRACE_MEASURES, *ACCURACIES]].isna().all(axis=None)
    assert rows.loc[~is_control(rows), [*TRACE_MEASURES, *ACCURACIES]].notna().all(axis=None)
