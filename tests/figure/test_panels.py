"""Figures of curves: statistics against the textbook, drawn data against the tables, few and many of everything."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from made_results import (
    add_controls,
    claim_row,
    edited,
    make_results,
    make_results_of_fewer_checkpoints,
    make_uneven_results,
    write_by_iteration,
    write_claims,
)
from robust_style.errors import ResultError
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.panels import curve_of, curves_note
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.score_vs_iteration import draw_score_vs_iteration
from robust_style.figure.score_vs_robustness import draw_score_vs_robustness
from robust_style.figure.trade_off import draw_trade_off
from robust_style.figure.training_curves import draw_training_curves

NETWORKS = ["standard", "adversarial"]
SIX = [*NETWORKS, "noise", "standard_matched", "adversarial_linf", "control"]
TWELVE = ["standard", "adversarial", "noise", "standard_matched", *(f"network_of_a_long_name_{n}" for n in range(8))]
EVERY_KIND = [*NETWORKS, "imported", "control"]
RECIPES = ["fair", "fair_noise", "original"]
SEVEN = [*RECIPES, "gatys", "nakano", "lucid", "tv_adam"]
PAIR = (("rocket", "flow_field"),)


def rows_of(per_seed, pairs=("a", "b")):
    """Every seed's value at x = 0, the pairs 0.1 above and below it; twice that at x = 1."""
    return pd.DataFrame(
        [
            {
                "x": x, "seed": seed, "network": "n", "content": pair, "style": "s",
                "y": (x + 1) * (value + 0.1 * (-1) ** place),
            }
            for x in (0, 1)
            for seed, value in enumerate(per_seed)
            for place, pair in enumerate(pairs)
        ]
    )  # fmt: skip


def made_table(folder, **settings):
    made = make_results(folder, **settings)
    made.collect(folder / "scores.tsv")
    return made, folder / "scores.tsv"


def test_the_interval_is_the_textbook_one_over_seeds():
    values = [0.3, 0.5, 0.7, 0.4]
    curve = curve_of(rows_of(values), "x", "y")
    textbook = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert curve.mean == pytest.approx([np.mean(values), 2 * np.mean(values)])
    assert (curve.low[0], curve.high[0]) == pytest.approx(tuple(textbook))
    assert (curve.low[1], curve.high[1]) == pytest.approx((2 * textbook.low, 2 * textbook.high))


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_have_no_interval_however_many_pairs(seeds):
    curve = curve_of(rows_of([0.3, 0.5][:seeds], pairs=tuple("abcdefgh")), "x", "y")
    assert np.isnan(curve.low).all()
    assert len(curve.by_seed.columns) == seeds


def test_a_seed_of_many_pairs_has_the_weight_of_another():
    rows = rows_of([0.0, 1.0])
    more = pd.concat([rows, rows[rows["seed"] == 0], rows[rows["seed"] == 0]])
    assert curve_of(more, "x", "y").mean[0] == pytest.approx(0.5)


def test_what_was_not_measured_is_left_out():
    rows = rows_of([0.3, 0.5, 0.7])
    rows.loc[rows["x"] == 1, "y"] = np.nan
    assert curve_of(rows, "x", "y").x.tolist() == [0.0]
    assert len(curve_of(rows.assign(y=np.nan), "x", "y").x) == 0


@pytest.mark.parametrize(
    ("seeds", "words"), [(1, "no interval"), (2, "single seeds"), (3, "95 % t-interval over seeds")]
)
def test_the_note_says_what_is_drawn(seeds, words):
    note = curves_note(rows_of([0.3, 0.5, 0.7][:seeds]))
    assert words in note
    assert "2 image pairs" in note


def test_scores_over_epochs_are_the_means_of_the_table(tmp_path, draw):
    _, table = made_table(tmp_path, recipes=RECIPES, seeds=(0, 1, 2))
    drawing = draw(draw_score_vs_epoch, table=table, networks=NETWORKS, recipes=RECIPES)
    for expected in ("structure kept", "higher = more", "recipe original", "training epochs", "2 image pairs"):
        assert expected in drawing.words
    rows = pd.read_csv(table, sep="\t")
    rows = rows[(rows["recipe"] == "fair_noise") & (rows["network"] == "adversarial")]
    panel = drawing.panel("recipe fair noise", 1)
    means = rows.groupby("epoch")["style_colour_distance"].mean()
    line = next(line for line in panel.get_lines() if line.get_marker() == "s")
    assert line.get_xdata().tolist() == means.index.tolist()
    assert line.get_ydata() == pytest.approx(means.to_numpy())
    assert len(panel.collections) == len(NETWORKS), "a band for each network"


