"""Intervals over training seeds, and what several claims at once do to them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

# Two seeds have one degree of freedom, and an interval wider than any effect.
FEWEST_SEEDS = 3
ALPHA = 0.05
# Differences of pictures that are equal but for rounding scatter less than this.
NO_SCATTER = 1e-9
MOST_SEEDS = 100


def t_interval(per_seed: Float[np.ndarray, " seeds"], level: float = 1 - ALPHA) -> tuple[float, float] | None:
    """The interval of the mean over seeds at the confidence `level` (Student 1908).

    None with fewer than three seeds or where they do not scatter: equal values say nothing about other seeds.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS or per_seed.std(ddof=1) <= NO_SCATTER:
        return None
    half = stats.t.ppf((1 + level) / 2, count - 1) * per_seed.std(ddof=1) / np.sqrt(count)
    return float(per_seed.mean() - half), float(per_seed.mean() + half)


def t_test_p(per_seed: Float[np.ndarray, " seeds"], threshold: float = 0.0) -> float | None:
    """Two-sided p of a mean equal to `threshold`; None where there is no interval."""
    if t_interval(per_seed) is None:
        return None
    return float(stats.ttest_1samp(per_seed, threshold).pvalue)


def crossed_interval(
    table: Float[np.ndarray, "seeds contents styles"], level: float = 1 - ALPHA
) -> tuple[float, float] | None:
    """The interval of the mean where seeds, contents and styles are each a sample of what there is.

    The variance is the sum of those of the three kinds of means (not less than the true one: interactions count more
    than once), its degrees of freedom after Satterthwaite 1946. None with fewer than three seeds, two contents or two
    styles. `benchmark.simulate_statistics` measures its coverage.
    """
    if len(table) < FEWEST_SEEDS or min(table.shape) < 2:
        return None
    means = [table.mean(tuple(axis for axis in range(3) if axis != kept)) for kept in range(3)]
    variances = np.array([values.var(ddof=1) / len(values) for values in means])
    variance = float(variances.sum())
    if variance <= NO_SCATTER**2:
        return None
    freedom = variance**2 / sum(part**2 / (len(values) - 1) for part, values in zip(variances, means, strict=True))
    half = float(stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(variance))
    return float(table.mean()) - half, float(table.mean()) + half


def holm_levels(p_values: Sequence[float]) -> list[float]:
    """The confidence level at which each hypothesis of a family is tested (Holm 1979).

    In the order of `p_values`. The smallest p is held against alpha / m, the next against alpha / (m - 1), and so on to
    the first that is not below its level; that level then holds for the rest. So an interval at the level given here
    excludes the threshold exactly where Holm's procedure rejects.
    """
    count = len(p_values)
    levels = [1 - ALPHA] * count
    stopped_at = None
    for rank, index in enumerate(np.argsort(p_values, kind="stable")):
        alpha = stopped_at or ALPHA / (count - rank)
        if stopped_at is None and p_values[index] >= alpha:
            stopped_at = alpha
        levels[index] = 1 - alpha
    return levels


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values: at most alpha exactly where the procedure rejects at alpha."""
    order = np.argsort(p_values, kind="stable")
    sorted_p = np.asarray(p_values, np.float64)[order]
    adjusted = np.minimum(1, np.maximum.accumulate(sorted_p * np.arange(len(order), 0, -1)))
    return _unsorted(adjusted, order)


def false_discovery_q(p_values: Sequence[float]) -> list[float]:
    """The q-values of Benjamini and Hochberg 1995."""
    return list(map(float, stats.false_discovery_control(p_values))) if len(p_values) else []


def seeds_needed(per_seed: Float[np.ndarray, " seeds"], threshold: float, level: float) -> int | None:
    """The number of seeds whose interval would exclude `threshold` if estimate and scatter stayed as they are.

    None where there is no scatter, too few seeds to know it, or more than 100 would be needed.
    """
    if t_interval(per_seed) is None:
        return None
    counts = np.arange(FEWEST_SEEDS, MOST_SEEDS + 1)
    halves = stats.t.ppf((1 + level) / 2, counts - 1) * per_seed.std(ddof=1) / np.sqrt(counts)
    enough = counts[halves < abs(per_seed.mean() - threshold)]
    return int(enough[0]) if len(enough) else None


def _unsorted(values: NDArray[np.float64], order: NDArray[np.intp]) -> list[float]:
    unsorted = np.empty_like(values)
    unsorted[order] = values
    return list(map(float, unsorted))
