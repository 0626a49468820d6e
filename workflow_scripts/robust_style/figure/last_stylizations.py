"""Of many stylizations those that a figure of one pair shows."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.grid import pair_of, shown_seed
from robust_style.files.trace import Trace


def last_of_one_pair(
    traces: Sequence[Path], networks: Sequence[str], recipes: Sequence[str]
) -> dict[tuple[str, str], Trace]:
    """(recipe, network) -> its stylization with the last checkpoint; of several seeds one is shown.

    Raises ResultError if the traces are of several pairs or of none of `networks` and `recipes`.
    """
    found = [trace for trace in map(Trace.load, traces) if trace.labels.network in networks]
    found = [trace for trace in found if trace.labels.recipe in recipes]
    if not found:
        raise ResultError(
            f"expected stylizations of {', '.join(networks)} by {', '.join(recipes)}, found none; add them"
        )
    pairs = {pair_of(trace) for trace in found}
    if len(pairs) > 1:
        raise ResultError(f"expected stylizations of one pair, found {len(pairs)}; draw one figure for each")
    seed = shown_seed((trace.labels.network, trace.labels.seed) for trace in found)
    found = sorted((trace for trace in found if trace.labels.seed == seed), key=lambda trace: trace.labels.epoch)
    # Of each network and recipe the last wins.
    return {(trace.labels.recipe, trace.labels.network): trace for trace in found}
