"""Judgements of pictures: beside the right labels, by nobody who painted, and into the table of scores."""

import json

import pandas as pd
import pytest

from made_results import make_results
from robust_style.errors import CheckpointError, ResultError
from robust_style.raters.rate_pictures import rate_pictures
from robust_style.score.collect import collect_scores
from robust_style.score.table import read_table
from robust_style.workflow.experiment import RATER_LAYERS

JURY = ("style_gram_distance", "content_perceptual_distance", "rater_standard_style_distance")


@pytest.fixture
def made(tmp_path):
    return make_results(tmp_path, seeds=(0,), networks=("standard",), recipes=("fair",), epochs=(0, 4))


@pytest.fixture
def rated(made, tmp_path, squeezenet_file, checkpoint):
    """Rates the pictures; returns the ratings."""

    def run(**changes):
        settings = {
            "traces": made.traces, "images": list(made.images.values()), "squeezenet": squeezenet_file,
            "caffe_input": False, "held_out": {"standard": checkpoint("standard", 1)},
            "layers": {"standard": RATER_LAYERS},
            "ratings": tmp_path / "ratings.json", "threads": 1,
        }  # fmt: skip
        rate_pictures(**{**settings, **changes})
        return json.loads((tmp_path / "ratings.json").read_text())

    return run


def test_each_picture_is_rated_once_and_the_same_again(rated, made):
    found = rated()
    assert [entry["labels"] for entry in found] == [json.loads(path.read_text())["labels"] for path in made.traces]
    assert all(entry[measure] > 0 for entry in found for measure in JURY)
    assert rated() == found


def test_a_picture_that_is_the_content_is_as_far_from_the_style_as_that(rated, made):
    for trace in made.traces:
        content = json.loads(trace.read_text())["labels"]["content"]
        trace.with_suffix(".png").write_bytes(made.images[content].read_bytes())
    for entry in rated():
        assert entry["style_gram_distance"] == pytest.approx(1, abs=1e-5)
        assert entry["rater_standard_style_distance"] == pytest.approx(1, abs=1e-5)
        assert entry["content_perceptual_distance"] == pytest.approx(0, abs=1e-6)


def test_who_is_absent_says_nothing(rated):
    assert set(rated(squeezenet=None)[0]) == {"labels", "rater_standard_style_distance"}
    assert set(rated(held_out={})[0]) == {"labels", "style_gram_distance", "content_perceptual_distance"}


def test_no_rater_rates_its_own_pictures(rated, checkpoint, tmp_path):
    with pytest.raises(CheckpointError, match="rater that did not paint"):
        rated(held_out={"standard": checkpoint("standard", 0)})
    assert not (tmp_path / "ratings.json").exists()


def test_judgements_stand_in_the_row_of_their_picture(rated, made, tmp_path):
    said = rated()
    made.collect(tmp_path / "without.tsv")
    tables = {"table": tmp_path / "scores.tsv", "by_iteration": tmp_path / "moments.tsv"}
    collect_scores(scores=made.scores, evaluations=made.evaluations, ratings=[tmp_path / "ratings.json"], **tables)
    found, without = read_table(tables["table"]), read_table(tmp_path / "without.tsv")
    assert without[list(JURY)].isna().all(axis=None)
    assert found["rater_adversarial_style_distance"].isna().all()
    pd.testing.assert_frame_equal(found.drop(columns=list(JURY)), without.drop(columns=list(JURY)))
    for entry in said:
        labels = entry["labels"]
        row = found[(found["epoch"] == labels["epoch"]) & (found["content"] == labels["content"])]
        assert row["style_gram_distance"].item() == pytest.approx(entry["style_gram_distance"], rel=1e-5)


@pytest.mark.parametrize("fault", ["of no picture", "twice", "no labels"])
def test_strange_judgements_are_refused(fault, rated, made, tmp_path):
    said = rated()
    if fault == "of no picture":
        said[0]["labels"]["epoch"] = 99
    elif fault == "twice":
        said.append(said[0])
    else:
        del said[0]["labels"]
    (tmp_path / "ratings.json").write_text(json.dumps(said))
    with pytest.raises(ResultError, match="expected ratings"):
        collect_scores(
            scores=made.scores,
            evaluations=made.evaluations,
            ratings=[tmp_path / "ratings.json"],
            table=tmp_path / "scores.tsv",
            by_iteration=tmp_path / "moments.tsv",
        )
    assert not (tmp_path / "scores.tsv").exists()
