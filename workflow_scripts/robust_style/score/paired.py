"""Paired differences: same training seed, same image pair, one thing changed.

Everything here maps scores to one number per seed, content and style, as a pandas Series; an empty Series means that
the scores cannot answer.
"""

from typing import TypeAlias

import numpy as np
import pandas as pd

# One number per training seed and image pair.
Values: TypeAlias = "pd.Series[float]"

PAIR = ["seed", "content", "style"]


def by_moment(rows: pd.DataFrame, measure: str, moment: str) -> pd.DataFrame:
    """One row per seed and pair of one network's `rows`, one column per `moment` (epoch or iteration) without gaps."""
    # pivot refuses two pictures in one cell; pivot_table would average them unseen.
    return rows.pivot(index=PAIR, columns=moment, values=measure).sort_index().dropna(axis="columns")  # noqa: PD010


def last(wide: pd.DataFrame) -> Values:
    """The value at the last moment."""
    return wide[wide.columns[-1]] if len(wide.columns) else _none(wide)


def mean_over_time(wide: pd.DataFrame) -> Values:
    """Area under the measure, divided by the span: the mean over training, or over the optimisation.

    With straight lines between the moments.
    """
    moments = wide.columns.to_numpy(dtype=np.float64)
    if len(moments) < 2:
        return _none(wide)
    area = np.trapezoid(wide.to_numpy(), moments, axis=1)
    return pd.Series(area / (moments[-1] - moments[0]), index=wide.index)


def late_fall(wide: pd.DataFrame, *, better: int) -> Values:
    """How much worse the last checkpoint is than the best earlier trained one; negative if it is the best yet.

    `better` is 1 where larger values are better, -1 where smaller are. The untrained network is left out: it keeps
    the content because it cannot paint.
    """
    trained = better * wide[[epoch for epoch in wide.columns if epoch > 0]]
    if len(trained.columns) < 2:
        return _none(wide)
    return trained.iloc[:, :-1].max(axis=1) - trained.iloc[:, -1]


def mean_over_checkpoints(wide: pd.DataFrame) -> Values:
    """The mean over the trained checkpoints, or over the untrained one where there is no other."""
    trained = wide[[epoch for epoch in wide.columns if epoch > 0]]
    chosen = trained if len(trained.columns) else wide
    return chosen.mean(axis=1) if len(chosen.columns) else _none(wide)


def difference(first: Values, second: Values) -> Values:
    """First minus second, for the seeds and pairs that both have."""
    found: Values = (first - second).dropna()
    return found


def _none(wide: pd.DataFrame) -> Values:
    return pd.Series([], index=wide.index[:0], dtype="float64")
