"""Comparisons of networks or recipes: from the score table to one number per training seed and image pair.

Differences are paired: same seed, same content and style, one thing changed. An empty result means that the table
lacks the pictures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

from robust_style.score.claim import Claim
from robust_style.score.columns import ITERATION
from robust_style.score.verdict import permutation_p

# One number per training seed and image pair.
Values: TypeAlias = "pd.Series[float]"
Settings = Mapping[str, Any]

PAIR = ["seed", "content", "style"]
# A loss that rose above ten times its best has diverged; below 0 light and dark are swapped.
FAILED_RISE = 10.0
# A rank correlation over two networks is always 1 or -1.
FEWEST_NETWORKS = 3
# Number of points at which two curves of content against measure are compared.
_POINTS = 17


@dataclass(frozen=True)
class Evidence:
    """The score tables and the parts of the configuration that claims refer to.

    `networks` maps roles and names to names, `recipes` names to complete settings, `epsilons` networks to the epsilon
    of their training, `ratios` titles to recipes that differ only in their ratio of content to style.
    """

    rows: pd.DataFrame
    by_iteration: pd.DataFrame
    networks: Mapping[str, str]
    recipes: Mapping[str, Settings]
    epsilons: Mapping[str, float]
    ratios: Mapping[str, Sequence[str]]

    def of_network(self, role: str, recipe: str) -> pd.DataFrame:
        """Return the scores of a network, by role or name, with a recipe."""
        rows = self.rows
        selected = rows[(rows["recipe"] == recipe) & (rows["network"] == self.networks.get(role))]
        return selected[selected["epoch"] == 0] if role == "untrained" else selected

    def of_both(self, claim: Claim, recipe: str) -> list[pd.DataFrame]:
        """Return the scores of the claim's networks with a recipe; two trained ones at the epochs that both have."""
        sides = [self.of_network(role, recipe) for role in claim.networks]
        # The untrained network has a different epoch by definition.
        if len(sides) == 2 and "untrained" not in claim.networks:
            shared = set(sides[0]["epoch"]) & set(sides[1]["epoch"])
            sides = [side[side["epoch"].isin(shared)] for side in sides]
        return sides

    def summary(self, claim: Claim, rows: pd.DataFrame) -> Values:
        """Return the claim's measure of one network and recipe, summarised as the claim says, per seed and pair."""
        if claim.summary == "mean_over_iterations":
            at_last = rows[rows["epoch"] == rows["epoch"].max()]
            keys = ["recipe", "network", "epoch", *PAIR]
            moments = self.by_iteration.merge(at_last[keys], on=keys)
            return mean_over_time(by_moment(moments, claim.measure, ITERATION))
        summaries: dict[str, Callable[[pd.DataFrame], Values]] = {
            "last": last,
            "mean_over_epochs": mean_over_time,
            "mean_over_checkpoints": mean_over_checkpoints,
            "late_fall": partial(late_fall, better=claim.better),
        }
        return summaries[claim.summary](by_moment(rows, claim.measure, "epoch"))


@dataclass(frozen=True)
class Correlations:
    """Rank correlations over `networks` (sorted by the quantity), one per seed and pair, and their p value.

    `p_value` is two-sided: the fraction of all permutations of the networks whose mean correlation is as far from zero.
    """

    values: Values
    networks: tuple[str, ...]
    p_value: float | None


