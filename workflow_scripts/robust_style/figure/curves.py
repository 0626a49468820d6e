"""A network's curve with what the training seeds say of it: an interval, or every seed where they are few."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy import stats

from robust_style.figure.palette import Look

# With two seeds a t-interval is wider than any effect: every seed is drawn instead, as thin lines.
FEWEST_SEEDS = 3
CONFIDENCE = 0.95
BAND_STRENGTH = 0.16


@dataclass(frozen=True)
class Curve:
    """Mean over training seeds at each x, the interval of it (NaN where seeds are few), and each seed's own mean."""

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    by_seed: pd.DataFrame


def curve_of(rows: pd.DataFrame, x: str, y: str) -> Curve:
    """The curve of `y` over `x`: mean over the pairs of a seed, then over seeds, with a 95 % t-interval over seeds.

    `rows` has the columns seed, content, style, `x` and `y`; rows without `y` are left out. Seeds are what is
    replicated: many pairs painted with one network are one observation of training.
    """
    known = rows.dropna(subset=[y])
    by_seed = known.groupby([x, "seed"])[y].mean().unstack("seed")  # noqa: PD010
    mean = by_seed.mean(axis=1).to_numpy(dtype=np.float64)
    seeds = by_seed.count(axis=1).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        scatter = by_seed.std(axis=1, ddof=1).to_numpy(dtype=np.float64)
        reach = stats.t.ppf((1 + CONFIDENCE) / 2, np.maximum(seeds - 1, 1)) * scatter / np.sqrt(seeds)
    reach = np.where(seeds >= FEWEST_SEEDS, reach, np.nan)
    return Curve(by_seed.index.to_numpy(dtype=np.float64), mean, mean - reach, mean + reach, by_seed)


def draw_curve(axes: Axes, curve: Curve, look: Look, *, every: int | Sequence[int] = 1) -> None:
    """Draws mean and interval, or mean and single seeds; a marker at every so many points, or at those of `every`."""
    if np.isfinite(curve.low).any():
        axes.fill_between(curve.x, curve.low, curve.high, color=look.colour, alpha=BAND_STRENGTH, linewidth=0, zorder=2)
    elif len(curve.by_seed.columns) > 1:
        for _, own in curve.by_seed.items():
            axes.plot(own.index, own, look.dashes, color=look.colour, linewidth=0.5, alpha=0.5, zorder=2)
    axes.plot(curve.x, curve.mean, look.dashes, marker=look.marker, markevery=every, color=look.colour, zorder=3)


def seeds_words(rows: pd.DataFrame) -> str:
    """How many pairs and training seeds there are, and what the figure therefore shows of the seeds."""
    pairs = len(rows[["content", "style"]].drop_duplicates())
    of_network = rows.groupby("network")["seed"].nunique()
    most, least = int(of_network.max()), int(of_network.min())
    counted = f"{pairs} image pair{'' if pairs == 1 else 's'} and {'' if most == least else 'up to '}{most}"
    words = f"Mean over {counted} training seed{'' if most == 1 else 's'}"
    if most >= FEWEST_SEEDS:
        return f"{words}; band: 95 % t-interval over seeds."
    return f"{words}; thin: single seeds." if most > 1 else f"{words}: one training, no interval."
