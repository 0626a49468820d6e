"""Ratings of pictures, and their columns in the table of scores."""

import json

import pandas as pd
import pytest

from made_results import make_results
from robust_style.errors import CheckpointError, ResultError
from robust_style.raters.rate_pictures import rate_pictures
from robust_style.score.score_tables import collect_scores, read_score_table
from robust_style.workflow.experiment import RATER_LAYERS

RATERS = ("style_gram_distance", "content_perceptual_distance", "rater_standard_style_distance")


@pytest.fixture
def made(tmp_path):
    return make_results(tmp_path, seeds=(0,), networks=("standard",), recipes=("fair",), epochs=(0, 4))


@pytest.fixture
def rated(made, tmp_path, squeezenet_file, checkpoint):
    """Rate the pictures; returns the ratings."""

    def run(**changes):
        settings = {
            "pictures": made.pictures, "traces": made.traces, "images": list(made.images.values()),
            "squeezenet": squeezenet_file, "caffe_input": False, "held_out": {"standard": checkpoint("standard", 1)},
            "layers": {"standard": RATER_LAYERS},
            "ratings": tmp_path / "ratings.json", "threads": 1,
        }  # fmt: skip
        rate_pictures(**{**settings, **changes})
        return json.loads((tmp_path / "ratings.json").read_text())

    return run


def test_each_picture_is_rated_once_and_deterministically(rated, made):
    entries = rated()
    assert [entry["labels"] for entry in entries] == [json.loads(path.read_text())["labels"] for path in made.traces]
    assert all(entry[measure] > 0 for entry in entries for measure in RATERS)
    assert rated() == entries


def test_the_content_as_a_picture_has_style_distance_1_and_content_distance_0(rated, made):
    for trace in made.traces:
        content = json.loads(trace.read_text())["labels"]["content"]
        trace.with_suffix(".png").write_bytes(made.images[content].read_bytes())
    for entry in rated():
        assert entry["style_gram_distance"] == pytest.approx(1, abs=1e-5)
        assert entry["rater_standard_style_distance"] == pytest.approx(1, abs=1e-5)
        assert entry["content_perceptual_distance"] == pytest.approx(0, abs=1e-6)


def test_raters_that_are_not_configured_give_no_column(rated):
    assert set(rated(squeezenet=None)[0]) == {"labels", "rater_standard_style_distance"}
    assert set(rated(held_out={})[0]) == {"labels", "style_gram_distance", "content_perceptual_distance"}


def test_no_rater_rates_its_own_pictures(rated, checkpoint, tmp_path):
    with pytest.raises(CheckpointError, match="rater that did not paint"):
        rated(held_out={"standard": checkpoint("standard", 0)})
    assert not (tmp_path / "ratings.json").exists()


def collect(made, tmp_path):
    collect_scores(
        scores=made.scores,
        evaluations=made.evaluations,
        ratings=[tmp_path / "ratings.json"],
        answers=[],
        table=tmp_path / "scores.tsv",
        by_iteration=tmp_path / "moments.tsv",
    )


def test_ratings_are_in_the_row_of_their_picture(rated, made, tmp_path):
    entries = rated()
    made.collect(tmp_path / "without.tsv")
    collect(made, tmp_path)
    rows, without = read_score_table(tmp_path / "scores.tsv"), read_score_table(tmp_path / "without.tsv")
    assert without[list(RATERS)].isna().all(axis=None)
    assert rows["rater_adversarial_style_distance"].isna().all()
    pd.testing.assert_frame_equal(rows.drop(columns=list(RATERS)), without.drop(columns=list(RATERS)))
    for entry in entries:
        labels = entry["labels"]
        row = rows[(rows["epoch"] == labels["epoch"]) & (rows["content"] == labels["content"])]
        assert row["style_gram_distance"].item() == pytest.approx(entry["style_gram_distance"], rel=1e-5)


def test_ratings_of_no_picture_repeated_or_damaged_are_refused(made, tmp_path):
    labels = json.loads(made.traces[0].read_text())["labels"]
    rating = {"labels": labels, "style_gram_distance": 0.5}
    for entries in ([{**rating, "labels": labels | {"epoch": 99}}], [rating, rating], [{"style_gram_distance": 0.5}]):
        (tmp_path / "ratings.json").write_text(json.dumps(entries))
        with pytest.raises(ResultError, match="expected ratings"):
            collect(made, tmp_path)
        assert not (tmp_path / "scores.tsv").exists()
