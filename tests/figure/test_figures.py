"""Every figure: made, of the stated size, the same bytes twice, with the words that explain it."""

import re

import numpy as np
import pytest
from PIL import Image

from drawn import assert_fits_a4, assert_same_twice, words_of
from made_results import PAIRS, make_results, make_uneven_results
from robust_style.errors import ResultError
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.standard_vs_adversarial import draw_overview, draw_standard_vs_adversarial
from robust_style.figure.training_curves import draw_training_curves

NETWORKS = ["standard", "adversarial"]
EVERY_KIND = ["standard", "adversarial", "imported", "control"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def table(made, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "scores.tsv"
    made.collect(path)
    return path


def grid(made, recipe="fair", pair=None):
    return {
        "traces": [t for t in made.traces if f"/{recipe}/" in t.as_posix() and (pair is None or t.stem == pair)],
        "evaluations": made.evaluations,
        "contents": made.images,
        "styles": made.images,
        "columns": NETWORKS,
    }


def test_one_pair(made, tmp_path):
    figure = tmp_path / "figure.png"
    given = grid(made, pair="rocket--flow_field")
    assert_same_twice(
        lambda: draw_standard_vs_adversarial(
            **given, figure=figure, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
        ),
        figure,
    )
    assert_fits_a4(figure)
    with Image.open(figure) as printed, Image.open(tmp_path / "preview.jpg") as preview:
        assert preview.width == pytest.approx(printed.width / 2, abs=2)
    drawn = tmp_path / "figure.svg"
    draw_standard_vs_adversarial(
        **given, figure=drawn, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    words = words_of(drawn)
    for expected in ("rocket", "flow field", "standard", "adversarial", "untrained", "epoch 4", "epoch 8", "clean"):
        assert expected in words
    # The untrained picture is the same for all networks: shown once, so 2 sources + 1 + 2 x 2.
    assert drawn.read_text().count("<image") == 7


def test_different_starts_are_both_shown(tmp_path):
    made = make_results(tmp_path, recipes=("fair",), pairs=(("rocket", "op_art"),))
    start = next(t for t in made.traces if "adversarial" in t.as_posix() and "epoch_000" in t.as_posix())
    Image.new("RGB", (48, 32), "red").save(start.with_suffix(".png"))
    draw_standard_vs_adversarial(
        **grid(made), figure=tmp_path / "figure.svg", vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    assert (tmp_path / "figure.svg").read_text().count("<image") == 8


def test_overview_holds_all_pairs(made, tmp_path):
    figure, drawn = tmp_path / "figure.png", tmp_path / "figure.svg"
    draw_overview(**grid(made), figure=figure, vector=tmp_path / "vector.svg")
    assert_fits_a4(figure)
    draw_overview(**grid(made), figure=drawn, vector=tmp_path / "vector.svg")
    words = words_of(drawn)
    for expected in (
        "rocket",
        "astronaut",
        "flow field",
        "op art",
        "Recipe fair",
        "robust",
    ):
        assert expected in words


def test_many_epochs_are_thinned_evenly_and_fit(tmp_path):
    made = make_results(tmp_path, recipes=("fair",), epochs=tuple(range(11)), pairs=PAIRS[:1], size=(32, 48))
    figure = tmp_path / "figure.svg"
    draw_standard_vs_adversarial(
        **grid(made), figure=figure, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    assert re.findall(r"epoch (\d+)<", figure.read_text()) == ["2", "4", "6", "8", "10"]
    draw_standard_vs_adversarial(
        **grid(made), figure=tmp_path / "figure.png", vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    assert_fits_a4(tmp_path / "figure.png")


def test_networks_of_one_checkpoint_each_stand_in_one_row(made, tmp_path):
    """As imported ones do: rows of their own would be dashes, but for one picture each."""
    given = grid(made, pair="rocket--flow_field")
    given["traces"] = [
        trace
        for trace in given["traces"]
        if ("/standard/" in trace.as_posix() and "epoch_004" in trace.as_posix())
        or ("/adversarial/" in trace.as_posix() and "epoch_008" in trace.as_posix())
    ]
    drawn, figure = tmp_path / "figure.svg", tmp_path / "figure.png"
    draw_overview(**given, figure=drawn, vector=tmp_path / "vector.svg")
    draw_overview(**given, figure=figure, vector=tmp_path / "vector.svg")
    words = words_of(drawn)
    assert drawn.read_text().count("<image") == 4
    assert "no checkpoint" not in words
    for expected in ("epoch 4 · clean", "epoch 8 · clean", "Each network's only checkpoint."):
        assert expected in words
    assert_fits_a4(figure)


def test_wrong_grids_are_refused(made, tmp_path):
    figure = tmp_path / "figure.png"
    with pytest.raises(ResultError, match="one pair"):
        draw_standard_vs_adversarial(
            **grid(made), figure=figure, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
        )
    with pytest.raises(ResultError, match="one recipe"):
        draw_overview(**(grid(made) | {"traces": made.traces}), figure=figure, vector=tmp_path / "vector.svg")
    with pytest.raises(ResultError, match="found none"):
        draw_overview(**(grid(made) | {"columns": ["unknown"]}), figure=figure, vector=tmp_path / "vector.svg")
    with pytest.raises(ResultError, match="image called"):
        draw_overview(**(grid(made) | {"styles": {}}), figure=figure, vector=tmp_path / "vector.svg")
    assert not figure.exists()


def optimisation(made):
    return {
        "traces": [trace for trace in made.traces if trace.stem == "rocket--flow_field"],
        "columns": NETWORKS,
        "recipes": ["original", "fair"],
    }


def test_optimisation_rows_are_iterations(made, tmp_path):
    figure, drawn = tmp_path / "figure.png", tmp_path / "figure.svg"
    assert_same_twice(
        lambda: draw_optimisation(
            **optimisation(made), figure=figure, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
        ),
        figure,
    )
    assert_fits_a4(figure)
    draw_optimisation(
        **optimisation(made), figure=drawn, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    words = words_of(drawn)
    for expected in (
        "0 iterations",
        "50 iterations",
        "100 iterations",
        "recipe original",
        "recipe fair",
        "total loss",
    ):
        assert expected in words
    assert "after 8 training epochs" in words
    assert drawn.read_text().count("<image") == 3 * 2 * 2


def test_a_strip_that_does_not_fit_its_trace_is_refused(tmp_path):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=(("rocket", "flow_field"),))
    Image.fromarray(np.zeros((32, 100, 3), np.uint8)).save(made.traces[0].with_suffix(".snapshots.png"))
    with pytest.raises(ResultError, match="3 tiles"):
        draw_optimisation(
            traces=made.traces,
            columns=NETWORKS,
            recipes=["fair"],
            figure=tmp_path / "figure.png",
            vector=tmp_path / "vector.svg",
            preview=tmp_path / "preview.jpg",
        )


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_training_curves(tmp_path, seeds):
    made = make_results(tmp_path, seeds=seeds, recipes=(), networks=("standard", "adversarial", "noise"))
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    networks = [*NETWORKS, "noise"]
    assert_same_twice(
        lambda: draw_training_curves(evaluations=made.evaluations, networks=networks, figure=figure, vector=vector),
        figure,
        vector,
    )
    assert_fits_a4(figure)
    for expected in ("clean accuracy", "robust accuracy", "training epochs", *networks):
        assert expected in words_of(vector)
    with pytest.raises(ResultError, match="found none"):
        draw_training_curves(evaluations=made.evaluations, networks=["x"], figure=figure, vector=vector)


def test_scores_over_epochs(table, tmp_path):
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    given = {"table": table, "networks": NETWORKS, "recipes": ["original", "fair"]}
    assert_same_twice(lambda: draw_score_vs_epoch(**given, figure=figure, vector=vector), figure, vector)
    assert_fits_a4(figure)
    for expected in (
        "structure kept",
        "higher = more",
        "lower = closer",
        "training epochs",
        "2 image pairs",
        "recipe original",
    ):
        assert expected in words_of(vector)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """Networks that lack epochs: one imported, with a single seed, and one left untrained."""
    return make_uneven_results(tmp_path_factory.mktemp("uneven"), epochs=tuple(range(0, 101, 10)))


def test_networks_that_lack_epochs_have_their_row(uneven, tmp_path):
    figure = tmp_path / "figure.svg"
    given = grid(uneven, pair="rocket--flow_field") | {"columns": EVERY_KIND}
    draw_standard_vs_adversarial(
        **given, figure=figure, vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    # Of twelve epochs six, the imported network's only one among them; the seed is the one that it has too.
    assert re.findall(r">(untrained|epoch \d+)<", figure.read_text()) == [
        "untrained", "epoch 20", "epoch 50", "epoch 76", "epoch 80", "epoch 100",
    ]  # fmt: skip
    assert "training seed 3" in words_of(figure)
    assert len(re.findall(">–<", figure.read_text())) == 6 * 4 - (2 * 5 + 1 + 1)
    assert "–: no checkpoint" in words_of(figure)
    assert figure.read_text().count("<image") == 2 + 2 * 5 + 1 + 1
    draw_standard_vs_adversarial(
        **given, figure=tmp_path / "figure.png", vector=tmp_path / "vector.svg", preview=tmp_path / "preview.jpg"
    )
    assert_fits_a4(tmp_path / "figure.png")


def test_the_overview_has_the_accuracies_of_whom_was_evaluated(uneven, tmp_path):
    figure = tmp_path / "figure.svg"
    draw_overview(
        **(grid(uneven, pair="rocket--flow_field") | {"columns": EVERY_KIND}),
        figure=figure,
        vector=tmp_path / "vector.svg",
    )
    # Under every picture of a network that has one: five of each trained here, the imported one's.
    assert len(re.findall(r">\d+ / \d+ %<|>clean", figure.read_text())) == 2 * 5 + 1 + 1
    assert len(re.findall(">imported<", figure.read_text())) == 1


def test_each_network_s_last_epoch_is_drawn_and_said(uneven, tmp_path):
    figure = tmp_path / "figure.svg"
    draw_optimisation(
        **(optimisation(uneven) | {"columns": EVERY_KIND}),
        figure=figure,
        vector=tmp_path / "vector.svg",
        preview=tmp_path / "preview.jpg",
    )
    assert "standard: epoch 100, adversarial: epoch 100, imported: epoch 76, control: untrained." in words_of(figure)
    assert figure.read_text().count("<image") == 3 * 2 * 4


def test_curves_of_networks_without_a_history(tmp_path):
    made = make_uneven_results(tmp_path, recipes=(), epochs=(0, 25, 50, 75, 100))
    vector = tmp_path / "figure.svg"
    draw_training_curves(
        evaluations=made.evaluations, networks=EVERY_KIND, figure=tmp_path / "figure.png", vector=vector
    )
    for network in EVERY_KIND:
        assert network in words_of(vector)
    # 75 and 76 stand too close for both to be labelled.
    assert re.findall(r">(\d+)<", vector.read_text())[:5] == ["0", "25", "50", "76", "100"]


def test_scores_of_networks_with_fewer_seeds(uneven, tmp_path):
    table, vector = tmp_path / "scores.tsv", tmp_path / "figure.svg"
    uneven.collect(table)
    draw_score_vs_epoch(
        table=table, networks=EVERY_KIND, recipes=["original", "fair"], figure=tmp_path / "figure.png", vector=vector
    )
    assert "2 image pairs and up to 2 training seeds" in words_of(vector)
