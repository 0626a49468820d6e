"""Claims judged on score tables with planted effects."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from robust_style.files.tsv import write_table
from robust_style.score.claims_table import Exhibit, read_claims
from robust_style.score.columns import ITERATION_COLUMNS, SCORE_COLUMNS
from robust_style.score.comparisons import late_fall, mean_over_time
from robust_style.score.judge_claims import judge_claims

CLAIMS = Path(__file__).resolve().parents[2] / "config" / "claims.yaml"
ROLES = {"standard": "standard", "adversarial": "adversarial", "untrained": "standard"}
FAIR = {"initialisation": "content", "optimiser": "lbfgs", "pooling": "average"}
RECIPES = {
    "fair": FAIR,
    "fair_noise": FAIR | {"initialisation": "noise"},
    "original": FAIR | {"optimiser": "lbfgs_unguarded"},
    "sharp": FAIR | {"pooling": "max"},
}
SEVEN = {f"net_{number}": number / 10 for number in range(7)}  # name and robust accuracy
FOUR = dict(itertools.islice(SEVEN.items(), 4))
PLAIN = {"a": 0.0, "b": 0.0}
GRID = ("fair_3", "fair_30", "fair")


def table_of(
    values, *, networks=("standard", "adversarial"), seeds=(0, 1, 2), recipes=("fair",), pairs=("a", "b"),
    epochs=(0, 10, 20),
):  # fmt: skip
    """A score table; `values(labels)` gives the measures of one picture that are not 1."""
    rows = []
    for recipe, network, seed, epoch, pair in itertools.product(recipes, networks, seeds, epochs, pairs):
        labels = {"recipe": recipe, "network": network, "regime": "standard", "seed": seed, "epoch": epoch}
        labels |= {"content": pair, "style": "s"}
        robust = {"robust_accuracy": networks[network] * (epoch > 0)} if isinstance(networks, dict) else {}
        rows.append(dict.fromkeys(SCORE_COLUMNS, 1.0) | labels | robust | values(labels))
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def judged(tmp_path, rows, *, claims=CLAIMS, networks=ROLES, recipes=RECIPES, moments=None, epsilons=None, ratios=None):
    write_table(tmp_path / "scores.tsv", rows)
    empty = pd.DataFrame(columns=list(ITERATION_COLUMNS))
    write_table(tmp_path / "moments.tsv", empty if moments is None else moments)
    present = set(rows["recipe"])
    judge_claims(
        table=tmp_path / "scores.tsv",
        by_iteration=tmp_path / "moments.tsv",
        blocks=[claims],
        networks=networks,
        recipes={name: settings for name, settings in recipes.items() if name in present},
        epsilons=epsilons or {},
        ratios=ratios or {},
        claims=tmp_path / "judged.tsv",
    )
    return read_claims(tmp_path / "judged.tsv")


def row_of(rows, slug):
    (row,) = (row for _, row in rows.iterrows() if row["claim"] == slug)
    return row


def judged_alone(tmp_path, rows, compare, *, recipes=None, words=None, **settings):
    """The row of a single claim with this comparison."""
    changes = {name: settings.pop(name) for name in ("measure", "supported_by", "of_recipes") if name in settings}
    block = {
        "statement": "s", "source": "t", "compare": compare, "summary": "last",
        "measure": changes.get("measure", "style_texture_distance"),
        "supported_by": changes.get("supported_by", "less"),
    } | ({"recipes": changes["of_recipes"]} if "of_recipes" in changes else {})  # fmt: skip
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"mine": block}), encoding="utf-8")
    return row_of(
        judged(
            tmp_path,
            rows,
            claims=tmp_path / "mine.yaml",
            networks={name: name for name in rows["network"].unique()} | (words or {}),
            recipes=recipes or {name: {} for name in rows["recipe"].unique()},
            **settings,
        ),
        "mine",
    )


def adversarial_better(labels):
    """Adversarial is 0.1 closer to the style from epoch 10 on; seeds scatter by 0.01."""
    gain = 0.1 * (labels["network"] == "adversarial") * (labels["epoch"] > 0) * (1 + labels["seed"] / 10)
    return {"style_texture_distance": 0.5 - gain}


def test_a_planted_effect_is_supported_with_its_size(tmp_path):
    rows = judged(tmp_path, table_of(adversarial_better))
    better = row_of(rows, "better_texture")
    assert better["estimate"] == pytest.approx(-0.11)
    assert (better["seeds"], better["pairs"], better["verdict"]) == (3, 2, "supported")
    textbook = stats.ttest_1samp([-0.10, -0.11, -0.12], 0).confidence_interval(0.95)
    assert (better["interval_low"], better["interval_high"]) == pytest.approx(tuple(textbook), rel=1e-4)
    # 0 at epoch 0, then 0.11 at 10 and 20: the area over the span is 0.0825.
    assert row_of(rows, "faster_over_epochs")["estimate"] == pytest.approx(-0.0825)
    # The untrained network is half way to the style, in every seed alike.
    assert row_of(rows, "untrained_paints_too")["estimate"] == pytest.approx(-0.5)


def test_the_opposite_is_refuted(tmp_path):
    def worse(labels):
        return {"style_texture_distance": 1 - adversarial_better(labels)["style_texture_distance"]}

    assert row_of(judged(tmp_path, table_of(worse)), "better_texture")["verdict"] == "refuted"


@pytest.mark.parametrize("seeds", [(0, 1, 2), tuple(range(6))])
def test_a_planted_null_is_undecided(tmp_path, seeds):
    def scatter(labels):
        return {"style_texture_distance": 0.5 + 0.1 * (labels["network"] == "adversarial") * (-1) ** labels["seed"]}

    better = row_of(judged(tmp_path, table_of(scatter, seeds=seeds)), "better_texture")
    assert better["verdict"] == "undecided"
    assert better["interval_low"] < 0 < better["interval_high"]
    assert np.isnan(better["p_value"]) == (len(seeds) < 6)


@pytest.mark.parametrize(("seeds", "words"), [((0,), "undecided (n = 1 seed)"), ((0, 1), "undecided (n = 2 seeds)")])
def test_few_seeds_decide_nothing_whatever_the_effect(tmp_path, seeds, words):
    def huge(labels):
        return {"style_texture_distance": 0.9 - 0.8 * (labels["network"] == "adversarial")}

    better = row_of(judged(tmp_path, table_of(huge, seeds=seeds, pairs=tuple("abcdefghij"))), "better_texture")
    assert better["verdict"] == words
    assert np.isnan(better["interval_low"])


def test_six_seeds_give_a_p_value_of_two_in_sixty_four(tmp_path):
    better = row_of(judged(tmp_path, table_of(adversarial_better, seeds=tuple(range(6)))), "better_texture")
    assert better["p_value"] == pytest.approx(2 / 64, rel=1e-4)
    assert better["effect_size"] < -3


def test_absent_networks_recipes_or_epochs_are_not_tested(tmp_path):
    rows = judged(tmp_path, table_of(lambda labels: {}, networks=("standard",)), networks={"standard": "standard"})
    assert set(rows["verdict"]) == {"not tested"}
    assert set(rows["claim"]) == set(yaml.safe_load(CLAIMS.read_text()))
    assert not rows["strongest_for"].any()
    rows = judged(tmp_path, table_of(adversarial_better, epochs=(0,)))
    for slug in ("faster_over_epochs", "falls_apart_content", "faster_over_iterations"):
        assert row_of(rows, slug)["verdict"] == "not tested"


def test_a_recipe_may_lack_checkpoints(tmp_path):
    """With the last checkpoint only, claims about `original` are judged or not tested, and others are as before."""
    rows = table_of(lambda labels: {"style_texture_distance": 0.5}, recipes=("fair", "original"))
    fewer = rows[(rows["recipe"] == "fair") | (rows["epoch"] == 20)]
    whole, part = (judged(tmp_path, table).set_index(["claim", "recipe"]) for table in (rows, fewer))
    of_fair = [key for key in whole.index if key[1] == "fair"]
    assert of_fair
    pd.testing.assert_frame_equal(part.loc[of_fair], whole.loc[of_fair])
    assert set(part.index) < set(whole.index)


def test_falling_apart_is_found_where_it_happens(tmp_path):
    def falls(labels):
        late = labels["epoch"] == 20 and labels["network"] == "standard"
        return {"content_ssim": 0.4 - 0.3 * late, "luma_correlation": -0.5 if late else 0.9}

    rows = judged(tmp_path, table_of(falls))
    assert row_of(rows, "falls_apart_content")["verdict"] == "supported"
    assert row_of(rows, "falls_apart_content")["estimate"] == pytest.approx(0.3)
    assert row_of(rows, "falls_apart_style")["verdict"] == "undecided"
    # One of the two trained checkpoints has its light and dark swapped.
    assert row_of(rows, "fails_more_often")["estimate"] == pytest.approx(0.5)


def test_speed_over_iterations_is_an_area(tmp_path):
    rows = table_of(adversarial_better)
    at_last = rows[rows["epoch"] == 20]
    moments = pd.concat(
        [at_last.assign(iteration=at, style_texture_distance=level) for at, level in ((0, 1.0), (50, 0.6))]
    )
    is_adversarial = moments["network"] == "adversarial"
    moments.loc[is_adversarial & (moments["iteration"] == 50), "style_texture_distance"] = 0.2
    faster = row_of(judged(tmp_path, rows, moments=moments[list(ITERATION_COLUMNS)]), "faster_over_iterations")
    # Means over the span: 0.8 and 0.6.
    assert faster["estimate"] == pytest.approx(-0.2)


def test_recipes_are_compared_in_both_networks(tmp_path):
    def values(labels):
        return {
            "worst_rise": 2.0 ** (5 + labels["seed"]) if labels["recipe"] == "original" else 1.0,
            "luma_correlation": 0.2 if labels["recipe"] == "fair_noise" else 0.9,
            "high_frequency_excess": 2.0 if labels["recipe"] == "sharp" else 1.0 + labels["seed"] / 100,
        }

    rows = judged(tmp_path, table_of(values, recipes=tuple(RECIPES)))
    collapse = row_of(rows, "collapse_is_the_optimiser_s")
    assert (collapse["estimate"], collapse["verdict"]) == (pytest.approx(6.0), "supported")
    assert collapse["recipe"] == "original and fair"
    assert row_of(rows, "content_start_is_safer")["estimate"] == pytest.approx(0.7)
    assert row_of(rows, "average_pooling_removes_artefacts")["recipe"] == "fair and sharp"
    assert row_of(rows, "average_pooling_removes_artefacts")["verdict"] == "supported"


def test_exhibits_are_the_pictures_with_the_strongest_evidence_for_and_against(tmp_path):
    def values(labels):
        gain = {"a": 0.1, "b": 0.3}[labels["content"]] * (labels["network"] == "adversarial") + labels["seed"] / 100
        return {"style_texture_distance": 0.5 - gain}

    better = row_of(judged(tmp_path, table_of(values)), "better_texture")
    strongest, weakest = (Exhibit.parse(better[kind]) for kind in ("strongest_for", "strongest_against"))
    assert (strongest.content, weakest.content, strongest.epoch) == ("b", "a", 20)
    assert (strongest.networks, strongest.recipes) == (("adversarial", "standard"), ("fair",))


def test_summaries_by_hand():
    """The untrained network does not count for a fall; uneven epochs are weighted by time: (2 + 16) / 20."""
    assert late_fall(pd.DataFrame({0: [0.9], 10: [0.5], 20: [0.4]}), better=1).tolist() == pytest.approx([0.1])
    assert mean_over_time(pd.DataFrame({0: [0.0], 4: [1.0], 20: [1.0]})).tolist() == pytest.approx([0.9])


def test_the_crossed_interval_needs_every_pair_in_every_seed(tmp_path):
    rows = table_of(adversarial_better)
    assert np.isnan(row_of(judged(tmp_path, rows), "better_texture")["crossed_low"]), "one style"
    more = pd.concat([rows, rows.assign(style="t")])
    better = row_of(judged(tmp_path, more), "better_texture")
    assert better["crossed_low"] == pytest.approx(better["interval_low"], rel=1e-4)
    assert "Other images too: -0.1" in better["reading"]
    lacking = more[(more["seed"] != 1) | (more["style"] != "t") | (more["content"] != more["content"].iloc[0])]
    assert np.isnan(row_of(judged(tmp_path, lacking), "better_texture")["crossed_low"])


ACROSS = {"across": "robust_accuracy"}


def falling(scatter):
    """The more robust, the closer to the style, with normal scatter between networks, trainings and pairs."""
    random = np.random.default_rng(5)

    def values(labels):
        return {"style_texture_distance": 0.8 - SEVEN[labels["network"]] / 2 + scatter * random.standard_normal()}

    return values


def test_a_planted_relation_is_supported(tmp_path):
    rows = table_of(falling(0.03), networks=SEVEN)
    row = judged_alone(tmp_path, rows, ACROSS)
    assert row["contrast"] == "rank correlation with robust accuracy"
    assert (row["verdict"], row["seeds"], row["pairs"]) == ("supported", 3, 2)
    assert -1 <= row["interval_low"] < row["estimate"] < row["interval_high"] < -0.5
    assert row["p_value"] < 0.01
    assert "Over 7 networks" in row["reading"]
    strongest = Exhibit.parse(row["strongest_for"])
    assert (strongest.networks, strongest.epoch) == (("net_6", "net_0"), 20)
    assert judged_alone(tmp_path, rows, ACROSS, supported_by="more")["verdict"] == "refuted"


def test_the_correlation_is_spearmans_averaged_over_seeds_and_pairs(tmp_path):
    rows = table_of(falling(0.2), networks=SEVEN)
    cells = rows[rows["epoch"] == 20].groupby(["seed", "content"])
    expected = [stats.spearmanr(cell["robust_accuracy"], cell["style_texture_distance"]).statistic for _, cell in cells]
    assert judged_alone(tmp_path, rows, ACROSS)["estimate"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_unrelated_networks_are_undecided_although_seeds_agree(tmp_path):
    # The same in every seed and pair: an interval over seeds alone would decide.
    order = dict(zip(SEVEN, (0.3, 0.5, 0.1, 0.6, 0.2, 0.7, 0.4), strict=True))
    random = np.random.default_rng(5)

    def values(labels):
        return {"style_texture_distance": order[labels["network"]] + 0.001 * random.standard_normal()}

    row = judged_alone(tmp_path, table_of(values, networks=SEVEN), ACROSS, supported_by="more")
    assert row["interval_low"] > 0
    assert row["verdict"] == "undecided"
    assert row["p_value"] > 0.05


def test_few_networks_or_seeds_decide_nothing_whatever_the_order(tmp_path):
    row = judged_alone(tmp_path, table_of(falling(0.0), networks=FOUR), ACROSS)
    assert (row["estimate"], row["verdict"]) == (-1, "undecided (n = 4 networks)")
    assert row["p_value"] == pytest.approx(2 / 24, rel=1e-3)
    row = judged_alone(tmp_path, table_of(falling(0.0), networks=SEVEN, seeds=(0,)), ACROSS)
    assert row["verdict"] == "undecided (n = 1 seed)"
    two = dict(itertools.islice(SEVEN.items(), 2))
    assert judged_alone(tmp_path, table_of(falling(0.0), networks=two), ACROSS)["verdict"] == "not tested"
    equal = table_of(falling(0.0), networks=dict.fromkeys(SEVEN, 0.5))
    assert judged_alone(tmp_path, equal, ACROSS)["verdict"] == "not tested"


def test_networks_without_accuracy_or_with_fewer_trainings_are_left_out(tmp_path):
    rows = table_of(falling(0.0), networks=SEVEN)
    net_3 = rows[rows["network"] == "net_3"]
    painter = net_3.assign(network="painter", robust_accuracy=np.nan)
    imported = net_3[net_3["seed"] == 0].assign(network="imported")
    untrained = net_3[net_3["epoch"] == 0].assign(network="untrained")
    row = judged_alone(tmp_path, pd.concat([rows, painter, imported, untrained]), ACROSS)
    assert "Over 7 networks" in row["reading"]


def test_epsilon_comes_from_the_configuration(tmp_path):
    rows = table_of(falling(0.0), networks=SEVEN)
    backwards = {name: 1 - robust for name, robust in SEVEN.items()}
    assert judged_alone(tmp_path, rows, {"across": "epsilon"}, epsilons=backwards)["estimate"] == 1
    few = dict(itertools.islice(backwards.items(), 5))
    assert "Over 5 networks" in judged_alone(tmp_path, rows, {"across": "epsilon"}, epsilons=few)["reading"]


def test_a_network_is_not_compared_with_itself(tmp_path):
    rows, compare = table_of(falling(0.0), networks=SEVEN), {"networks": ["net_1", "net_1_too"]}
    assert judged_alone(tmp_path, rows, compare, words={"net_1_too": "net_1"})["verdict"] == "not tested"


def curves(labels):
    """Network b keeps 0.2 more content at the same distance, and at equal content is 0.2 closer to the style."""
    at = GRID.index(labels["recipe"])
    content = (0.8, 0.6, 0.4)[at] + 0.2 * (labels["network"] == "b")
    jitter = 0.001 * labels["seed"] * (labels["network"] == "b")
    return {"content_ssim": content, "style_texture_distance": (0.6, 0.4, 0.2)[at] + jitter}


def test_at_equal_content_curves_are_compared_where_they_overlap(tmp_path):
    compare = {"networks": ["b", "a"], "over_ratios": "equal_content"}
    rows = table_of(curves, networks=PLAIN, recipes=GRID)
    row = judged_alone(tmp_path, rows, compare, ratios={"grid": GRID})
    # From 0.6 to 0.8 content: a has 0.4 to 0.6, b has 0.2 to 0.4.
    assert row["estimate"] == pytest.approx(-0.2 + 0.001, abs=1e-4)
    assert (row["verdict"], row["recipe"]) == ("supported", "equal content, fair_3 to fair")

    def apart(labels):
        return curves(labels) | {"content_ssim": GRID.index(labels["recipe"]) / 10 + (labels["network"] == "b")}

    rows = table_of(apart, networks=PLAIN, recipes=GRID)
    assert judged_alone(tmp_path, rows, compare, ratios={"grid": GRID})["verdict"] == "not tested"


def test_each_network_is_compared_at_its_best_ratio(tmp_path):
    def values(labels):
        at = GRID.index(labels["recipe"])
        content, style = [(0.9, 0.9), (0.6, 0.7), (0.2, 0.6)][at]
        if labels["network"] == "b":
            content, style = [(1.0, 0.9), (0.9, 0.8), (0.7, 0.3)][at]
        shift = 0.01 * labels["seed"] * (labels["network"] == "b")
        return {"content_ssim": content - shift, "style_texture_distance": style}

    rows = table_of(values, networks=PLAIN, recipes=GRID)
    compare = {"networks": ["b", "a"], "over_ratios": "own_best"}
    row = judged_alone(tmp_path, rows, compare, ratios={"grid": GRID})
    # a at hypot(0.4, 0.7) with fair_30, b at hypot(0.3, 0.3) with fair.
    assert row["estimate"] == pytest.approx(0.3 - 0.7)
    strongest = Exhibit.parse(row["strongest_for"])
    assert (strongest.networks, strongest.recipes) == (("b", "a"), ("fair", "fair_30"))
    row = judged_alone(tmp_path, rows, compare, ratios={"grid": GRID}, measure="distance_to_ideal")
    expected = np.mean([np.hypot(0.3 + 0.01 * seed, 0.3) for seed in range(3)]) - np.hypot(0.4, 0.7)
    assert row["estimate"] == pytest.approx(expected, rel=1e-4)
    assert judged_alone(tmp_path, rows, compare)["verdict"] == "not tested", "no grid"
    settings = {name: {"initialisation": "content"} for name in GRID}
    other = {"initialisation": "noise"}
    row = judged_alone(tmp_path, rows, compare, ratios={"grid": GRID}, recipes=settings, of_recipes=other)
    assert row["verdict"] == "not tested", "no grid of the claim's recipes"


def test_two_networks_and_two_recipes_give_a_difference_of_differences(tmp_path):
    def values(labels):
        gap = {"pixel": 0.3, "fourier": 0.1}[labels["recipe"]] * (labels["network"] == "robust")
        return {"style_texture_distance": 0.8 - gap + 0.01 * labels["seed"] * (labels["recipe"] == "pixel")}

    rows = table_of(values, networks={"robust": 0.5, "plain": 0.0}, recipes=("pixel", "fourier"))
    compare = {"networks": ["robust", "plain"], "recipes": [{"kind": "pixel"}, {"kind": "fourier"}]}
    settings = {name: {"kind": name} for name in ("pixel", "fourier")}
    row = judged_alone(tmp_path, rows, compare, recipes=settings)
    assert row["estimate"] == pytest.approx(-0.2)
    assert row["contrast"] == "(robust - plain), pixel - fourier"
    strongest = Exhibit.parse(row["strongest_for"])
    assert (strongest.networks, strongest.recipes) == (("robust", "plain"), ("pixel", "fourier"))
