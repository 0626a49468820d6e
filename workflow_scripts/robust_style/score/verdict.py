"""From paired differences to a verdict: the unit of replication is the training seed."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

from robust_style.score.paired import Values

# A t-interval over two seeds has one degree of freedom and is wider than any effect; three is the least that can tell.
FEWEST_SEEDS = 3
# Below six, the smallest two-sided p of a sign-flip test, 2 / 2^n, cannot pass 0.05.
FEWEST_SEEDS_FOR_P = 6
CONFIDENCE = 0.95
# Of four networks handed round in every order, the smallest two-sided p is 2 / 24.
FEWEST_NETWORKS = 5


@dataclass(frozen=True)
class Judgement:
    """An estimate, its interval over training seeds (None with too few), and what follows from it.

    `crossed_low` and `crossed_high` are the interval over seeds, contents and styles: of other images, too.
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


def judge(differences: Values, right_sign: int, subject: str, largest: float = np.inf) -> Judgement:
    """Whether the mean difference has the claim's sign, `right_sign`, beyond what training seeds scatter.

    The mean is over pairs within a seed, then over seeds. With fewer than three seeds the verdict is "undecided"
    whatever the size; with more, it is decided where a 95 % t-interval over the seeds' means excludes zero. That
    speaks of other trainings and these pairs. Beside it: the interval of other images, too; how many pairs agree; the
    exact sign-flip test over seeds, from six on; and the effect in standard deviations of a seed's mean. No interval
    reaches beyond `largest`, the largest magnitude that a difference can have.
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
    correlations: Values, right_sign: int, subject: str, networks: int, p_value: float | None
) -> Judgement:
    """Whether rank correlations over `networks` have the claim's sign, beyond what trainings and networks scatter.

    Decided where the interval over seeds excludes zero, as of differences, and `p_value`, of networks handed round in
    every order (`score.across.permutation_p`), is below 0.05, too: the first speaks of these networks trained again,
    the second of the relation between networks. Below five networks it is undecided, whatever the seeds say.
    """
    found = judge(correlations, right_sign, subject, largest=1.0)
    if p_value is None:
        return found
    verdict = found.verdict
    if found.interval_low is not None and networks < FEWEST_NETWORKS:
        verdict = f"undecided (n = {networks} networks)"
    elif found.interval_low is not None and p_value >= 1 - CONFIDENCE:
        verdict = "undecided"
    return replace(
        found,
        effect_size=None,
        p_value=p_value,
        verdict=verdict,
        reading=f"{found.reading} Over {networks} networks; handed round among them, p = {p_value:.2g}.",
    )


def _within(largest: float, interval: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = interval
    return None if low is None else max(low, -largest), None if high is None else min(high, largest)


def t_interval(per_seed: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The 95 % interval of the mean over seeds; None with fewer than three. Source: Student 1908.

    It speaks of the images that it has. Chosen by `benchmark.simulate_statistics`.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS:
        return None, None
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * per_seed.std(ddof=1) / np.sqrt(count)
    return float(per_seed.mean() - reach), float(per_seed.mean() + reach)


def crossed_interval(
    table: Float[np.ndarray, "seeds contents styles"] | None,
) -> tuple[float | None, float | None]:
    """The 95 % interval of the mean where seeds, contents and styles are all a sample of what there is.

    The variance is the sum of the variances of the three kinds of means (no less than the true one: interactions
    count more than once), its degrees of freedom after Satterthwaite 1946. None with fewer than three seeds, two
    contents or two styles, or where not every seed has every pair. Chosen by `benchmark.simulate_statistics`: a crossed
    percentile bootstrap (Owen 2007) covers far less with so few of each.
    """
    if table is None or len(table) < FEWEST_SEEDS or min(table.shape) < 2:
        return None, None
    means = [table.mean(tuple(axis for axis in range(3) if axis != kept)) for kept in range(3)]
    variances = np.array([one.var(ddof=1) / len(one) for one in means])
    centre, variance = float(table.mean()), float(variances.sum())
    if variance <= np.finfo(np.float64).tiny:
        return centre, centre
    freedom = variance**2 / sum(own**2 / (len(one) - 1) for own, one in zip(variances, means, strict=True))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance))
    return centre - reach, centre + reach


def _crossed(differences: Values) -> Float[np.ndarray, "seeds contents styles"] | None:
    """The differences as a table of seeds by contents by styles; None where a cell is empty."""
    levels = [sorted(set(differences.index.get_level_values(name))) for name in ("seed", "content", "style")]
    shape = tuple(len(level) for level in levels)
    if len(differences) != np.prod(shape):
        return None
    return np.asarray(differences.sort_index(), np.float64).reshape(shape)


def sign_flip_p(per_seed: NDArray[np.float64]) -> float | None:
    """Two-sided p of the exact sign-flip test (Fisher 1935) of a mean of zero; None with fewer than six seeds."""
    count = len(per_seed)
    if count < FEWEST_SEEDS_FOR_P:
        return None
    found = stats.permutation_test(
        (per_seed,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=False
    )
    return float(found.pvalue)


def hedges_g(per_seed: NDArray[np.float64]) -> float | None:
    """The mean in standard deviations over seeds, corrected for few of them; None where there is no scatter.

    Source: Hedges 1981, equation 6 with its approximation of the correction.
    """
    count = len(per_seed)
    if count < FEWEST_SEEDS or per_seed.std(ddof=1) <= np.finfo(np.float64).eps:
        return None
    return float(per_seed.mean() / per_seed.std(ddof=1) * (1 - 3 / (4 * (count - 1) - 1)))


def _verdict(low: float | None, high: float | None, right_sign: int, seeds: int) -> str:
    if low is None or high is None:
        return f"undecided (n = {seeds} seed{'' if seeds == 1 else 's'})"
    if low > 0 or high < 0:
        return "supported" if np.sign(low) == right_sign else "refuted"
    return "undecided"
