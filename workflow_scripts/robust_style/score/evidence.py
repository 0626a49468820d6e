"""What claims are judged by: the scores, and what the configuration says of networks and recipes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from robust_style.score import paired
from robust_style.score.by_iteration import ITERATION
from robust_style.score.claim import Claim
from robust_style.score.paired import Values

# A loss that rose above ten times its best has lost the picture's way; below 0 light and dark are swapped.
FAILED_RISE = 10.0

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """The scores, and what the configuration says.

    `networks` maps roles and names to names, `recipes` names to complete settings, `epsilons` networks to the epsilon
    of their training, `ratios` titles to recipes that differ in their ratio of content to style only.
    """

    rows: pd.DataFrame
    by_iteration: pd.DataFrame
    networks: Mapping[str, str]
    recipes: Mapping[str, Settings]
    epsilons: Mapping[str, float]
    ratios: Mapping[str, Sequence[str]]

    def of_network(self, role: str, recipe: str) -> pd.DataFrame:
        """The scores of a network, by role or name, with a recipe."""
        rows = self.rows
        chosen = rows[(rows["recipe"] == recipe) & (rows["network"] == self.networks.get(role))]
        return chosen[chosen["epoch"] == 0] if role == "untrained" else chosen

    def of_both(self, claim: Claim, recipe: str) -> list[pd.DataFrame]:
        """The scores of the claim's networks with a recipe; two trained ones at the epochs that both have."""
        sides = [self.of_network(role, recipe) for role in claim.networks]
        # The untrained network has an epoch of its own.
        if len(sides) == 2 and "untrained" not in claim.networks:
            shared = set(sides[0]["epoch"]) & set(sides[1]["epoch"])
            sides = [side[side["epoch"].isin(shared)] for side in sides]
        return sides

    def summary(self, claim: Claim, rows: pd.DataFrame) -> Values:
        """The claim's measure of one network and recipe, summed up as the claim says, per seed and pair."""
        if claim.summary == "mean_over_iterations":
            at_last = rows[rows["epoch"] == rows["epoch"].max()]
            keys = ["recipe", "network", "epoch", *paired.PAIR]
            moments = self.by_iteration.merge(at_last[keys], on=keys)
            return paired.mean_over_time(paired.by_moment(moments, claim.measure, ITERATION))
        wide = paired.by_moment(rows, claim.measure, "epoch")
        summaries: dict[str, Callable[[pd.DataFrame], Values]] = {
            "last": paired.last,
            "mean_over_epochs": paired.mean_over_time,
            "mean_over_checkpoints": paired.mean_over_checkpoints,
            "late_fall": partial(paired.late_fall, better=claim.better),
        }
        return summaries[claim.summary](wide)


def with_derived(rows: pd.DataFrame) -> pd.DataFrame:
    """The table of scores with the measures that follow from its columns (`claim.DERIVED`)."""
    return rows.assign(
        log2_worst_rise=np.log2(rows["worst_rise"]),
        failed=((rows["worst_rise"] > FAILED_RISE) | (rows["luma_correlation"] < 0)).astype("float64"),
        distance_to_ideal=np.hypot(1 - rows["content_ssim"], rows["style_texture_distance"]),
    )


def last_epoch(sides: Sequence[pd.DataFrame]) -> int:
    """The last epoch that any of them has, 0 where none has a row."""
    return max((int(side["epoch"].max()) for side in sides if len(side)), default=0)


def has(settings: Settings, wanted: Settings) -> bool:
    """Whether a recipe has the settings that are asked for."""
    return all(settings.get(key) == value for key, value in wanted.items())


def nothing() -> Values:
    """No value for any seed and pair."""
    index = pd.MultiIndex.from_tuples([], names=paired.PAIR)
    return pd.Series([], index=index, dtype="float64")
