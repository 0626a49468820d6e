"""From paired differences to a verdict: the unit of replication is the training seed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from robust_style.score.paired import Differences

# A t-interval over two seeds has one degree of freedom and is wider than any effect; three is the least that can tell.
FEWEST_SEEDS = 3
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Judgement:
    """An estimate, its interval over training seeds (None with too few), and what follows from it."""

    estimate: float | None
    interval_low: float | None
    interval_high: float | None
    seeds: int
    pairs: int
    verdict: str
    reading: str


def judge(differences: Differences, right_sign: int, subject: str) -> Judgement:
    """Whether the mean difference has the claim's sign, `right_sign`, beyond what training seeds scatter.

    The mean is over pairs within a seed, then over seeds. With fewer than three seeds the verdict is "undecided"
    whatever the size; with more, it is decided where a 95 % t-interval over seeds excludes zero.
    """
    if differences.empty:
        return Judgement(None, None, None, 0, 0, "not tested", "The table has no pictures that could tell.")
    per_seed = np.asarray(differences.groupby(level="seed").mean(), np.float64)
    estimate = float(per_seed.mean())
    pairs = len(differences.groupby(level=["content", "style"]).size())
    low, high = _interval(per_seed)
    verdict = _verdict(low, high, right_sign, len(per_seed))
    agreeing = int((np.sign(differences) == right_sign).sum())
    reading = (
        f"{subject}: {estimate:+.3g} on average; {agreeing} of {len(differences)} "
        f"{'comparison has' if len(differences) == 1 else 'comparisons have'} the sign of the claim."
    )
    return Judgement(estimate, low, high, len(per_seed), pairs, verdict, reading)


def _interval(per_seed: NDArray[np.float64]) -> tuple[float | None, float | None]:
    count = len(per_seed)
    if count < FEWEST_SEEDS:
        return None, None
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * per_seed.std(ddof=1) / np.sqrt(count)
    return float(per_seed.mean() - reach), float(per_seed.mean() + reach)


def _verdict(low: float | None, high: float | None, right_sign: int, seeds: int) -> str:
    if low is None or high is None:
        return f"undecided (n = {seeds} seed{'' if seeds == 1 else 's'})"
    if low > 0 or high < 0:
        return "supported" if np.sign(low) == right_sign else "contradicted"
    return "undecided"
