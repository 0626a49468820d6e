"""Over many networks: does the one quantity rise where the other does?

Ranks only: nothing says that a style distance falls in a straight line. Source: Spearman 1904.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float
from numpy.typing import NDArray
from scipy import stats

from robust_style.score.claim import Claim
from robust_style.score.evidence import Evidence, nothing
from robust_style.score.paired import Values

# Of two networks a rank correlation is 1 or -1 whatever they are.
FEWEST_NETWORKS = 3
# All orders of so many networks are tried (40,320); of more, a sample.
MOST_EXACT = 8
SAMPLED_ORDERS = 50_000
# Of sums of products that are equal but for rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Across:
    """Rank correlations over `networks` (the least of the quantity first), one per seed and pair, and the p of none.

    `p_value` is two-sided: the share of all ways to hand the networks' quantity round among them that give a mean
    correlation as far from zero.
    """

    correlations: Values
    networks: tuple[str, ...]
    p_value: float | None


def correlated(claim: Claim, recipe: str, evidence: Evidence) -> Across:
    """The correlation of what the claim asks for with its measure, over the trained networks painting with `recipe`.

    A network counts where it has both quantities for every seed and pair that the others have: an imported one, of
    which there is a single training, does not beside three seeds of the others.
    """
    measures = _measures(claim, recipe, evidence)
    across = _quantities(str(claim.across), recipe, evidence)
    names = [name for name in measures if name in across and not across[name].isna().any()]
    measures, across = measures[names], across[names].reindex(measures.index.unique("seed"))
    measures = measures.loc[:, [name for name in names if not across[name].isna().any()]]
    if len(measures.columns) < FEWEST_NETWORKS:
        return Across(nothing(), (), None)
    x = _standardised_ranks(across[measures.columns].to_numpy(np.float64))
    y = _standardised_ranks(measures.to_numpy(np.float64))
    x = x[across.index.get_indexer(measures.index.get_level_values("seed"))]
    correlations = pd.Series((x * y).mean(axis=1), index=measures.index).dropna()
    if correlations.empty:
        return Across(nothing(), (), None)
    order = across[measures.columns].mean().sort_values(kind="stable").index
    return Across(correlations, tuple(map(str, order)), permutation_p(x, y))


def permutation_p(x: Float[np.ndarray, "cells networks"], y: Float[NDArray[np.float64], "cells networks"]) -> float:
    """Two-sided p of no relation between networks, from standardised ranks: NaN where a cell has no order.

    Networks, not cells, are handed round: the seeds and pairs of one network stay together, so that many pictures of
    few networks are no evidence of their own. Exact up to eight networks. Source: Pitman 1937.
    """
    products = np.nan_to_num(x).T @ np.nan_to_num(y) / len(x)
    count = len(products)
    if count <= MOST_EXACT:
        orders = np.array(list(itertools.permutations(range(count))))
    else:
        random = np.random.default_rng(0)
        orders = np.array([np.arange(count), *(random.permutation(count) for _ in range(SAMPLED_ORDERS))])
    found = np.abs(products[orders, np.arange(count)].sum(axis=1))
    return float((found >= abs(np.trace(products)) - _ROUNDING).mean())


def _measures(claim: Claim, recipe: str, evidence: Evidence) -> pd.DataFrame:
    """The claim's measure, a row per seed and pair, a column per trained network that has them all."""
    found = {}
    for name in evidence.rows["network"].unique():
        own = evidence.rows[(evidence.rows["network"] == name) & (evidence.rows["recipe"] == recipe)]
        if len(own) and own["epoch"].max() > 0:
            found[name] = evidence.summary(claim, own)
    return pd.DataFrame(found, index=None if found else nothing().index).dropna(axis="columns")


def _quantities(across: str, recipe: str, evidence: Evidence) -> pd.DataFrame:
    """An accuracy of each network's last checkpoint or the epsilon of its training; a row per seed."""
    rows = evidence.rows[evidence.rows["recipe"] == recipe]
    if across == "epsilon":
        rows = rows.assign(epsilon=rows["network"].map(dict(evidence.epsilons)).astype("float64"))
    last = rows[rows["epoch"] == rows.groupby("network")["epoch"].transform("max")]
    return last.groupby(["seed", "network"])[across].first().unstack("network")  # noqa: PD010


def _standardised_ranks(values: Float[np.ndarray, "cells networks"]) -> NDArray[np.float64]:
    """Ranks within each row, ties averaged, mean 0 and variance 1; NaN where all are tied."""
    ranks = np.asarray(stats.rankdata(values, axis=1), np.float64)
    scatter = ranks.std(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        standardised: NDArray[np.float64] = (ranks - ranks.mean(axis=1, keepdims=True)) / scatter
    return np.where(scatter > 0, standardised, np.nan)