def test_the_recoloured_content_is_a_labelled_line_of_the_style_distances(tmp_path, draw):
    made = make_results(tmp_path)
    add_controls(tmp_path, made).collect(tmp_path / "scores.tsv")
    given = {"table": tmp_path / "scores.tsv", "networks": NETWORKS, "recipes": ["original", "fair"]}
    drawing = draw(draw_score_vs_epoch, **given)
    assert drawing.words.count("recoloured content") == 2, "in the legend and in the note, not on the lines"
    assert "histogram_matched" not in drawing.words
    for row, level in ((1, 0.3), (2, 0.9)):
        assert level in [line.get_ydata()[0] for line in drawing.panel("recipe fair", row).get_lines()]
    # Other figures of the table show networks only.
    draw(draw_trade_off, **given, ratios={})
    draw(draw_score_vs_robustness, **given, architectures={})


def untrained_markers(drawing):
    """The place of every marker that stands for an untrained network shared by several."""
    lines = [line for axes in drawing.figure.axes for line in axes.get_lines() if "untrained" in str(line.get_label())]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


@pytest.mark.parametrize("are_alike", [True, False])
def test_the_untrained_network_of_several_is_drawn_once(tmp_path, draw, are_alike):
    made = make_results(tmp_path, recipes=["fair"], epochs=(0, 4, 8))
    starts = [path for path in (*made.scores, *made.evaluations) if "epoch_000" in path.as_posix()]
    for path in starts:
        with edited(path) as content:
            network = content.get("network") or content["labels"]["network"]
            value = 0.5 if are_alike or network == "standard" else 0.6
            scores = ("content_ssim", "style_texture_distance", "style_colour_distance", "high_frequency_excess")
            keys = (*scores, "checkerboard_excess", "clean_accuracy", "robust_accuracy")
            content |= {key: value for key in keys if key in content}
    made.collect(tmp_path / "scores.tsv")
    given = {"table": tmp_path / "scores.tsv", "networks": NETWORKS, "recipes": ["fair"]}
    for drawing, place, panels in (
        (draw(draw_score_vs_epoch, **given), (0.0, 0.5), 5),
        (draw(draw_trade_off, **given, ratios={}), (0.5, 0.5), 2),
        (draw(draw_training_curves, evaluations=made.evaluations, networks=NETWORKS), (0.0, 0.5), 2),
    ):
        assert untrained_markers(drawing) == ([pytest.approx(place)] * panels if are_alike else [])
        assert drawing.texts.count("untrained") == int(are_alike), "in the legend"


def test_single_pairs_are_faint_lines_behind_the_means(tmp_path, draw):
    _, table = made_table(tmp_path, recipes=["fair"])
    drawing = draw(draw_score_vs_epoch, table=table, networks=NETWORKS, recipes=["fair"])
    lines = drawing.panel("recipe fair").get_lines()
    faint = [line for line in lines if line.get_alpha() is not None]
    assert len(faint) == 2 * len(NETWORKS), "a line for each pair of each network"
    means = [
        line for line in lines if line.get_marker() in ("o", "s") and line not in faint and len(line.get_xdata()) > 1
    ]
    assert max(line.get_zorder() for line in faint) < min(line.get_zorder() for line in means)
    assert "faint: single pairs" in drawing.words


def test_titles_have_one_size(tmp_path, draw):
    recipes = ["fair", "original_without_the_clamp_and_with_a_line_search", "fair_noise", "original"]
    _, table = made_table(tmp_path, recipes=recipes, pairs=PAIR, epochs=(0, 8))
    drawing = draw(draw_score_vs_epoch, table=table, networks=NETWORKS, recipes=recipes)
    titles = [axes.title if axes.title.get_text() else axes._left_title for axes in drawing.figure.axes]
    assert len({title.get_fontsize() for title in titles if title.get_text()}) == 1


def test_the_arrow_to_the_better_side_lies_on_no_data(tmp_path, draw):
    _, table = made_table(tmp_path, recipes=RECIPES, seeds=(0, 1, 2))
    drawing = draw(draw_trade_off, table=table, networks=NETWORKS, recipes=RECIPES, ratios={})
    for axes in drawing.figure.axes:
        words = next(text for text in axes.texts if text.get_text() == "better")
        box = words.get_window_extent()
        points = np.concatenate([axes.transData.transform(line.get_xydata()) for line in axes.get_lines()])
        assert not any(box.contains(*point) for point in points)


