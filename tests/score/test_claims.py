"""Claims on tables whose truth is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from robust_style.score.claims import judge_claims
from robust_style.score.paired import late_fall, mean_over_epochs
from robust_style.score.table import COLUMNS, write_table
from robust_style.score.verdict import judge

EPOCHS = (0, 10, 20)


def table_of(values, *, seeds=(0, 1, 2), recipes=("fair",), regimes=("standard", "adversarial"), pairs=("a", "b")):
    """A score table; `values(measure row)` gives the measures of one picture."""
    rows = []
    for recipe, regime, seed, epoch, pair in itertools.product(recipes, regimes, seeds, EPOCHS, pairs):
        labels = {
            "recipe": recipe,
            "network": regime,
            "regime": regime,
            "seed": seed,
            "epoch": epoch,
            "content": pair,
            "style": "s",
        }
        rows.append(dict.fromkeys(COLUMNS, 1.0) | labels | values(labels))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged(tmp_path, rows, **settings):
    write_table(tmp_path / "scores.tsv", rows)
    recipes = {"noise_recipes": ["fair_noise"], "unguarded_recipes": ["seed"], "guarded_recipes": ["fair"], **settings}
    judge_claims(table=tmp_path / "scores.tsv", claims=tmp_path / "claims.tsv", **recipes)
    return pd.read_csv(tmp_path / "claims.tsv", sep="\t")


def the(rows, words):
    return rows[rows["claim"].str.contains(words)].iloc[0]


def adversarial_better(labels):
    """Adversarial is 0.1 closer to the style from epoch 10 on; seeds scatter by 0.01."""
    gain = 0.1 * (labels["regime"] == "adversarial") * (labels["epoch"] > 0) * (1 + labels["seed"] / 10)
    return {"style_colour_distance": 0.5 - gain}


def test_a_true_difference_is_supported_with_its_size(tmp_path):
    rows = judged(tmp_path, table_of(adversarial_better))
    better = the(rows, "style better")
    assert better["estimate"] == pytest.approx(-0.11)
    assert (better["seeds"], better["pairs"], better["verdict"]) == (3, 2, "supported")
    # 0 at epoch 0, then 0.11 at 10 and 20: the area over the span is 0.0825.
    assert the(rows, "style faster")["estimate"] == pytest.approx(-0.0825)


def test_interval_is_the_textbook_one_over_seeds(tmp_path):
    better = the(judged(tmp_path, table_of(adversarial_better)), "style better")
    textbook = stats.ttest_1samp([-0.10, -0.11, -0.12], 0).confidence_interval(0.95)
    assert (better["interval_low"], better["interval_high"]) == pytest.approx(tuple(textbook), rel=1e-4)


def test_the_opposite_is_contradicted(tmp_path):
    def worse(labels):
        return {"style_colour_distance": 1 - adversarial_better(labels)["style_colour_distance"]}

    assert the(judged(tmp_path, table_of(worse)), "style better")["verdict"] == "contradicted"


def test_scatter_is_undecided(tmp_path):
    def scatter(labels):
        return {"style_colour_distance": 0.5 + 0.1 * (labels["regime"] == "adversarial") * (labels["seed"] - 1)}

    better = the(judged(tmp_path, table_of(scatter)), "style better")
    assert better["verdict"] == "undecided"
    assert better["interval_low"] < 0 < better["interval_high"]


@pytest.mark.parametrize(("seeds", "words"), [((0,), "undecided (n = 1 seed)"), ((0, 1), "undecided (n = 2 seeds)")])
def test_few_seeds_decide_nothing_whatever_the_size(tmp_path, seeds, words):
    def huge(labels):
        return {"style_colour_distance": 0.9 - 0.8 * (labels["regime"] == "adversarial")}

    # Many pairs are no substitute for a second training.
    rows = table_of(huge, seeds=seeds, pairs=tuple("abcdefghij"))
    better = the(judged(tmp_path, rows), "style better")
    assert better["verdict"] == words
    assert np.isnan(better["interval_low"])


def test_absent_regime_recipe_or_epochs_are_not_tested(tmp_path):
    rows = judged(tmp_path, table_of(lambda labels: {}, regimes=("standard",)), noise_recipes=["from_noise"])
    assert set(rows["verdict"]) == {"not tested"}
    assert len(rows) == 6
    untrained = table_of(adversarial_better)
    rows = judged(tmp_path, untrained[untrained["epoch"] == 0])
    assert the(rows, "style faster")["verdict"] == "not tested"
    assert the(rows, "loses the content")["verdict"] == "not tested"


def test_falling_apart_is_seen_and_its_absence_too(tmp_path):
    def falls(labels):
        late = labels["epoch"] == 20 and labels["regime"] == "standard"
        return {"content_ssim": 0.4 - 0.3 * late, "style_colour_distance": 0.2 + 0.01 * labels["seed"]}

    rows = judged(tmp_path, table_of(falls))
    assert the(rows, "loses the content")["verdict"] == "supported"
    assert the(rows, "loses the content")["estimate"] == pytest.approx(0.3)
    assert the(rows, "loses the style")["verdict"] == "undecided"


def test_collapse_follows_the_optimiser(tmp_path):
    def rises(labels):
        return {"worst_rise": 2.0 ** (5 + labels["seed"]) if labels["recipe"] == "seed" else 1.0}

    rows = judged(tmp_path, table_of(rises, recipes=("seed", "fair")))
    collapse = the(rows, "follows the optimiser")
    assert collapse["estimate"] == pytest.approx(6.0)
    assert collapse["verdict"] == "supported"


def test_late_fall_leaves_the_untrained_network_out():
    rows = table_of(lambda labels: {"content_ssim": {0: 0.9, 10: 0.5, 20: 0.4}[labels["epoch"]]}, seeds=(0,))
    assert late_fall(rows, "content_ssim", better=1).tolist() == pytest.approx([0.1] * 4)


def test_mean_over_uneven_epochs_weighs_them_by_time():
    rows = table_of(lambda labels: {"content_ssim": float(labels["epoch"] > 0)}, seeds=(0,))
    rows["epoch"] = rows["epoch"].replace({10: 4})
    # 0 to 1 over 4 epochs, then 1 for 16: (2 + 16) / 20.
    assert mean_over_epochs(rows, "content_ssim").tolist() == pytest.approx([0.9] * 4)


def test_an_imported_network_takes_no_trained_one_s_place(tmp_path):
    """It comes first by name and is far better, but has one checkpoint, one seed, and no counterpart."""
    rows = table_of(adversarial_better)
    imported = rows[(rows["regime"] == "adversarial") & (rows["epoch"] == 20) & (rows["seed"] == 0)].assign(
        network="a_stranger", style_colour_distance=0.0
    )
    for epoch in (20, 101):
        with_it = judged(tmp_path, pd.concat([imported.assign(epoch=epoch), rows]))
        pd.testing.assert_frame_equal(with_it, judged(tmp_path, rows))


def test_imported_networks_alone_decide_nothing(tmp_path):
    rows = table_of(adversarial_better, seeds=(0,))
    rows = rows[(rows["regime"] == "standard") | (rows["epoch"] == 20)]
    assert the(judged(tmp_path, rows), "style better")["verdict"] == "undecided (n = 1 seed)"
    assert the(judged(tmp_path, rows), "style faster")["verdict"] == "not tested"
    rows.loc[rows["regime"] == "adversarial", "epoch"] = 76
    assert the(judged(tmp_path, rows), "style better")["verdict"] == "not tested"


def test_reading_counts_the_comparisons():
    index = pd.MultiIndex.from_product([[0], ["a", "b", "c"], ["s"]], names=["seed", "content", "style"])
    judgement = judge(pd.Series([-1.0, -2.0, 3.0], index=index), -1, "x minus y")
    assert judgement.reading == "x minus y: +0 on average; 2 of 3 comparisons have the sign of the claim."
