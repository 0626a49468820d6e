"""One picture's score file and the table of all, from files to files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from made_results import make_results, noise_picture, save_picture
from robust_style.errors import ImageError, ResultError, RobustStyleError
from robust_style.score.columns import SCORE_COLUMNS
from robust_style.score.score_stylization import score_stylization
from robust_style.score.score_tables import read_iteration_table, read_score_table


@pytest.fixture
def one(tmp_path):
    made = make_results(tmp_path, networks=("standard",), recipes=("fair",), epochs=(4,), size=(48, 32))
    trace = made.traces[0]
    return {
        "picture": trace.with_suffix(".png"),
        "snapshots": trace.with_suffix(".snapshots.png"),
        "content": made.images["rocket"],
        "style": made.images["flow_field"],
        "trace": trace,
        "score": tmp_path / "score.json",
    }


def scored(one):
    """Two pictures in one job, the second is the first again."""
    score_stylization(
        pictures=[one["picture"]] * 2,
        snapshots=[one["snapshots"]] * 2,
        traces=[one["trace"]] * 2,
        images=[one["content"], one["style"]],
        scores=[one["score"], one["score"].with_name("again.json")],
    )


def test_untouched_content_scores_as_itself(one):
    # The content at twice the size, its every pixel doubled, comes back as the picture when resized.
    picture = noise_picture("any", (48, 32))
    save_picture(one["picture"], picture)
    save_picture(one["content"], picture)
    scored(one)
    found = json.loads(one["score"].read_text())
    assert found["content_ssim"] == pytest.approx(1.0)
    assert found["style_colour_distance"] == pytest.approx(1.0)
    assert found["labels"]["content"] == "rocket"
    assert found["style_texture_distance"] == pytest.approx(1.0)
    assert found["content_edge_ssim"] == pytest.approx(1.0)
    assert found["luma_correlation"] == pytest.approx(1.0)
    assert found["final_style_loss"] == json.loads(one["trace"].read_text())["style_loss"][-1]


def test_same_inputs_same_bytes(one):
    scored(one)
    first = one["score"].read_bytes()
    scored(one)
    assert one["score"].read_bytes() == first
    assert one["score"].with_name("again.json").read_bytes() == first


def test_snapshots_are_scored_and_the_last_is_the_picture(one):
    scored(one)
    found = json.loads(one["score"].read_text())
    assert [moment["iteration"] for moment in found["snapshots"]] == [0, 50, 100]
    for measure in ("content_ssim", "style_colour_distance", "style_texture_distance"):
        assert found["snapshots"][-1][measure] == found[measure]
        assert found["snapshots"][0][measure] != found[measure]


def test_a_strip_of_another_number_of_pictures_is_refused(one):
    save_picture(one["snapshots"], noise_picture("any", (49, 32)))
    with pytest.raises(ImageError, match="expected 3 pictures of one width, found 49 px"):
        scored(one)


@pytest.mark.parametrize("missing", ["picture", "snapshots", "content", "style", "trace"])
def test_a_missing_file_is_named(one, missing):
    one[missing].unlink()
    with pytest.raises(RobustStyleError, match="expected") as caught:
        scored(one)
    assert str(one[missing]) in str(caught.value)
    assert not one["score"].exists()


def test_no_picture_is_refused(one):
    one["picture"].write_text("<html>")
    with pytest.raises(ImageError, match="something else"):
        scored(one)


@pytest.mark.parametrize("fault", ["labels", "total_loss", "size_px"])
def test_damaged_trace_is_refused(one, fault):
    trace = json.loads(one["trace"].read_text())
    trace[fault] = {"labels": {}, "total_loss": [1.0], "size_px": None}[fault]
    one["trace"].write_text(json.dumps(trace))
    with pytest.raises(ResultError, match="expected the trace"):
        scored(one)


def test_table_is_sorted_joined_and_independent_of_order(tmp_path):
    made = make_results(tmp_path, seeds=(0, 1))
    table = tmp_path / "scores.tsv"
    made.collect(table)
    first = table.read_bytes()
    replace(made, scores=made.scores[::-1], evaluations=made.evaluations[::-1]).collect(table)
    assert table.read_bytes() == first
    rows = read_score_table(table)
    moments = read_iteration_table(tmp_path / "moments.tsv")
    assert len(moments) == 3 * len(rows)
    assert list(moments["iteration"][:3]) == [0, 50, 100]
    assert tuple(rows.columns) == SCORE_COLUMNS
    assert len(rows) == len(made.scores)
    row = rows[(rows["network"] == "adversarial") & (rows["epoch"] == 8) & (rows["seed"] == 1)].iloc[0]
    evaluation = json.loads((tmp_path / "evaluation/adversarial/seed_1/epoch_008.json").read_text())
    assert row["clean_accuracy"] == pytest.approx(evaluation["clean_accuracy"], rel=1e-5)
    assert row["robust_accuracy"] == pytest.approx(evaluation["robust_accuracy"], rel=1e-5)


def test_unmeasured_robust_accuracy_is_an_empty_cell(tmp_path):
    made = make_results(tmp_path, networks=("none",), recipes=("fair",), epochs=(0,))
    evaluation = json.loads(made.evaluations[0].read_text())
    made.evaluations[0].write_text(json.dumps(evaluation | {"robust_accuracy": None}))
    table = tmp_path / "scores.tsv"
    made.collect(table)
    rows = read_score_table(table)
    assert np.isnan(rows["robust_accuracy"]).all()
    assert set(rows["network"]) == {"none"}


def test_missing_evaluation_and_double_score_are_refused(tmp_path):
    made = make_results(tmp_path, networks=("standard",), recipes=("fair",))
    table = tmp_path / "scores.tsv"
    with pytest.raises(ResultError, match="an evaluation of standard, seed 0, epoch 8"):
        replace(made, scores=made.scores, evaluations=made.evaluations[:-1]).collect(table)
    with pytest.raises(ResultError, match="found two of 'fair standard"):
        replace(made, scores=[*made.scores, made.scores[0]], evaluations=made.evaluations).collect(table)
    assert not table.exists()


@pytest.mark.parametrize("content", ["", "a\tb\n1\t2\n", "recipe\tseed\nfair\tx\n", None])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    path = Path(tmp_path / "scores.tsv")
    if content is not None:
        path.write_text(content)
    with pytest.raises(ResultError, match="table of scores"):
        read_score_table(path)