def test_scores_of_networks_with_fewer_seeds(tmp_path, draw):
    uneven = make_uneven_results(tmp_path, epochs=(0, 50, 100))
    uneven.collect(tmp_path / "scores.tsv")
    table = tmp_path / "scores.tsv"
    drawing = draw(draw_score_vs_epoch, table=table, networks=EVERY_KIND, recipes=["original", "fair"])
    assert "2 image pairs and up to 2 training seeds" in drawing.words


def test_curves_of_a_recipe_without_early_checkpoints(tmp_path, draw):
    """`original` has the last checkpoint only: a point over the epochs, and everything else as usual."""
    made = make_results_of_fewer_checkpoints(tmp_path)
    made.collect(tmp_path / "scores.tsv")
    given = {"networks": NETWORKS, "recipes": ["fair", "original"]}
    drawing = draw(draw_score_vs_epoch, table=tmp_path / "scores.tsv", **given)
    for recipe, epochs in (("fair", [0, 4, 8]), ("original", [8])):
        line = next(line for line in drawing.panel(f"recipe {recipe}").get_lines() if line.get_marker() == "s")
        assert line.get_xdata().tolist() == epochs
    ratios = {"ratio 30 to 300": ["original", "fair"]}
    assert "ratio 30 to 300" in draw(draw_trade_off, table=tmp_path / "scores.tsv", ratios=ratios, **given).texts
    architectures = dict.fromkeys(NETWORKS, "vgg19")
    robust = {**given, "table": tmp_path / "scores.tsv", "architectures": architectures}
    assert "recipe original" in draw(draw_score_vs_robustness, **robust).texts
    table = write_by_iteration(tmp_path / "by_iteration.tsv", made.traces)
    drawing = draw(draw_score_vs_iteration, table=table, traces=made.traces, **given)
    assert "recipe original" in drawing.texts


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_scores_and_loss_over_iterations(tmp_path, draw, seeds):
    made = make_results(tmp_path, recipes=RECIPES, seeds=seeds, epochs=(0, 8))
    table = write_by_iteration(tmp_path / "by_iteration.tsv", made.traces)
    given = {"table": table, "traces": made.traces, "networks": NETWORKS, "recipes": RECIPES}
    drawing = draw(draw_score_vs_iteration, **given)
    for expected in ("structure kept", "texture distance", "loss / first loss", "recipe fair noise", "last checkpoint"):
        assert expected in drawing.words, expected
    assert ("t-interval" in drawing.words) == (len(seeds) >= 3)
    trace = json.loads(next(t for t in made.traces if "/fair/standard/seed_0/epoch_008" in str(t)).read_text())
    line = next(line for line in drawing.panel("recipe fair", 3).get_lines() if line.get_marker() == "o")
    loss = np.array(trace["total_loss"])
    assert line.get_ydata() == pytest.approx(loss / loss[0])
    with pytest.raises(ResultError, match="found none"):
        draw(draw_score_vs_iteration, **(given | {"networks": ["x"]}))


def test_the_loss_without_scores_and_with_a_gap(tmp_path, draw):
    made = make_results(tmp_path, recipes=["fair"], epochs=(8,), pairs=PAIR)
    trace = json.loads(made.traces[0].read_text())
    trace["total_loss"][5:] = [float("inf")] * len(trace["total_loss"][5:])
    made.traces[0].write_text(json.dumps(trace))
    table = write_by_iteration(tmp_path / "by_iteration.tsv", [])
    drawing = draw(draw_score_vs_iteration, table=table, traces=made.traces, networks=NETWORKS, recipes=["fair"])
    assert len(drawing.figure.axes) == 1
    assert "loss / first loss" in drawing.words
    for name in ("by_iteration.tsv", "none.tsv"):
        table.write_text("recipe\tnetwork\n")
        given = {"table": tmp_path / name, "traces": made.traces, "networks": NETWORKS, "recipes": ["fair"]}
        with pytest.raises(ResultError, match="expected scores by iteration"):
            draw(draw_score_vs_iteration, **given)


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_content_against_style(tmp_path, draw, seeds):
    _, table = made_table(tmp_path, recipes=RECIPES, seeds=seeds)
    given = {"table": table, "networks": NETWORKS, "recipes": RECIPES}
    drawing = draw(draw_trade_off, **given, ratios={"ratio 30 to 300": ["fair_noise", "fair"]})
    for expected in (
        "structure kept",
        "texture distance",
        "recipe original",
        "ratio 30 to 300",
        "Lower right is better",
    ):
        assert expected in drawing.words, expected
    assert ("t-intervals" in drawing.words) == (len(seeds) >= 3)
    rows = pd.read_csv(table, sep="\t")
    rows = (
        rows[(rows["recipe"] == "original") & (rows["network"] == "standard")].groupby("epoch").mean(numeric_only=True)
    )
    line = drawing.panel("recipe original").get_lines()[0]
    assert line.get_xdata() == pytest.approx(rows["content_ssim"].to_numpy())
    assert line.get_ydata() == pytest.approx(rows["style_texture_distance"].to_numpy())
    with pytest.raises(ResultError, match="found none"):
        draw(draw_trade_off, **(given | {"networks": ["x"]}), ratios={})


