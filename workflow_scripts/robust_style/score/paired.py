"""Paired differences: same training seed, same image pair, one thing changed.

Everything here maps a table of scores to one number per (regime or nothing, seed, content, style), as a pandas
Series; an empty Series means that the table cannot answer.
"""

from typing import TypeAlias

import numpy as np
import pandas as pd

# One number per training seed and image pair.
Differences: TypeAlias = "pd.Series[float]"
# One number per regime, training seed and image pair.
PerRegime: TypeAlias = "pd.Series[float]"

PAIR = ["seed", "content", "style"]
REGIMES = ("standard", "adversarial")


def between_regimes(values: PerRegime) -> Differences:
    """Adversarial minus standard, for the seeds and pairs that both have."""
    standard, adversarial = (values[values.index.get_level_values("regime") == regime] for regime in REGIMES)
    difference: Differences = (adversarial.droplevel("regime") - standard.droplevel("regime")).dropna()
    return difference


def between_recipes(rows: pd.DataFrame, measure: str, first: str, second: str) -> Differences:
    """log2 of `measure` in recipe `first` minus in `second` at equal checkpoints, mean over networks and epochs."""
    rows = rows[rows["regime"].isin(REGIMES)]
    by_checkpoint = rows.set_index([*PAIR, "network", "epoch", "recipe"])[measure]
    log = np.log2(by_checkpoint)
    first_log, second_log = (log[log.index.get_level_values("recipe") == recipe] for recipe in (first, second))
    by_picture = (first_log.droplevel("recipe") - second_log.droplevel("recipe")).dropna()
    difference: Differences = by_picture.groupby(level=PAIR).mean()
    return difference


def at_last_epoch(rows: pd.DataFrame, measure: str) -> PerRegime:
    """The measure at the last checkpoint that both regimes have."""
    by_epoch = _by_epoch(rows, measure)
    return by_epoch[by_epoch.columns[-1]] if len(by_epoch.columns) else by_epoch.iloc[:0].sum(axis=1)


def mean_over_epochs(rows: pd.DataFrame, measure: str) -> PerRegime:
    """Area under the measure over training epochs, divided by their span: the mean over training.

    From the untrained network to the last checkpoint that both regimes have, with straight lines between checkpoints.
    """
    by_epoch = _by_epoch(rows, measure)
    epochs = by_epoch.columns.to_numpy(dtype=np.float64)
    if len(epochs) < 2:
        return by_epoch.iloc[:0].sum(axis=1)
    area = np.trapezoid(by_epoch.to_numpy(), epochs, axis=1)
    return pd.Series(area / (epochs[-1] - epochs[0]), index=by_epoch.index)


def late_fall(rows: pd.DataFrame, measure: str, *, better: int) -> PerRegime:
    """How much worse the last checkpoint is than the best earlier trained one; negative if it is the best yet.

    `better` is 1 where larger values are better, -1 where smaller are. The untrained network is left out: it keeps
    the content because it cannot paint.
    """
    trained = better * _by_epoch(rows[rows["epoch"] > 0], measure)
    if len(trained.columns) < 2:
        return trained.iloc[:0].sum(axis=1)
    return trained.iloc[:, :-1].max(axis=1) - trained.iloc[:, -1]


def _by_epoch(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """One row per regime, seed and pair; one column per epoch at which nothing is missing."""
    rows = rows[rows["regime"].isin(REGIMES)]
    # The network of each regime with the most checkpoints, the first by name among equals; further ones are controls.
    # An imported network has a single checkpoint, and shares neither initialisation nor data order with another.
    counted = rows.groupby(["regime", "network"])["epoch"].nunique().reset_index()
    compared = counted.sort_values(["epoch", "network"], ascending=[False, True]).drop_duplicates("regime")["network"]
    rows = rows[rows["network"].isin(compared)]
    # pivot refuses two pictures in one cell; pivot_table would average them unseen.
    by_epoch = rows.pivot(index=["regime", *PAIR], columns="epoch", values=measure)  # noqa: PD010
    return by_epoch.sort_index().dropna(axis="columns")
