"""Claims on tables whose truth is known."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from robust_style.benchmark.simulate_statistics import simulate
from robust_style.errors import ConfigError
from robust_style.files.tsv import write_table
from robust_style.score.claim import read_claim_blocks
from robust_style.score.claims_table import Exhibit, read_claims
from robust_style.score.columns import ITERATION_COLUMNS as BY_ITERATION
from robust_style.score.columns import SCORE_COLUMNS as COLUMNS
from robust_style.score.comparisons import late_fall, mean_over_time
from robust_style.score.judge_claims import judge_claims
from robust_style.score.verdict import crossed_interval, hedges_g, judge, sign_flip_p, t_interval

CONFIG = Path(__file__).resolve().parents[2] / "config"
EPOCHS = (0, 10, 20)
ROLES = {"standard": "standard", "adversarial": "adversarial", "untrained": "standard"}
FAIR = {"initialisation": "content", "optimiser": "lbfgs", "pooling": "average"}
RECIPES = {
    "fair": FAIR,
    "fair_noise": FAIR | {"initialisation": "noise"},
    "original": FAIR | {"optimiser": "lbfgs_unguarded"},
    "sharp": FAIR | {"pooling": "max"},
}


def table_of(values, *, seeds=(0, 1, 2), recipes=("fair",), networks=("standard", "adversarial"), pairs=("a", "b")):
    """A score table; `values(labels)` gives the measures of one picture that are not 1."""
    rows = []
    for recipe, network, seed, epoch, pair in itertools.product(recipes, networks, seeds, EPOCHS, pairs):
        labels = {
            "recipe": recipe,
            "network": network,
            "regime": network,
            "seed": seed,
            "epoch": epoch,
            "content": pair,
            "style": "s",
        }
        rows.append(dict.fromkeys(COLUMNS, 1.0) | labels | values(labels))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged(tmp_path, rows, *, networks=ROLES, moments=None):
    write_table(tmp_path / "scores.tsv", rows)
    write_table(tmp_path / "moments.tsv", pd.DataFrame(columns=list(BY_ITERATION)) if moments is None else moments)
    present = set(rows["recipe"])
    judge_claims(
        table=tmp_path / "scores.tsv",
        by_iteration=tmp_path / "moments.tsv",
        blocks=[CONFIG / "claims.yaml"],
        networks=networks,
        recipes={name: settings for name, settings in RECIPES.items() if name in present},
        epsilons={},
        ratios={},
        claims=tmp_path / "claims.tsv",
    )
    return read_claims(tmp_path / "claims.tsv")


def the(rows, slug):
    (found,) = (row for _, row in rows.iterrows() if row["claim"] == slug)
    return found


def adversarial_better(labels):
    """Adversarial is 0.1 closer to the style from epoch 10 on; seeds scatter by 0.01."""
    gain = 0.1 * (labels["network"] == "adversarial") * (labels["epoch"] > 0) * (1 + labels["seed"] / 10)
    return {"style_texture_distance": 0.5 - gain}


def test_a_planted_effect_is_supported_with_its_size(tmp_path):
    rows = judged(tmp_path, table_of(adversarial_better))
    better = the(rows, "better_texture")
    assert better["estimate"] == pytest.approx(-0.11)
    assert (better["seeds"], better["pairs"], better["verdict"]) == (3, 2, "supported")
    # 0 at epoch 0, then 0.11 at 10 and 20: the area over the span is 0.0825.
    assert the(rows, "faster_over_epochs")["estimate"] == pytest.approx(-0.0825)
    # The untrained network is half way to the style, in every seed alike.
    assert the(rows, "untrained_paints_too")["estimate"] == pytest.approx(-0.5)


def test_interval_is_the_textbook_one_over_seeds(tmp_path):
    better = the(judged(tmp_path, table_of(adversarial_better)), "better_texture")
    textbook = stats.ttest_1samp([-0.10, -0.11, -0.12], 0).confidence_interval(0.95)
    assert (better["interval_low"], better["interval_high"]) == pytest.approx(tuple(textbook), rel=1e-4)


def test_the_opposite_is_refuted(tmp_path):
    def worse(labels):
        return {"style_texture_distance": 1 - adversarial_better(labels)["style_texture_distance"]}

    assert the(judged(tmp_path, table_of(worse)), "better_texture")["verdict"] == "refuted"


@pytest.mark.parametrize("seeds", [(0, 1, 2), tuple(range(6))])
def test_a_planted_null_is_undecided(tmp_path, seeds):
    def scatter(labels):
        return {"style_texture_distance": 0.5 + 0.1 * (labels["network"] == "adversarial") * (-1) ** labels["seed"]}

    better = the(judged(tmp_path, table_of(scatter, seeds=seeds)), "better_texture")
    assert better["verdict"] == "undecided"
    assert better["interval_low"] < 0 < better["interval_high"]
    assert np.isnan(better["p_value"]) == (len(seeds) < 6)


@pytest.mark.parametrize(("seeds", "words"), [((0,), "undecided (n = 1 seed)"), ((0, 1), "undecided (n = 2 seeds)")])
def test_few_seeds_decide_nothing_whatever_the_size(tmp_path, seeds, words):
    def huge(labels):
        return {"style_texture_distance": 0.9 - 0.8 * (labels["network"] == "adversarial")}

    # Many pairs are no substitute for a second training.
    better = the(judged(tmp_path, table_of(huge, seeds=seeds, pairs=tuple("abcdefghij"))), "better_texture")
    assert better["verdict"] == words
    assert np.isnan(better["interval_low"])


def test_six_seeds_give_a_p_value_of_two_in_sixty_four(tmp_path):
    better = the(judged(tmp_path, table_of(adversarial_better, seeds=tuple(range(6)))), "better_texture")
    assert better["p_value"] == pytest.approx(2 / 64, rel=1e-4)
    assert better["effect_size"] < -3


def test_absent_networks_recipes_or_epochs_are_not_tested(tmp_path):
    rows = judged(tmp_path, table_of(lambda labels: {}, networks=("standard",)), networks={"standard": "standard"})
    assert set(rows["verdict"]) == {"not tested"}
    assert set(rows["claim"]) == set(yaml.safe_load((CONFIG / "claims.yaml").read_text()))
    assert not rows["strongest_for"].any()
    untrained = table_of(adversarial_better)
    rows = judged(tmp_path, untrained[untrained["epoch"] == 0])
    assert the(rows, "faster_over_epochs")["verdict"] == "not tested"
    assert the(rows, "falls_apart_content")["verdict"] == "not tested"
    assert the(rows, "faster_over_iterations")["verdict"] == "not tested"


def test_falling_apart_is_seen_and_its_absence_too(tmp_path):
    def falls(labels):
        late = labels["epoch"] == 20 and labels["network"] == "standard"
        return {"content_ssim": 0.4 - 0.3 * late, "luma_correlation": -0.5 if late else 0.9}

    rows = judged(tmp_path, table_of(falls))
    assert the(rows, "falls_apart_content")["verdict"] == "supported"
    assert the(rows, "falls_apart_content")["estimate"] == pytest.approx(0.3)
    assert the(rows, "falls_apart_style")["verdict"] == "undecided"
    # One of the two trained checkpoints has its light and dark swapped.
    assert the(rows, "fails_more_often")["estimate"] == pytest.approx(0.5)


def test_speed_over_iterations_is_an_area(tmp_path):
    rows = table_of(adversarial_better)
    last = rows[rows["epoch"] == 20]
    moments = pd.concat(
        [last.assign(iteration=at, style_texture_distance=level) for at, level in ((0, 1.0), (50, 0.6))]
    )
    ended = moments["network"] == "adversarial"
    moments.loc[ended & (moments["iteration"] == 50), "style_texture_distance"] = 0.2
    found = the(judged(tmp_path, rows, moments=moments[list(BY_ITERATION)]), "faster_over_iterations")
    # Means over the span: 0.8 and 0.6.
    assert found["estimate"] == pytest.approx(-0.2)


def test_recipes_are_compared_in_both_networks(tmp_path):
    def values(labels):
        return {
            "worst_rise": 2.0 ** (5 + labels["seed"]) if labels["recipe"] == "original" else 1.0,
            "luma_correlation": 0.2 if labels["recipe"] == "fair_noise" else 0.9,
            "high_frequency_excess": 2.0 if labels["recipe"] == "sharp" else 1.0 + labels["seed"] / 100,
        }

    rows = judged(tmp_path, table_of(values, recipes=tuple(RECIPES)))
    collapse = the(rows, "collapse_is_the_optimiser_s")
    assert (collapse["estimate"], collapse["verdict"]) == (pytest.approx(6.0), "supported")
    assert collapse["recipe"] == "original and fair"
    assert the(rows, "content_start_is_safer")["estimate"] == pytest.approx(0.7)
    assert the(rows, "average_pooling_removes_artefacts")["recipe"] == "fair and sharp"
    assert the(rows, "average_pooling_removes_artefacts")["verdict"] == "supported"


def test_exhibits_are_the_pictures_that_show_it_best_and_worst(tmp_path):
    def values(labels):
        gain = {"a": 0.1, "b": 0.3}[labels["content"]] * (labels["network"] == "adversarial") + labels["seed"] / 100
        return {"style_texture_distance": 0.5 - gain}

    better = the(judged(tmp_path, table_of(values)), "better_texture")
    best, worst = (Exhibit.parse(better[kind]) for kind in ("strongest_for", "strongest_against"))
    assert (best.content, worst.content, best.epoch) == ("b", "a", 20)
    assert best.networks == ("adversarial", "standard")
    assert best.recipes == ("fair",)


def test_late_fall_leaves_the_untrained_network_out():
    assert late_fall(pd.DataFrame({0: [0.9], 10: [0.5], 20: [0.4]}), better=1).tolist() == pytest.approx([0.1])


def test_mean_over_uneven_epochs_weighs_them_by_time():
    # 0 to 1 over 4 epochs, then 1 for 16: (2 + 16) / 20.
    assert mean_over_time(pd.DataFrame({0: [0.0], 4: [1.0], 20: [1.0]})).tolist() == pytest.approx([0.9])


def test_reading_counts_the_comparisons():
    index = pd.MultiIndex.from_product([[0], ["a", "b", "c"], ["s"]], names=["seed", "content", "style"])
    judgement = judge(pd.Series([-1.0, -2.0, 3.0], index=index), -1, "x minus y")
    assert judgement.reading == "x minus y: +0 on average; 2 of 3 comparisons have the sign of the claim."


def test_sign_flips_count_every_way_and_effects_are_corrected_for_few_seeds():
    # By hand: of 64 ways to flip, as far out as the observed mean are all plus, all minus, and those with -0.5 flipped.
    assert sign_flip_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -0.5])) == pytest.approx(4 / 64)
    assert hedges_g(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 * (1 - 3 / 7))
    assert hedges_g(np.array([1.0, 1.0, 1.0])) is None


def test_intervals_cover_and_a_bootstrap_does_not():
    found = simulate(4, (3, 3), studies=1500, resamples=100, random=np.random.default_rng(1))
    assert 0.93 <= found.coverage <= 0.97
    assert found.false_verdicts <= 0.065
    assert found.power > 0.5
    assert 0.93 <= found.crossed_coverage <= 0.985
    assert found.bootstrap_coverage < 0.92, "no reason for an interval of our own"


def test_crossed_interval_is_that_over_seeds_where_images_do_not_matter():
    per_seed = np.array([-0.10, -0.11, -0.12, -0.16])
    table = np.broadcast_to(per_seed[:, None, None], (4, 3, 2)).copy()
    assert crossed_interval(table) == pytest.approx(t_interval(per_seed))
    assert crossed_interval(np.full((3, 2, 2), 0.25)) == (0.25, 0.25)


def test_crossed_interval_by_hand():
    """Contents 0 and 2, nothing else differs: mean 1, variance 2 / 2, one degree of freedom."""
    table = np.broadcast_to(np.array([0.0, 2.0])[None, :, None], (3, 2, 2)).copy()
    assert crossed_interval(table) == pytest.approx((1 - stats.t.ppf(0.975, 1), 1 + stats.t.ppf(0.975, 1)))


@pytest.mark.parametrize("shape", [(2, 3, 3), (3, 1, 3), (3, 3, 1)])
def test_crossed_interval_needs_some_of_each(shape):
    assert crossed_interval(np.random.default_rng(0).normal(size=shape)) == (None, None)


def test_crossed_interval_stands_beside_the_other_where_every_seed_has_every_pair(tmp_path):
    rows = table_of(adversarial_better)
    assert np.isnan(the(judged(tmp_path, rows), "better_texture")["crossed_low"]), "one style"
    more = pd.concat([rows, rows.assign(style="t")])
    better = the(judged(tmp_path, more), "better_texture")
    assert better["crossed_low"] == pytest.approx(better["interval_low"], rel=1e-4)
    assert "Other images too: -0.1" in better["reading"]
    lacking = more[(more["seed"] != 1) | (more["style"] != "t") | (more["content"] != more["content"].iloc[0])]
    assert np.isnan(the(judged(tmp_path, lacking), "better_texture")["crossed_low"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measure": "beauty"}, "measure: expected one of content_ssim"),
        ({"summary": "median"}, "'median' is not one of"),
        ({"compare": {"networks": ["adversarial"]}}, "expected two networks, or one and a constant"),
        ({"compare": {"networks": ["adversarial", "Very clever"]}}, "'Very clever' does not match"),
        ({"better": "more"}, "expected it with summary late_fall"),
        ({"because": "x"}, "'because' was unexpected"),
    ],
)
def test_a_faulty_block_is_named_with_what_was_expected(tmp_path, change, message):
    block = {
        "statement": "s",
        "source": "t",
        "compare": {"networks": ["adversarial", "standard"]},
        "measure": "content_ssim",
        "summary": "last",
        "supported_by": "more",
    }
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"mine": block | change}))
    with pytest.raises(ConfigError, match="mine") as caught:
        read_claim_blocks([path])
    assert message in str(caught.value)


def test_a_missing_file_of_claims_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"claims: expected a file at .*none\.yaml"):
        read_claim_blocks([tmp_path / "none.yaml"])


def test_a_later_file_adds_claims_and_replaces_one_of_the_same_name(tmp_path):
    block = {
        "statement": "The gentle network paints better than the fierce one",
        "source": "nobody",
        "compare": {"networks": ["gentle", "fierce"]},
        "measure": "content_ssim",
        "summary": "last",
        "supported_by": "more",
    }
    later = tmp_path / "later.yaml"
    later.write_text(yaml.safe_dump({"gentle_is_better": block, "better_texture": block}))
    first = [claim.slug for claim in read_claim_blocks([CONFIG / "claims.yaml"])]
    found = {claim.slug: claim for claim in read_claim_blocks([CONFIG / "claims.yaml", later])}
    assert list(found) == [*first, "gentle_is_better"]
    assert found["better_texture"].networks == ("gentle", "fierce")