@pytest.mark.nightly  # 25 s
def test_many_recipes_and_networks(tmp_path, draw):
    made, table = made_table(tmp_path, networks=SIX, recipes=SEVEN, pairs=PAIR, epochs=(0, 8))
    by_iteration = write_by_iteration(tmp_path / "by_iteration.tsv", made.traces)
    given = {"networks": SIX, "recipes": SEVEN}
    for drawing in (
        draw(draw_trade_off, table=table, ratios={}, **given),
        draw(draw_score_vs_epoch, table=table, **given),
        draw(draw_score_vs_iteration, table=by_iteration, traces=made.traces, **given),
    ):
        for expected in ("recipe tv adam", "adversarial linf", "control"):
            assert expected in drawing.words
        assert "…" not in drawing.words


def robustness(folder, networks, recipes=("fair",)):
    return {
        "table": folder / "scores.tsv",
        "networks": list(networks),
        "architectures": {network: "vgg19" if network != "noise" else "resnet18" for network in networks},
        "recipes": list(recipes),
    }


@pytest.mark.parametrize(
    ("count", "seeds", "recipes"), [(2, 1, 1), (3, 3, 2), pytest.param(12, 1, 6, marks=pytest.mark.nightly)]
)
def test_scores_against_robustness(tmp_path, draw, count, seeds, recipes):
    networks, recipes = TWELVE[:count], [f"recipe_{number}" for number in range(recipes)]
    made_table(tmp_path, networks=networks, recipes=recipes, seeds=tuple(range(seeds)), epochs=(0, 8), pairs=PAIR,
               size=(32, 32))  # fmt: skip
    words = draw(draw_score_vs_robustness, **robustness(tmp_path, networks, recipes)).words
    for expected in (*(network.replace("_", " ") for network in networks), "robust accuracy"):
        assert expected in words
    assert ("ρ +" in words or "ρ −" in words) == (count > 2)
    assert ("t-intervals over seeds" in words) == (seeds == 3)
    assert ("a hint" in words) == (count < 10)


def test_the_correlation_is_that_of_the_points(tmp_path, draw):
    made = make_results(tmp_path, networks=TWELVE[:4], recipes=["fair"], epochs=(8,), pairs=PAIR, size=(32, 32))
    distances = dict(zip(TWELVE[:4], (0.9, 0.7, 0.6, 0.8), strict=True))
    accuracies = dict(zip(TWELVE[:4], (0.1, 0.4, 0.3, 0.2), strict=True))
    for paths, key, values in (
        (made.scores, "style_texture_distance", distances),
        (made.evaluations, "robust_accuracy", accuracies),
    ):
        for path in paths:
            with edited(path) as content:
                content[key] = values[content.get("network") or content["labels"]["network"]]
    made.collect(tmp_path / "scores.tsv")
    # Ranks 1 4 3 2 against 4 2 1 3.
    assert "ρ −0.80" in draw(draw_score_vs_robustness, **robustness(tmp_path, TWELVE[:4])).words


def test_networks_without_training_or_accuracy_are_left_out(tmp_path, draw):
    made = make_uneven_results(tmp_path, recipes=("fair",), pairs=PAIR)
    for path in made.evaluations:
        with edited(path) as content:
            if content["network"] == "imported":
                content |= {"robust_accuracy": None, "clean_accuracy": None}
    made.collect(tmp_path / "scores.tsv")
    words = draw(draw_score_vs_robustness, **robustness(tmp_path, EVERY_KIND)).words
    assert "standard" in words
    assert "imported" not in words
    assert "control" not in words
    with pytest.raises(ResultError, match="found none"):
        draw(draw_score_vs_robustness, **robustness(tmp_path, ["control", "imported"]))


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_training_curves(tmp_path, draw, seeds):
    networks = [*NETWORKS, "noise"]
    made = make_results(tmp_path, seeds=seeds, recipes=(), networks=networks)
    drawing = draw(draw_training_curves, evaluations=made.evaluations, networks=networks)
    for expected in ("clean accuracy", "robust accuracy", "training epochs", *networks):
        assert expected in drawing.words
    read = [json.loads(path.read_text()) for path in made.evaluations]
    expected = [e["robust_accuracy"] for e in read if (e["network"], e["seed"]) == ("adversarial", 0)]
    drawn = [list(line.get_ydata()) for line in drawing.panel("robust accuracy (under PGD)").get_lines()]
    assert expected[1:] in drawn, "without the untrained network, which is drawn once for all"
    with pytest.raises(ResultError, match="found none"):
        draw(draw_training_curves, evaluations=made.evaluations, networks=["x"])


