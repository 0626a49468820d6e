"""Intervals and tests against hand-computed values, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from robust_style.benchmark.simulate_statistics import simulate
from robust_style.score.verdict import (
    crossed_interval,
    hedges_g,
    judge,
    judge_correlations,
    permutation_p,
    sign_flip_p,
    t_interval,
)


def test_reading_counts_the_comparisons():
    index = pd.MultiIndex.from_product([[0], ["a", "b", "c"], ["s"]], names=["seed", "content", "style"])
    judgement = judge(pd.Series([-1.0, -2.0, 3.0], index=index), -1, "x minus y")
    assert judgement.reading == "x minus y: +0 on average; 2 of 3 comparisons have the sign of the claim."


def test_sign_flips_are_exact_and_effects_are_corrected_for_few_seeds():
    # By hand: of 64 ways to flip, as far out as the observed mean are all plus, all minus, and those with -0.5 flipped.
    assert sign_flip_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0, -0.5])) == pytest.approx(4 / 64)
    assert hedges_g(np.array([1.0, 2.0, 3.0])) == pytest.approx(2 * (1 - 3 / 7))
    assert hedges_g(np.array([1.0, 1.0, 1.0])) is None


def test_intervals_cover_and_a_bootstrap_does_not():
    simulated = simulate(4, (3, 3), studies=1500, resamples=100, random=np.random.default_rng(1))
    assert 0.93 <= simulated.coverage <= 0.97
    assert simulated.false_verdicts <= 0.065
    assert simulated.power > 0.5
    assert 0.93 <= simulated.crossed_coverage <= 0.985
    assert simulated.bootstrap_coverage < 0.92


def test_the_crossed_interval_equals_the_one_over_seeds_if_images_do_not_matter():
    per_seed = np.array([-0.10, -0.11, -0.12, -0.16])
    table = np.broadcast_to(per_seed[:, None, None], (4, 3, 2)).copy()
    assert crossed_interval(table) == pytest.approx(t_interval(per_seed))
    assert crossed_interval(np.full((3, 2, 2), 0.25)) == (0.25, 0.25)


def test_crossed_interval_by_hand():
    """Contents 0 and 2, nothing else differs: mean 1, variance 2 / 2, one degree of freedom."""
    table = np.broadcast_to(np.array([0.0, 2.0])[None, :, None], (3, 2, 2)).copy()
    assert crossed_interval(table) == pytest.approx((1 - stats.t.ppf(0.975, 1), 1 + stats.t.ppf(0.975, 1)))


@pytest.mark.parametrize("shape", [(2, 3, 3), (3, 1, 3), (3, 3, 1)])
def test_the_crossed_interval_needs_several_of_each(shape):
    assert crossed_interval(np.random.default_rng(0).normal(size=shape)) == (None, None)


def test_no_interval_of_a_correlation_exceeds_its_range():
    pictures = pd.MultiIndex.from_product([[0, 1, 2], ["a", "b"], ["s", "t"]], names=["seed", "content", "style"])
    scattered = pd.Series([0.9, -0.8, -0.9, 0.2, -0.9, -0.7, 0.8, -1.0, 0.1, -0.9, -0.8, -0.6], index=pictures)
    unclipped, clipped = judge(scattered, -1, "r"), judge_correlations(scattered, -1, "r", 7, 0.2)
    assert unclipped.crossed_low < -1 < clipped.estimate
    assert clipped.crossed_low == -1.0
    assert f"Other images too: -1 to {clipped.crossed_high:+.3g}." in clipped.reading


def test_permutations_are_exact_for_few_networks_and_sampled_for_many():
    ranks = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    x = (ranks - 3) / np.sqrt(2)
    assert permutation_p(x, x) == pytest.approx(2 / 120)
    # By hand, with one of three pairs of neighbours swapped: of 6 orders, 4 are as far from zero as 1/2.
    three = np.array([[-1.0, 0.0, 1.0]]) * np.sqrt(1.5)
    assert permutation_p(three, three[:, [1, 0, 2]]) == pytest.approx(1.0)
    many = np.random.default_rng(0).standard_normal((1, 12))
    assert permutation_p(many, many) < 1e-3
    assert 0.05 < permutation_p(many, np.random.default_rng(3).standard_normal((1, 12))) < 1


def test_p_is_rarely_below_5_percent_without_a_relation():
    random = np.random.default_rng(11)
    x = np.tile((np.arange(5.0) - 2) / np.sqrt(2), (3, 1))
    p_values = []
    for _ in range(600):
        scores = random.standard_normal(5) + 0.3 * random.standard_normal((3, 5))
        p_values.append(permutation_p(x, (stats.rankdata(scores, axis=1) - 3) / np.sqrt(2)))
    assert np.mean(np.array(p_values) < 0.05) < 0.07
