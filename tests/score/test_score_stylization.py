"""The score file of a training's pictures."""

import json

import pytest

from made_results import make_results, noise_picture, save_picture
from robust_style.errors import ImageError, ResultError, RobustStyleError
from robust_style.score.score_files import load_scores
from robust_style.score.score_stylization import score_stylization


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


def score(one):
    """Score the picture twice in one job."""
    score_stylization(
        pictures=[one["picture"]] * 2,
        snapshots=[one["snapshots"]] * 2,
        traces=[one["trace"]] * 2,
        images=[one["content"], one["style"]],
        scores=one["score"],
        threads=1,
    )


def test_the_unchanged_content_scores_one(one):
    # The content is the picture at twice the size, each pixel doubled: resizing gives the picture back.
    picture = noise_picture("any", (48, 32))
    save_picture(one["picture"], picture)
    save_picture(one["content"], picture)
    score(one)
    scores = load_scores(one["score"])[0]
    assert scores.labels.content == "rocket"
    for measure in (
        "content_ssim", "content_edge_ssim", "luma_correlation", "style_colour_distance", "style_texture_distance",
    ):  # fmt: skip
        assert scores.measures[measure] == pytest.approx(1.0), measure
    assert scores.measures["final_style_loss"] == json.loads(one["trace"].read_text())["style_loss"][-1]


def test_scores_are_deterministic_and_the_last_snapshot_is_the_picture(one):
    score(one)
    scores, again = load_scores(one["score"])
    assert again == scores
    assert [snapshot["iteration"] for snapshot in scores.snapshots] == [0, 50, 100]
    for measure in ("content_ssim", "style_colour_distance", "style_texture_distance"):
        assert scores.snapshots[-1][measure] == scores.measures[measure] != scores.snapshots[0][measure]


def test_pictures_of_several_pairs_score_as_each_alone(tmp_path):
    pairs = (("rocket", "flow_field"), ("rocket", "op_art"), ("astronaut", "op_art"))
    made = make_results(tmp_path, networks=("standard",), recipes=("fair",), epochs=(4,), pairs=pairs)

    def scores_of(traces):
        score_stylization(
            pictures=[trace.with_suffix(".png") for trace in traces],
            snapshots=[trace.with_suffix(".snapshots.png") for trace in traces],
            traces=traces,
            images=list(made.images.values()),
            scores=tmp_path / "scores.json",
            threads=1,
        )
        return load_scores(tmp_path / "scores.json")

    together = scores_of(made.traces)
    assert [(one.labels.content, one.labels.style) for one in together] == list(pairs)
    assert together == [one for trace in made.traces for one in scores_of([trace])]


def test_a_strip_of_the_wrong_width_is_refused(one):
    save_picture(one["snapshots"], noise_picture("any", (49, 32)))
    with pytest.raises(ImageError, match="expected 3 pictures of one width, found 49 px"):
        score(one)


@pytest.mark.parametrize("missing", ["picture", "snapshots", "content", "style", "trace"])
def test_a_missing_file_is_named(one, missing):
    one[missing].unlink()
    with pytest.raises(RobustStyleError, match="expected") as caught:
        score(one)
    assert str(one[missing]) in str(caught.value)
    assert not one["score"].exists()


@pytest.mark.parametrize(("name", "value"), [("labels", {}), ("total_loss", [1.0]), ("size_px", None)])
def test_a_damaged_trace_is_refused(one, name, value):
    one["trace"].write_text(json.dumps(json.loads(one["trace"].read_text()) | {name: value}))
    with pytest.raises(ResultError, match="expected the trace"):
        score(one)
