"""The claims as the page shows them: each beside its verdict, with the way to the pictures."""

from pathlib import Path
from typing import Any

from robust_style.figure.words import plain, spoken
from robust_style.page.axes import Axes
from robust_style.score.claims_table import Exhibit, read_claims

TEXTS = ("claim", "source", "recipe", "contrast", "measure", "verdict", "reading")
NUMBERS = ("estimate", "interval_low", "interval_high", "effect_size", "p_value", "seeds", "pairs")


def shown_claims(path: Path, axes: Axes) -> list[dict[str, Any]]:
    """One entry per row of the claims table, in its order; a number that is not there is None.

    `best` and `worst` are the page's addresses of the pictures, None where the table names none or the page lacks
    them. Raises ResultError if the table is missing or damaged.
    """
    return [_claim(row, axes) for row in read_claims(path).to_dict("records")]


def _claim(row: dict[str, Any], axes: Axes) -> dict[str, Any]:
    texts = {name: plain(row[name]) for name in TEXTS}
    return {
        **texts,
        "statement": plain(row["statement"] or texts["claim"]),
        "recipe": spoken(texts["recipe"]),
        **{name: _number(row[name]) for name in NUMBERS},
        "best": _address(row["strongest_for"], axes),
        "worst": _address(row["strongest_against"], axes),
    }


def _number(value: float | int) -> float | None:
    # NaN is "not measured"; JSON has no infinity.
    return float(value) if abs(value) < float("inf") else None


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
