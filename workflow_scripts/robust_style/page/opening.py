"""What the page shows first."""

import math
from collections.abc import Sequence

import pandas as pd

from robust_style.page.measures import STYLE_DISTANCES


def opening(rows: pd.DataFrame, recipes: Sequence[str], networks: Sequence[str]) -> dict[str, str]:
    """The most telling comparison, as the page's address names it.

    The rule: the first standard and the first adversarial network (else the first and the last) at the last epoch that
    both have, painting by the main recipe, which is the first; of these the seed, content and style where their style
    distances lie furthest apart, in whichever direction, so that the page takes no side. Among equals, and where no
    style distance was measured, the first row of the table.
    """
    left, right = _two_networks(rows, networks)
    chosen = rows[(rows["recipe"] == recipes[0]) & rows["network"].isin([left, right])]
    epochs = [set(chosen.loc[chosen["network"] == network, "epoch"]) for network in (left, right)]
    if shared := epochs[0] & epochs[1]:
        chosen = chosen[chosen["epoch"] == max(shared)]
    if chosen.empty:
        chosen = rows
    row = chosen.loc[_furthest_apart(chosen, left, right)]
    names = {"left": left, "right": right}
    return names | {name: str(row[name]) for name in ("recipe", "seed", "epoch", "content", "style")}


def _two_networks(rows: pd.DataFrame, networks: Sequence[str]) -> tuple[str, str]:
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))

    def first_of(regime: str, otherwise: str) -> str:
        return next((network for network in networks if regimes.get(network) == regime), otherwise)

    return first_of("standard", networks[0]), first_of("adversarial", networks[-1])


def _furthest_apart(rows: pd.DataFrame, left: str, right: str) -> object:
    """The index of a row of the pair whose two networks differ most."""
    pair = ["seed", "epoch", "content", "style"]
    for measure in STYLE_DISTANCES:
        if measure not in rows or rows[measure].isna().all():
            continue
        of_network = [rows[rows["network"] == network].set_index(pair)[measure] for network in (left, right)]
        gaps = (of_network[0] - of_network[1]).abs().dropna()
        if len(gaps) and math.isfinite(gaps.max()):
            at = dict(zip(pair, gaps.idxmax(), strict=True))
            same = rows[(rows[pair] == pd.Series(at)).all(axis=1)]
            return same.index[0]
    return rows.index[0]
