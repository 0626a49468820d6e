"""Intervals and families of tests, against closed forms and other implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from robust_style.claims.statistics import (
    ALPHA,
    crossed_interval,
    holm_adjusted,
    holm_levels,
    seeds_needed,
    t_interval,
    t_test_p,
)

p_values = st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=6)


def test_the_interval_is_student_s():
    values = np.array([0.1, 0.3, 0.2, 0.4])
    low, high = t_interval(values)
    expected = stats.t.interval(0.95, 3, loc=values.mean(), scale=stats.sem(values))
    assert (low, high) == pytest.approx(expected)
    assert t_test_p(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue)


@pytest.mark.parametrize("values", [[0.1, 0.2], [0.1, 0.1, 0.1], [1e-17, 2e-17, 3e-17]])
def test_two_seeds_or_equal_ones_have_no_interval(values):
    assert t_interval(np.array(values)) is None


@given(p_values)
def test_an_interval_at_its_holm_level_rejects_where_the_adjusted_p_does(values):
    for p, level, adjusted in zip(values, holm_levels(values), holm_adjusted(values), strict=True):
        assert (p < 1 - level) == (adjusted < ALPHA) or np.isclose(p, 1 - level)


def test_holm_s_levels_by_hand():
    assert holm_levels([0.01, 0.04, 0.03, 0.005]) == pytest.approx(1 - 0.05 / np.array([3, 2, 2, 4]))
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_the_crossed_interval_is_wider_where_images_differ():
    table = np.random.default_rng(0).normal(0, 0.01, (6, 4, 4)) + np.linspace(-0.3, 0.3, 4)[None, :, None]
    seeds, images = t_interval(table.mean((1, 2))), crossed_interval(table)
    assert images[1] - images[0] > 5 * (seeds[1] - seeds[0])
    assert crossed_interval(table[:2]) is None


def test_the_seeds_that_would_decide():
    values = np.array([0.0, 0.1, 0.2])
    count = seeds_needed(values, 0.0, 0.95)
    half = [stats.t.ppf(0.975, n - 1) * 0.1 / np.sqrt(n) for n in (count - 1, count)]
    assert half[0] >= 0.1 > half[1]
    assert seeds_needed(np.array([-0.1, 0.0, 0.1]), 0.0, 0.95) is None
