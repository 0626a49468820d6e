"""Intervals, tests and verdicts. The unit of replication is the training seed."""

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

# A t-interval over two seeds has one degree of freedom and is wider than any effect.
FEWEST_SEEDS = 3
# Below six, the smallest two-sided p of a sign-flip test, 2 / 2^n, cannot pass 0.05.
FEWEST_SEEDS_FOR_P = 6
CONFIDENCE = 0.95
# With four networks the smallest two-sided p of a permutation test is 2 / 24.
FEWEST_NETWORKS = 5
# All orders of so many networks are tried (40,320); of more, a sample.
MOST_EXACT = 8
SAMPLED_ORDERS = 50_000
# Tolerance of sums of products that are equal but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Judgement:
    """An estimate, its interval over training seeds (None with too few), and the verdict.

    `crossed_low` and `crossed_high` are the interval over seeds, contents and styles, which covers other images, too.
    Fields are columns of the table of claims.
    """

    estimate: float | None
    interval_low: float | None
    interval_high: float | None
    crossed_low: float | None
    crossed_high: float | None
    effect_size: float | None
    p_value: float | None
    seeds: int
    pairs: int
    verdict: str
    reading: str


def judge(differences: "pd.Series[float]", right_sign: int, subject: str, largest: float = np.inf) -> Judgement:
    """Judge whether the mean difference has the sign `right_sign`, compared with the scatter of training seeds.

    `differences` are indexed by seed, content and style. The mean is over pairs within a seed, then over seeds. With
    fewer than three seeds the verdict is "undecided"; otherwise it is decided if a 95 % t-interval over the seeds'
    means excludes zero, which covers other trainings with these pairs. Also reported: the interval for other images,
    how many pairs agree, the exact sign-flip test over seeds (six or more), and the effect in standard deviations of a
    seed's mean. Intervals are clipped to `largest`, the largest possible magnitude of a difference.
    """
    if differences.empty:
        return Judgement(
            None, None, None, None, None, None, None, 0, 0, "not tested", "The table has no pictures that could tell."
        )
    per_seed = np.asarray(differences.groupby(level="seed").mean(), np.float64)
    estimate = float(per_seed.mean())
    pairs = len(differences.groupby(level=["content", "style"]).size())
    low, high = _within(largest, t_interval(per_seed))
    crossed_low, crossed_high = _within(largest, crossed_interval(_crossed(differences)))
    verdict = _verdict(low, high, right_sign, len(per_seed))
    agreeing = int((np.sign(differences) == right_sign).sum())
    reading = (
        f"{subject}: {estimate:+.3g} on average; {agreeing} of {len(differences)} "
        f"{'comparison has' if len(differences) == 1 else 'comparisons have'} the sign of the claim."
    )
    if crossed_low is not None and crossed_high is not None:
        reading += f" Other images too: {crossed_low:+.3g} to {crossed_high:+.3g}."
    return Judgement(
        estimate,
        low,
        high,
        crossed_low,
        crossed_high,
        hedges_g(per_seed),
        sign_flip_p(per_seed),
        len(per_seed),
        pairs,
        verdict,
        reading,
    )


def judge_correlations(
    correlations: "pd.Series[float]", right_sign: int, subject: str, networks: int, p_value: float | None
) -> Judgement:
    """Judge whether rank correlations over `networks` have the sign `right_sign`.

    Decided if the interval over seeds excludes zero, as for differences, and `p_value` of `permutation_p` is below
    0.05: the first covers these networks trained again, the second the relation between networks. Undecided below five
    networks.
    """
    judgement = judge(correlations, right_sign, subject, largest=1.0)
    if p_value is None:
        return judgement
    verdict = judgement.verdict
    if judgement.interval_low is not None and networks < FEWEST_NETWORKS:
        verdict = f"undecided (n = {networks} networks)"
    elif judgement.interval_low is not None and p_value >= 1 - CONFIDENCE:
        verdict = "undecided"
    return replace(
        judgement,
        effect_size=None,
        p_value=p_value,
        verdict=verdict,
        reading=f"{judgement.reading} Over {networks} networks; handed round among them, p = {p_value:.2g}.",
    )


