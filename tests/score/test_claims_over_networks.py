"""Claims over many networks, grids of ratios, and two networks with two recipes, on tables whose truth is known."""

import itertools

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from robust_style.errors import ConfigError
from robust_style.files.tsv import write_table
from robust_style.score.claim import read_claim_blocks
from robust_style.score.claims_table import Exhibit, read_claims
from robust_style.score.columns import ITERATION_COLUMNS as BY_ITERATION
from robust_style.score.columns import SCORE_COLUMNS as COLUMNS
from robust_style.score.judge_claims import judge_claims
from robust_style.score.verdict import judge, judge_correlations, permutation_p

SEVEN = {f"net_{number}": number / 10 for number in range(7)}  # and how robust each is
GRID = ("fair_3", "fair_30", "fair")


def block(**change):
    """A claim that more robust networks come closer to the style."""
    return {
        "statement": "s",
        "source": "t",
        "compare": {"across": "robust_accuracy"},
        "measure": "style_texture_distance",
        "summary": "last",
        "supported_by": "less",
    } | change


def table_of(values, *, networks=SEVEN, seeds=(0, 1, 2), recipes=("fair",), pairs=("a", "b"), epochs=(0, 10)):
    """A score table; `values(labels, random)` gives the measures of one picture that are not 1."""
    rows = []
    random = np.random.default_rng(5)
    for recipe, network, seed, epoch, pair in itertools.product(recipes, networks, seeds, epochs, pairs):
        labels = {"recipe": recipe, "network": network, "regime": "standard", "seed": seed, "epoch": epoch}
        labels |= {"content": pair, "style": "s"}
        measures = {"robust_accuracy": networks[network] * (epoch > 0)} | values(labels, random)
        rows.append(dict.fromkeys(COLUMNS, 1.0) | labels | measures)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def judged(tmp_path, claim, rows, *, ratios=None, epsilons=None, recipes=None, words=None):
    """The rows of the table of claims for the one claim."""
    write_table(tmp_path / "scores.tsv", rows)
    write_table(tmp_path / "moments.tsv", pd.DataFrame(columns=list(BY_ITERATION)))
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump({"mine": claim}), encoding="utf-8")
    judge_claims(
        table=tmp_path / "scores.tsv",
        by_iteration=tmp_path / "moments.tsv",
        blocks=[tmp_path / "claims.yaml"],
        networks={name: name for name in rows["network"].unique()} | (words or {}),
        recipes=recipes or {name: {} for name in rows["recipe"].unique()},
        epsilons=epsilons or {},
        ratios=ratios or {},
        claims=tmp_path / "judged.tsv",
    )
    return [row for _, row in read_claims(tmp_path / "judged.tsv").iterrows()]


def falling(scatter):
    """The more robust, the closer to the style, with normal scatter between networks, trainings and pairs."""

    def values(labels, random):
        return {"style_texture_distance": 0.8 - SEVEN[labels["network"]] / 2 + scatter * random.standard_normal()}

    return values


def test_a_planted_relation_is_supported_with_both_of_its_numbers(tmp_path):
    (row,) = judged(tmp_path, block(), table_of(falling(0.03)))
    assert row["contrast"] == "rank correlation with robust accuracy"
    assert (row["verdict"], row["seeds"], row["pairs"]) == ("supported", 3, 2)
    assert -1 <= row["interval_low"] < row["estimate"] < row["interval_high"] < -0.5
    assert row["p_value"] < 0.01
    assert "Over 7 networks" in row["reading"]
    best = Exhibit.parse(row["strongest_for"])
    assert (best.networks, best.epoch) == (("net_6", "net_0"), 10)


