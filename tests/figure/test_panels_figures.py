"""Figures of panels: scores over iterations, content against style, claims; with few and many of everything."""

import json

import numpy as np
import pytest

from drawn import assert_fits_a4, assert_same_twice, words_of
from made_results import claim_row, make_results, write_by_iteration, write_claims
from robust_style.errors import ResultError
from robust_style.figure.claims_forest import draw_claims_forest
from robust_style.figure.score_vs_epoch import draw_score_vs_epoch
from robust_style.figure.score_vs_iteration import draw_score_vs_iteration
from robust_style.figure.trade_off import draw_trade_off

NETWORKS = ["standard", "adversarial"]
SIX = [*NETWORKS, "noise", "standard_matched", "adversarial_linf", "control"]
RECIPES = ["fair", "fair_noise", "original"]
SEVEN = [*RECIPES, "gatys", "nakano", "lucid", "tv_adam"]
PAIR = (("rocket", "flow_field"),)


def made_table(folder, **settings):
    made = make_results(folder, **settings)
    made.collect(folder / "scores.tsv")
    return made, folder / "scores.tsv"


def drawn_to(folder):
    return {"figure": folder / "figure.png", "vector": folder / "figure.svg"}


@pytest.mark.parametrize("seeds", [(0,), (0, 1), (0, 1, 2)])
def test_scores_and_loss_over_iterations(tmp_path, seeds):
    made = make_results(tmp_path, recipes=RECIPES, seeds=seeds, epochs=(0, 8))
    table = write_by_iteration(tmp_path / "by_iteration.tsv", made.traces)
    given = {"table": table, "traces": made.traces, "networks": NETWORKS, "recipes": RECIPES, **drawn_to(tmp_path)}
    assert_same_twice(lambda: draw_score_vs_iteration(**given), given["figure"], given["vector"])
    assert_fits_a4(given["figure"])
    words = words_of(given["vector"])
    for expected in ("structure kept", "texture distance", "loss / first loss", "recipe fair noise", "last checkpoint"):
        assert expected in words, expected
    assert ("t-interval" in words) == (len(seeds) >= 3)
    with pytest.raises(ResultError, match="found none"):
        draw_score_vs_iteration(**(given | {"networks": ["x"]}))


def test_without_scores_by_iteration_the_loss_is_drawn(tmp_path):
    made = make_results(tmp_path, recipes=["fair"], epochs=(8,))
    table = write_by_iteration(tmp_path / "by_iteration.tsv", [])
    draw_score_vs_iteration(table=table, traces=made.traces, networks=NETWORKS, recipes=["fair"], **drawn_to(tmp_path))
    assert "loss / first loss" in words_of(tmp_path / "figure.svg")
    assert "structure" not in words_of(tmp_path / "figure.svg").replace("for structure none", "")


def test_a_loss_that_is_not_a_number_leaves_a_gap(tmp_path):
    made = make_results(tmp_path, recipes=["fair"], epochs=(8,), pairs=PAIR)
    trace = json.loads(made.traces[0].read_text())
    trace["total_loss"][5:] = [float("inf")] * len(trace["total_loss"][5:])
    made.traces[0].write_text(json.dumps(trace))
    table = write_by_iteration(tmp_path / "by_iteration.tsv", [])
    draw_score_vs_iteration(table=table, traces=made.traces, networks=NETWORKS, recipes=["fair"], **drawn_to(tmp_path))
    assert (tmp_path / "figure.png").exists()