def _within(largest: float, interval: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = interval
    return None if low is None else max(low, -largest), None if high is None else min(high, largest)


def t_interval(per_seed: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean over seeds, for these images; None with fewer than three.

    SOURCE: Student 1908. Chosen by `benchmark.simulate_statistics`.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS:
        return None, None
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * per_seed.std(ddof=1) / np.sqrt(count)
    return float(per_seed.mean() - reach), float(per_seed.mean() + reach)


def crossed_interval(
    table: Float[np.ndarray, "seeds contents styles"] | None,
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the mean if seeds, contents and styles are all samples.

    The variance is the sum of the variances of the three kinds of means (an upper bound: interactions count more than
    once), its degrees of freedom after Satterthwaite 1946. None with fewer than three seeds, two contents or two
    styles, or if a seed lacks a pair. Chosen by `benchmark.simulate_statistics`: a crossed percentile bootstrap (Owen
    2007) covers far less with so few of each.
    """
    if table is None or len(table) < FEWEST_SEEDS or min(table.shape) < 2:
        return None, None
    means = [table.mean(tuple(axis for axis in range(3) if axis != kept)) for kept in range(3)]
    variances = np.array([mean.var(ddof=1) / len(mean) for mean in means])
    centre, variance = float(table.mean()), float(variances.sum())
    if variance <= np.finfo(np.float64).tiny:
        return centre, centre
    freedom = variance**2 / sum(part**2 / (len(mean) - 1) for part, mean in zip(variances, means, strict=True))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance))
    return centre - reach, centre + reach


def _crossed(differences: "pd.Series[float]") -> Float[np.ndarray, "seeds contents styles"] | None:
    """Return the differences as a table of seeds by contents by styles; None if a cell is empty."""
    levels = [sorted(set(differences.index.get_level_values(name))) for name in ("seed", "content", "style")]
    shape = tuple(len(level) for level in levels)
    if len(differences) != np.prod(shape):
        return None
    return np.asarray(differences.sort_index(), np.float64).reshape(shape)


def sign_flip_p(per_seed: NDArray[np.float64]) -> float | None:
    """Return the two-sided p of the exact sign-flip test of a mean of zero; None with fewer than six seeds.

    SOURCE: Fisher 1935.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS_FOR_P:
        return None
    test = stats.permutation_test(
        (per_seed,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=False
    )
    return float(test.pvalue)


def hedges_g(per_seed: NDArray[np.float64]) -> float | None:
    """Return the mean in standard deviations over seeds, corrected for few seeds; None without scatter.

    SOURCE: Hedges 1981, equation 6 with its approximation of the correction.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS or per_seed.std(ddof=1) <= np.finfo(np.float64).eps:
        return None
    return float(per_seed.mean() / per_seed.std(ddof=1) * (1 - 3 / (4 * (count - 1) - 1)))


def permutation_p(x: Float[np.ndarray, "cells networks"], y: Float[NDArray[np.float64], "cells networks"]) -> float:
    """Return the two-sided p of no relation between networks, from standardised ranks; NaN ranks are ignored.

    Networks are permuted, not cells: the seeds and pairs of one network stay together, so that many pictures of few
    networks are not counted as independent. Exact up to eight networks. SOURCE: Pitman 1937.
    """
    products = np.nan_to_num(x).T @ np.nan_to_num(y) / len(x)
    count = len(products)
    if count <= MOST_EXACT:
        orders = np.array(list(itertools.permutations(range(count))))
    else:
        random = np.random.default_rng(0)
        orders = np.array([np.arange(count), *(random.permutation(count) for _ in range(SAMPLED_ORDERS))])
    sums = np.abs(products[orders, np.arange(count)].sum(axis=1))
    return float((sums >= abs(np.trace(products)) - _ROUNDING).mean())


def _verdict(low: float | None, high: float | None, right_sign: int, seeds: int) -> str:
    if low is None or high is None:
        return f"undecided (n = {seeds} seed{'' if seeds == 1 else 's'})"
    if low > 0 or high < 0:
        return "supported" if np.sign(low) == right_sign else "refuted"
    return "undecided"