def test_the_correlation_is_spearman_s_averaged_over_seeds_and_pairs(tmp_path):
    rows = table_of(falling(0.2))
    (row,) = judged(tmp_path, block(), rows)
    cells = rows[rows["epoch"] == 10].groupby(["seed", "content"])
    expected = [stats.spearmanr(own["robust_accuracy"], own["style_texture_distance"]).statistic for _, own in cells]
    assert row["estimate"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_no_interval_of_a_correlation_leaves_its_range_in_numbers_or_words():
    pictures = pd.MultiIndex.from_product([[0, 1, 2], ["a", "b"], ["s", "t"]], names=["seed", "content", "style"])
    scattered = pd.Series([0.9, -0.8, -0.9, 0.2, -0.9, -0.7, 0.8, -1.0, 0.1, -0.9, -0.8, -0.6], index=pictures)
    free, kept = judge(scattered, -1, "r"), judge_correlations(scattered, -1, "r", 7, 0.2)
    assert free.crossed_low < -1 < kept.estimate
    assert kept.crossed_low == -1.0
    assert f"Other images too: -1 to {kept.crossed_high:+.3g}." in kept.reading


def test_the_opposite_relation_is_refuted(tmp_path):
    (row,) = judged(tmp_path, block(supported_by="more"), table_of(falling(0.03)))
    assert row["verdict"] == "refuted"


def test_networks_in_no_order_are_undecided_however_alike_their_seeds(tmp_path):
    # The same in every seed and pair: an interval over seeds alone would call it decided.
    order = dict(zip(SEVEN, (0.3, 0.5, 0.1, 0.6, 0.2, 0.7, 0.4), strict=True))

    def values(labels, random):
        return {"style_texture_distance": order[labels["network"]] + 0.001 * random.standard_normal()}

    (row,) = judged(tmp_path, block(supported_by="more"), table_of(values))
    assert row["interval_low"] > 0
    assert row["verdict"] == "undecided"
    assert row["p_value"] > 0.05


def test_few_networks_or_seeds_decide_nothing_whatever_the_order(tmp_path):
    four = dict(itertools.islice(SEVEN.items(), 4))
    (row,) = judged(tmp_path, block(), table_of(falling(0.0), networks=four))
    assert (row["estimate"], row["verdict"]) == (-1, "undecided (n = 4 networks)")
    assert row["p_value"] == pytest.approx(2 / 24, rel=1e-3)
    (row,) = judged(tmp_path, block(), table_of(falling(0.0), seeds=(0,)))
    assert row["verdict"] == "undecided (n = 1 seed)"
    (row,) = judged(tmp_path, block(), table_of(falling(0.0), networks=dict(itertools.islice(SEVEN.items(), 2))))
    assert row["verdict"] == "not tested"


def test_who_has_no_accuracy_or_fewer_trainings_is_left_out(tmp_path):
    rows = table_of(falling(0.0))
    painter = rows[rows["network"] == "net_3"].assign(network="painter", robust_accuracy=np.nan)
    imported = rows[(rows["network"] == "net_3") & (rows["seed"] == 0)].assign(network="imported")
    untrained = rows[(rows["network"] == "net_3") & (rows["epoch"] == 0)].assign(network="untrained")
    (row,) = judged(tmp_path, block(), pd.concat([rows, painter, imported, untrained]))
    assert "Over 7 networks" in row["reading"]


def test_networks_that_are_equally_robust_cannot_tell(tmp_path):
    (row,) = judged(tmp_path, block(), table_of(falling(0.0), networks=dict.fromkeys(SEVEN, 0.5)))
    assert row["verdict"] == "not tested"


def test_epsilon_is_the_configuration_s(tmp_path):
    backwards = {name: 1 - robust for name, robust in SEVEN.items()}
    (row,) = judged(tmp_path, block(compare={"across": "epsilon"}), table_of(falling(0.0)), epsilons=backwards)
    assert row["estimate"] == 1
    few = dict(itertools.islice(backwards.items(), 5))
    (row,) = judged(tmp_path, block(compare={"across": "epsilon"}), table_of(falling(0.0)), epsilons=few)
    assert "Over 5 networks" in row["reading"]


def test_permutations_are_all_of_them_and_of_many_networks_a_sample():
    ranks = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    x = (ranks - 3) / np.sqrt(2)
    assert permutation_p(x, x) == pytest.approx(2 / 120)
    # By hand, one of three pairs of neighbours changed round: of 6 orders, 4 are as far from zero as 1/2.
    three = np.array([[-1.0, 0.0, 1.0]]) * np.sqrt(1.5)
    assert permutation_p(three, three[:, [1, 0, 2]]) == pytest.approx(1.0)
    many = np.random.default_rng(0).standard_normal((1, 12))
    assert permutation_p(many, many) < 1e-3
    assert 0.05 < permutation_p(many, np.random.default_rng(3).standard_normal((1, 12))) < 1


def test_false_verdicts_over_networks_that_paint_alike_are_rare():
    """Null of everything: networks with scores of their own, seeds that scatter; p below 0.05 in no more than 5 %."""
    random = np.random.default_rng(11)
    ranks = np.arange(5.0)
    x = np.tile((ranks - 2) / np.sqrt(2), (3, 1))
    found = []
    for _ in range(600):
        own = random.standard_normal(5) + 0.3 * random.standard_normal((3, 5))
        y = stats.rankdata(own, axis=1)
        found.append(permutation_p(x, (y - 3) / np.sqrt(2)))
    assert np.mean(np.array(found) < 0.05) < 0.07


def test_one_network_by_two_words_is_not_compared_with_itself(tmp_path):
    (row,) = judged(tmp_path, block(compare={"networks": ["net_1", "net_1_too"]}), table_of(falling(0.0)),
                    words={"net_1_too": "net_1"})  # fmt: skip
    assert row["verdict"] == "not tested"


def curves(labels, random):
    """Network b keeps 0.2 more content at the same distance, and at equal content is 0.2 closer to the style."""
    at = GRID.index(labels["recipe"])
    content = (0.8, 0.6, 0.4)[at] + 0.2 * (labels["network"] == "b")
    jitter = 0.001 * labels["seed"] * (labels["network"] == "b")
    return {"content_ssim": content, "style_texture_distance": (0.6, 0.4, 0.2)[at] + jitter}


def test_at_equal_content_curves_are_compared_where_both_are(tmp_path):
    rows = table_of(curves, networks={"a": 0.0, "b": 0.0}, recipes=GRID)
    compare = {"networks": ["b", "a"], "over_ratios": "equal_content"}
    (row,) = judged(tmp_path, block(compare=compare), rows, ratios={"grid": GRID})
    # From 0.6 to 0.8 content: a has 0.4 to 0.6, b has 0.2 to 0.4.
    assert row["estimate"] == pytest.approx(-0.2 + 0.001, abs=1e-4)
    assert row["verdict"] == "supported"
    assert row["recipe"] == "equal content, fair_3 to fair"

    def apart(labels, random):
        return curves(labels, random) | {"content_ssim": GRID.index(labels["recipe"]) / 10 + (labels["network"] == "b")}

    rows = table_of(apart, networks={"a": 0.0, "b": 0.0}, recipes=GRID)
    (row,) = judged(tmp_path, block(compare=compare), rows, ratios={"grid": GRID})
    assert row["verdict"] == "not tested"


def test_each_network_stands_at_its_own_best_ratio(tmp_path):
    def values(labels, random):
        at = GRID.index(labels["recipe"])
        content, style = [(0.9, 0.9), (0.6, 0.7), (0.2, 0.6)][at]
        if labels["network"] == "b":
            content, style = [(1.0, 0.9), (0.9, 0.8), (0.7, 0.3)][at]
        return {"content_ssim": content - 0.01 * labels["seed"] * (labels["network"] == "b"),
                "style_texture_distance": style}  # fmt: skip

    rows = table_of(values, networks={"a": 0.0, "b": 0.0}, recipes=GRID)
    compare = {"networks": ["b", "a"], "over_ratios": "own_best"}
    (row,) = judged(tmp_path, block(compare=compare), rows, ratios={"grid": GRID})
    # a at hypot(0.4, 0.7) with fair_30, b at hypot(0.3, 0.3) with fair.
    assert row["estimate"] == pytest.approx(0.3 - 0.7)
    best = Exhibit.parse(row["strongest_for"])
    assert (best.networks, best.recipes) == (("b", "a"), ("fair", "fair_30"))
    (row,) = judged(tmp_path, block(compare=compare, measure="distance_to_ideal"), rows, ratios={"grid": GRID})
    expected = np.mean([np.hypot(0.3 + 0.01 * seed, 0.3) for seed in range(3)]) - np.hypot(0.4, 0.7)
    assert row["estimate"] == pytest.approx(expected, rel=1e-4)
    assert judged(tmp_path, block(compare=compare), rows)[0]["verdict"] == "not tested", "no grid"


def test_a_grid_of_other_recipes_than_the_claim_s_is_not_asked(tmp_path):
    rows = table_of(curves, networks={"a": 0.0, "b": 0.0}, recipes=GRID)
    claim = block(compare={"networks": ["b", "a"], "over_ratios": "own_best"}, recipes={"initialisation": "noise"})
    settings = {name: {"initialisation": "content"} for name in GRID}
    assert judged(tmp_path, claim, rows, ratios={"grid": GRID}, recipes=settings)[0]["verdict"] == "not tested"


def test_two_networks_and_two_recipes_are_a_difference_of_differences(tmp_path):
    def values(labels, random):
        gap = {"pixel": 0.3, "fourier": 0.1}[labels["recipe"]] * (labels["network"] == "robust")
        return {"style_texture_distance": 0.8 - gap + 0.01 * labels["seed"] * (labels["recipe"] == "pixel")}

    rows = table_of(values, networks={"robust": 0.5, "plain": 0.0}, recipes=("pixel", "fourier"))
    compare = {"networks": ["robust", "plain"], "recipes": [{"kind": "pixel"}, {"kind": "fourier"}]}
    settings = {name: {"kind": name} for name in ("pixel", "fourier")}
    (row,) = judged(tmp_path, block(compare=compare), rows, recipes=settings)
    assert row["estimate"] == pytest.approx(-0.2)
    assert row["contrast"] == "(robust - plain), pixel - fourier"
    best = Exhibit.parse(row["strongest_for"])
    assert (best.networks, best.recipes) == (("robust", "plain"), ("pixel", "fourier"))


@pytest.mark.parametrize(
    ("compare", "message"),
    [
        ({"across": "robust_accuracy", "networks": ["a", "b"]}, "expected across alone"),
        ({"across": "beauty"}, "'beauty' is not one of"),
        ({"networks": ["a"], "over_ratios": "own_best", "constant": 1}, "expected two networks, no recipes"),
        ({"networks": ["a"], "constant": 1, "recipes": [{"x": 1}, {"x": 2}]}, "two networks beside two recipes"),
        ({"otherwise_equal": True}, "expected networks, recipes or across"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, compare, message):
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"mine": block(compare=compare)}))
    with pytest.raises(ConfigError, match="mine") as caught:
        read_claim_blocks([path])
    assert message in str(caught.value)