def test_a_table_without_its_columns_is_named(tmp_path):
    made = make_results(tmp_path, recipes=["fair"], epochs=(8,), pairs=PAIR)
    (tmp_path / "by_iteration.tsv").write_text("recipe\tnetwork\n")
    for table in ("by_iteration.tsv", "none.tsv"):
        with pytest.raises(ResultError, match="expected scores by iteration"):
            draw_score_vs_iteration(
                table=tmp_path / table, traces=made.traces, networks=NETWORKS, recipes=["fair"], **drawn_to(tmp_path)
            )
    assert not (tmp_path / "figure.png").exists()


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)])
def test_content_against_style(tmp_path, seeds):
    _, table = made_table(tmp_path, recipes=RECIPES, seeds=seeds)
    given = {"table": table, "networks": NETWORKS, "recipes": RECIPES, **drawn_to(tmp_path)}
    ratios = {"ratio 30 to 300": ["fair_noise", "fair"]}
    assert_same_twice(lambda: draw_trade_off(**given, ratios=ratios), given["figure"], given["vector"])
    assert_fits_a4(given["figure"])
    words = words_of(given["vector"])
    for expected in (
        "structure kept",
        "texture distance",
        "recipe original",
        "ratio 30 to 300",
        "Lower right is better",
    ):
        assert expected in words, expected
    assert ("t-intervals" in words) == (len(seeds) >= 3)
    with pytest.raises(ResultError, match="found none"):
        draw_trade_off(**(given | {"networks": ["x"]}), ratios={})


def test_many_recipes_and_networks_stand_under_each_other_and_fit(tmp_path):
    made, table = made_table(tmp_path, networks=SIX, recipes=SEVEN, pairs=PAIR, epochs=(0, 8))
    by_iteration = write_by_iteration(tmp_path / "by_iteration.tsv", made.traces)
    given = {"networks": SIX, "recipes": SEVEN, **drawn_to(tmp_path)}
    for draw in (
        lambda: draw_trade_off(table=table, ratios={}, **given),
        lambda: draw_score_vs_epoch(table=table, **given),
        lambda: draw_score_vs_iteration(table=by_iteration, traces=made.traces, **given),
    ):
        draw()
        assert_fits_a4(given["figure"])
        words = words_of(given["vector"])
        for expected in ("recipe tv adam", "adversarial linf", "control"):
            assert expected in words
        assert "…" not in words


def forest(tmp_path, rows):
    claims = write_claims(tmp_path / "claims.tsv", rows)
    draw_claims_forest(claims=claims, **drawn_to(tmp_path))
    assert_fits_a4(tmp_path / "figure.png")
    return words_of(tmp_path / "figure.svg")


def test_claims_with_their_evidence(tmp_path):
    none = {
        "estimate": np.nan,
        "interval_low": np.nan,
        "interval_high": np.nan,
        "crossed_low": np.nan,
        "crossed_high": np.nan,
        "seeds": 0,
        "verdict": "not tested",
    }
    few = {
        "interval_low": np.nan,
        "interval_high": np.nan,
        "crossed_low": np.nan,
        "crossed_high": np.nan,
        "seeds": 1,
        "verdict": "undecided (n = 1 seed)",
    }
    words = forest(
        tmp_path,
        [
            claim_row(),
            claim_row(recipe="original", **few),
            claim_row("pooling", statement="Average pooling removes artefacts", **none),
            claim_row("collapse", verdict="refuted", statement="The collapse follows the optimiser"),
        ],
    )
    for expected in (
        "captures the style faster", "−0.11  [−0.16, −0.06]", "supported, n = 3", "refuted, n = 3",
        "undecided (n = 1 seed)", "Not tested: Average pooling removes artefacts (fair)",
    ):  # fmt: skip
        assert expected in words, expected
    assert words.count("captures the style faster") == 1, "one block for both recipes"


def test_thirty_six_rows_fit_a_page(tmp_path):
    words = forest(tmp_path, [claim_row(f"claim_{n}", recipe=recipe) for n in range(12) for recipe in SEVEN[:3]])
    assert words.count("supported, n = 3") == 36


def test_no_claim_at_all_is_a_note(tmp_path):
    assert "its own axis" in forest(tmp_path, [])


@pytest.mark.parametrize(
    "damage", [lambda text: text.replace("verdict", "vote"), lambda text: text.replace("supported", "proven")]
)
def test_another_table_than_of_claims_is_refused(tmp_path, damage):
    claims = write_claims(tmp_path / "claims.tsv", [claim_row()])
    claims.write_text(damage(claims.read_text()))
    with pytest.raises(ResultError, match="expected the table of claims"):
        draw_claims_forest(claims=claims, **drawn_to(tmp_path))