def with_derived(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the score table with the measures derived from its columns (`claim.DERIVED`)."""
    return rows.assign(
        log2_worst_rise=np.log2(rows["worst_rise"]),
        failed=((rows["worst_rise"] > FAILED_RISE) | (rows["luma_correlation"] < 0)).astype("float64"),
        distance_to_ideal=np.hypot(1 - rows["content_ssim"], rows["style_texture_distance"]),
    )


def last_epoch(sides: Sequence[pd.DataFrame]) -> int:
    """Return the last epoch in any of `sides`, 0 if all are empty."""
    return max((int(side["epoch"].max()) for side in sides if len(side)), default=0)


def has(settings: Settings, required: Settings) -> bool:
    """Return whether a recipe has the required settings."""
    return all(settings.get(key) == value for key, value in required.items())


def nothing() -> Values:
    """Return an empty series, indexed by seed and pair."""
    index = pd.MultiIndex.from_tuples([], names=PAIR)
    return pd.Series([], index=index, dtype="float64")


def by_moment(rows: pd.DataFrame, measure: str, moment: str) -> pd.DataFrame:
    """Return a row per seed and pair of one network, a column per `moment` (epoch or iteration) without gaps."""
    # pivot refuses two pictures in one cell; pivot_table would silently average them.
    return rows.pivot(index=PAIR, columns=moment, values=measure).sort_index().dropna(axis="columns")  # noqa: PD010


def last(wide: pd.DataFrame) -> Values:
    """Return the value at the last moment."""
    return wide[wide.columns[-1]] if len(wide.columns) else _empty_like(wide)


def mean_over_time(wide: pd.DataFrame) -> Values:
    """Return the area under the measure over the span of moments, with straight lines between them."""
    moments = wide.columns.to_numpy(dtype=np.float64)
    if len(moments) < 2:
        return _empty_like(wide)
    area = np.trapezoid(wide.to_numpy(), moments, axis=1)
    return pd.Series(area / (moments[-1] - moments[0]), index=wide.index)


def late_fall(wide: pd.DataFrame, *, better: int) -> Values:
    """Return how much worse the last checkpoint is than the best earlier trained one; negative if it is the best.

    `better` is 1 where larger values are better, -1 where smaller are. The untrained network is left out: it keeps
    the content because it cannot paint.
    """
    trained = better * wide[[epoch for epoch in wide.columns if epoch > 0]]
    if len(trained.columns) < 2:
        return _empty_like(wide)
    return trained.iloc[:, :-1].max(axis=1) - trained.iloc[:, -1]


def mean_over_checkpoints(wide: pd.DataFrame) -> Values:
    """Return the mean over the trained checkpoints, or over the untrained one if there is no other."""
    trained = wide[[epoch for epoch in wide.columns if epoch > 0]]
    selected = trained if len(trained.columns) else wide
    return selected.mean(axis=1) if len(selected.columns) else _empty_like(wide)


def difference(first: Values, second: Values) -> Values:
    """Return first minus second, for the seeds and pairs that both have."""
    paired: Values = (first - second).dropna()
    return paired


def own_best(claim: Claim, series: Sequence[str], evidence: Evidence) -> tuple[Values, pd.DataFrame]:
    """Return the claim's measure, first network minus second, each with its best recipe of `series` per picture.

    Best is the least distance to the ideal corner: hypot(1 - content_ssim, style_texture_distance). The minimum of
    several is biased, equally for both networks, which have as many recipes. Also returns these recipes, a column per
    network. SOURCE: Nakano 2019, who took the best of a small grid by hand, because one ratio of content to style need
    not mean the same for two networks.
    """
    best_recipes, values = {}, []
    for side, role in enumerate(claim.networks):
        distances = _by_recipe(claim, side, series, evidence, "distance_to_ideal")
        if distances.empty:
            return nothing(), pd.DataFrame()
        best_recipes[role] = distances.idxmin(axis=1)
        measured = _by_recipe(claim, side, series, evidence, claim.measure).reindex(distances.index)
        of_best = [measured.loc[at, recipe] for at, recipe in best_recipes[role].items()]
        values.append(pd.Series(of_best, index=distances.index, dtype="float64"))
    return difference(*values), pd.DataFrame(best_recipes).dropna()


def equal_content(claim: Claim, series: Sequence[str], evidence: Evidence) -> Values:
    """Return the claim's measure, first network minus second, averaged over the content that both reach on the grid.

    The curves of content against measure are straight lines between the recipes of `series`. A seed and pair whose
    ranges of content do not overlap has no value.
    """
    curves = [
        (
            _by_recipe(claim, side, series, evidence, "content_ssim"),
            _by_recipe(claim, side, series, evidence, claim.measure),
        )
        for side in range(len(claim.networks))
    ]
    shared = [at for at in curves[0][0].index if all(at in table.index for curve in curves for table in curve)]
    differences = {}
    for at in shared:
        contents = [content.loc[at].to_numpy(np.float64) for content, _ in curves]
        low, high = max(content.min() for content in contents), min(content.max() for content in contents)
        if low < high:
            points = np.linspace(low, high, _POINTS)
            first, second = (
                np.interp(points, np.sort(content), measure.loc[at].to_numpy(np.float64)[np.argsort(content)])
                for content, (_, measure) in zip(contents, curves, strict=True)
            )
            differences[at] = float((first - second).mean())
    index = pd.MultiIndex.from_tuples(list(differences), names=PAIR) if differences else nothing().index
    return pd.Series(list(differences.values()), index=index, dtype="float64")


def correlated(claim: Claim, recipe: str, evidence: Evidence) -> Correlations:
    """Return the rank correlation of the claim's measure with its quantity, over the trained networks with `recipe`.

    A network counts if it has both for every seed and pair that the others have; an imported network, which has a
    single training, does not count beside three seeds of the others. SOURCE: Spearman 1904; ranks, because nothing
    says that a style distance falls linearly.
    """
    measures = _measures_by_network(claim, recipe, evidence)
    quantities = _quantities_by_network(str(claim.across), recipe, evidence)
    names = [name for name in measures if name in quantities and not quantities[name].isna().any()]
    measures, quantities = measures[names], quantities[names].reindex(measures.index.unique("seed"))
    measures = measures.loc[:, [name for name in names if not quantities[name].isna().any()]]
    if len(measures.columns) < FEWEST_NETWORKS:
        return Correlations(nothing(), (), None)
    x = _standardised_ranks(quantities[measures.columns].to_numpy(np.float64))
    y = _standardised_ranks(measures.to_numpy(np.float64))
    x = x[quantities.index.get_indexer(measures.index.get_level_values("seed"))]
    correlations = pd.Series((x * y).mean(axis=1), index=measures.index).dropna()
    if correlations.empty:
        return Correlations(nothing(), (), None)
    order = quantities[measures.columns].mean().sort_values(kind="stable").index
    return Correlations(correlations, tuple(map(str, order)), permutation_p(x, y))


def _by_recipe(claim: Claim, side: int, series: Sequence[str], evidence: Evidence, measure: str) -> pd.DataFrame:
    """Return a measure of one of the claim's networks at the last shared epoch: a row per seed and pair."""
    columns = {recipe: last(by_moment(evidence.of_both(claim, recipe)[side], measure, "epoch")) for recipe in series}
    return pd.DataFrame(columns).dropna()


def _measures_by_network(claim: Claim, recipe: str, evidence: Evidence) -> pd.DataFrame:
    """Return the claim's measure, a row per seed and pair, a column per trained network that has them all."""
    columns = {}
    for name in evidence.rows["network"].unique():
        rows = evidence.rows[(evidence.rows["network"] == name) & (evidence.rows["recipe"] == recipe)]
        if len(rows) and rows["epoch"].max() > 0:
            columns[name] = evidence.summary(claim, rows)
    return pd.DataFrame(columns, index=None if columns else nothing().index).dropna(axis="columns")


def _quantities_by_network(across: str, recipe: str, evidence: Evidence) -> pd.DataFrame:
    """Return an accuracy of each network's last checkpoint or the epsilon of its training; a row per seed."""
    rows = evidence.rows[evidence.rows["recipe"] == recipe]
    if across == "epsilon":
        rows = rows.assign(epsilon=rows["network"].map(dict(evidence.epsilons)).astype("float64"))
    at_last = rows[rows["epoch"] == rows.groupby("network")["epoch"].transform("max")]
    return at_last.groupby(["seed", "network"])[across].first().unstack("network")  # noqa: PD010


def _standardised_ranks(values: Float[np.ndarray, "cells networks"]) -> NDArray[np.float64]:
    """Return ranks within each row, ties averaged, mean 0 and variance 1; NaN where all are tied."""
    ranks = np.asarray(stats.rankdata(values, axis=1), np.float64)
    scatter = ranks.std(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        standardised: NDArray[np.float64] = (ranks - ranks.mean(axis=1, keepdims=True)) / scatter
    return np.where(scatter > 0, standardised, np.nan)


def _empty_like(wide: pd.DataFrame) -> Values:
    return pd.Series([], index=wide.index[:0], dtype="float64")
