"""Which finished pictures count as failed: for the claims (measure `failed`) and for the page."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

Failure: TypeAlias = Literal["exploded", "swapped"]
# ASSUME: a loss this many times above the best so far is a failure; sound pictures of the pilot stay below 4.
FAILED_RISE = 10.0


def failures(recipe: Mapping[str, Any], worst_rise: float, luma_correlation: float) -> list[Failure]:
    """What failed in a picture that was painted with the settings `recipe`; NaN (not measured) is no failure.

    exploded: the loss rose above ten times its best. Not with the optimiser `lbfgs`, where only rejected steps rise.
    swapped: light and dark are exchanged, in a picture that began as its content.
    """
    found: list[Failure] = []
    if worst_rise > FAILED_RISE and recipe.get("optimiser") != "lbfgs":
        found.append("exploded")
    if luma_correlation < 0 and recipe.get("initialisation") == "content":
        found.append("swapped")
    return found