def test_training_curves_of_networks_without_a_history(tmp_path, draw):
    made = make_uneven_results(tmp_path, recipes=(), epochs=(0, 25, 50, 75, 100))
    drawing = draw(draw_training_curves, evaluations=made.evaluations, networks=EVERY_KIND)
    for network in EVERY_KIND:
        assert network in drawing.words
    # 75 and 76 stand too close for both to be labelled.
    assert drawing.figure.axes[0].get_xticks().tolist() == [0, 25, 50, 76, 100]


NO_INTERVAL = dict.fromkeys(("interval_low", "interval_high", "crossed_low", "crossed_high"), np.nan)


def test_claims_with_their_evidence(tmp_path, draw):
    few = NO_INTERVAL | {"seeds": 1, "verdict": "undecided (n = 1 seed)"}
    untested = NO_INTERVAL | {"estimate": np.nan, "seeds": 0, "verdict": "not tested"}
    rows = [
        claim_row(),
        claim_row(recipe="original", **few),
        claim_row("pooling", statement="Average pooling removes artefacts", **untested),
        claim_row("collapse", verdict="refuted", statement="The collapse follows the optimiser"),
    ]
    drawing = draw(draw_claims_forest, claims=write_claims(tmp_path / "claims.tsv", rows))
    for expected in (
        "captures the style faster", "−0.11  [−0.16, −0.06]", "supported, n = 3", "refuted, n = 3",
        "undecided, n = 1", "Not tested: Average pooling removes artefacts (fair)",
    ):  # fmt: skip
        assert " ".join(expected.split()) in drawing.words, expected
    assert drawing.words.count("captures the style faster") == 1, "one block for both recipes"
    interval = [list(line.get_xdata()) for line in drawing.figure.axes[0].get_lines()]
    # Below is the claimed side; in smallest effects of 0.05.
    assert [pytest.approx(3.2), pytest.approx(1.2)] in interval
    assert [pytest.approx(4.2), pytest.approx(0.2)] in interval
    assert drawing.words.index("supported, n = 3") < drawing.words.index("refuted, n = 3")


def test_long_verdicts_and_recipes_are_not_cut(tmp_path, draw):
    recipe = "original_no_clamp_line_search"
    rows = [
        claim_row(recipe=recipe, **NO_INTERVAL, verdict="undecided (no variation over seeds)"),
        claim_row("other", recipe=recipe, verdict="points against"),
        claim_row("third", recipe=recipe, **NO_INTERVAL, verdict="unclear (censored in 2 of 3 seeds)"),
    ]
    drawing = draw(draw_claims_forest, claims=write_claims(tmp_path / "claims.tsv", rows))
    for expected in (
        "undecided, n = 3 (a)",
        "(a) no variation over seeds.",
        "unclear, n = 3 (b)",
        "points against, n = 3",
    ):
        assert expected in drawing.words, expected
    assert drawing.texts.count(recipe.replace("_", " ")) == 3
    assert "…" not in drawing.words


def test_single_seeds_lie_on_the_claimed_side(tmp_path, draw):
    rows = [
        claim_row(per_seed="0:-0.05 1:-0.1 2:+0.05"),
        claim_row("other", claimed_side="above", per_seed="0:+0.1 1:-0.2"),
    ]
    drawing = draw(draw_claims_forest, claims=write_claims(tmp_path / "claims.tsv", rows))
    places = [list(line.get_xdata()) for line in drawing.figure.axes[0].get_lines()]
    assert [pytest.approx(1.0), pytest.approx(2.0), pytest.approx(-1.0)] in places
    assert [pytest.approx(2.0), pytest.approx(-4.0)] in places


def test_thirty_six_rows_fit_a_page(tmp_path, draw):
    rows = [claim_row(f"claim_{n}", recipe=recipe) for n in range(12) for recipe in SEVEN[:3]]
    drawing = draw(draw_claims_forest, claims=write_claims(tmp_path / "claims.tsv", rows))
    assert drawing.words.count("supported, n = 3") == 36


def test_no_claim_at_all_is_a_note(tmp_path, draw):
    drawing = draw(draw_claims_forest, claims=write_claims(tmp_path / "claims.tsv", []))
    assert "smallest effect" in drawing.words
