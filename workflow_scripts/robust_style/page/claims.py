"""The claims as the page shows them: each beside its verdict, with the way to the pictures."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.figure.words import plain, spoken
from robust_style.page.axes import Axes
from robust_style.score.claims_table import Exhibit

NEEDED = ("claim", "source", "recipe", "measure", "verdict", "reading")
TEXTS = ("claim", "source", "recipe", "contrast", "measure", "verdict", "reading")
NUMBERS = ("estimate", "interval_low", "interval_high", "effect_size", "p_value", "seeds", "pairs")


def shown_claims(path: Path, axes: Axes) -> list[dict[str, Any]]:
    """One entry per row of the claims table, in its order; a number that is not there is None.

    `best` and `worst` are the page's addresses of the pictures, None where the table names none or the page lacks
    them. Raises ResultError if the table is missing or is none of claims.
    """
    rows = _read(path)
    return [_claim(row, axes) for row in rows.to_dict("records")]


def _read(path: Path) -> pd.DataFrame:
    problem = None
    try:
        rows = pd.read_csv(path, sep="\t", dtype="str", keep_default_na=False)
        if absent := [column for column in NEEDED if column not in rows]:
            problem = f"no column {absent[0]}"
    except FileNotFoundError:
        problem = "no file"
    except ValueError as damage:
        problem = f"damage ({damage})"
    if problem is not None:
        raise ResultError(f"{path}: expected the table of claims, found {problem}; delete it and run again")
    return rows


def _claim(row: dict[str, str], axes: Axes) -> dict[str, Any]:
    texts = {name: plain(row.get(name, "")) for name in TEXTS}
    return {
        **texts,
        "statement": plain(row.get("statement") or texts["claim"]),
        "recipe": spoken(texts["recipe"]),
        **{name: _number(row.get(name, "")) for name in NUMBERS},
        "best": _address(row.get("strongest_for", ""), axes),
        "worst": _address(row.get("strongest_against", ""), axes),
    }


def _number(text: str) -> float | None:
    # NaN is "not measured" as well; infinity is no number JSON knows.
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _address(text: str, axes: Axes) -> dict[str, str] | None:
    exhibit = Exhibit.parse(text)
    if exhibit is None or not _is_shown(exhibit, axes):
        return None
    address = {
        "recipe": exhibit.recipes[0],
        "left": exhibit.networks[0],
        "right": exhibit.networks[-1],
        "seed": str(exhibit.seed),
        "epoch": str(exhibit.epoch),
        "content": exhibit.content,
        "style": exhibit.style,
    }
    return address if len(exhibit.recipes) == 1 else address | {"right_recipe": exhibit.recipes[-1]}


def _is_shown(exhibit: Exhibit, axes: Axes) -> bool:
    return (
        set(exhibit.recipes) <= set(axes.recipes)
        and set(exhibit.networks) <= set(axes.networks)
        and exhibit.seed in axes.seeds
        and exhibit.epoch in axes.epochs
        and exhibit.content in axes.contents
        and exhibit.style in axes.styles
    )
