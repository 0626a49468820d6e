"""Two networks over a grid of ratios of content to style: each at its own best, or both at equal content.

One ratio need not mean the same for two networks. Nakano (2019) painted a small grid for each network and image and
took the best by hand; here the best is the picture nearest to the ideal corner of content against style, chosen for
every network from as many.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from robust_style.score.claim import Claim
from robust_style.score.evidence import Evidence, nothing
from robust_style.score.paired import PAIR, Values, by_moment, difference, last

# Where both curves are read, from the least to the most content that both have.
_PLACES = 17
_CONTENT = "content_ssim"
_DISTANCE = "distance_to_ideal"


def own_best(claim: Claim, series: Sequence[str], evidence: Evidence) -> tuple[Values, pd.DataFrame]:
    """The claim's measure, first network less second, each with its own best recipe of `series` for that picture.

    Best is the least distance to the ideal corner: hypot(1 - content_ssim, style_texture_distance). Also which recipes
    these are, a column per network. The least of several is flattered by chance; equally so for both, which had as
    many to choose from.
    """
    chosen, values = {}, []
    for side, role in enumerate(claim.networks):
        distances = _by_recipe(claim, side, series, evidence, _DISTANCE)
        if distances.empty:
            return nothing(), pd.DataFrame()
        chosen[role] = distances.idxmin(axis=1)
        measured = _by_recipe(claim, side, series, evidence, claim.measure).reindex(distances.index)
        picked = [measured.loc[at, recipe] for at, recipe in chosen[role].items()]
        values.append(pd.Series(picked, index=distances.index, dtype="float64"))
    return difference(*values), pd.DataFrame(chosen).dropna()


def equal_content(claim: Claim, series: Sequence[str], evidence: Evidence) -> Values:
    """The claim's measure, first network less second, averaged over the content that both keep somewhere on the grid.

    Between the recipes of `series` the curves of content against measure are straight lines. A seed and pair of which
    the two networks keep no content in common has no value.
    """
    curves = [
        (_by_recipe(claim, side, series, evidence, _CONTENT), _by_recipe(claim, side, series, evidence, claim.measure))
        for side in range(len(claim.networks))
    ]
    shared = [at for at in curves[0][0].index if all(at in table.index for curve in curves for table in curve)]
    found = {}
    for at in shared:
        contents = [content.loc[at].to_numpy(np.float64) for content, _ in curves]
        low, high = max(content.min() for content in contents), min(content.max() for content in contents)
        if low < high:
            places = np.linspace(low, high, _PLACES)
            first, second = (
                np.interp(places, np.sort(content), measure.loc[at].to_numpy(np.float64)[np.argsort(content)])
                for content, (_, measure) in zip(contents, curves, strict=True)
            )
            found[at] = float((first - second).mean())
    index = pd.MultiIndex.from_tuples(list(found), names=PAIR) if found else nothing().index
    return pd.Series(list(found.values()), index=index, dtype="float64")


def _by_recipe(claim: Claim, side: int, series: Sequence[str], evidence: Evidence, measure: str) -> pd.DataFrame:
    """A measure of one of the claim's networks at the last epoch that both have: a row per seed and pair."""
    found = {recipe: last(by_moment(evidence.of_both(claim, recipe)[side], measure, "epoch")) for recipe in series}
    return pd.DataFrame(found).dropna()
