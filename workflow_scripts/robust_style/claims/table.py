"""The table of claims: one row per claim and recipe, with its evidence and verdict."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.score.table import read_columns, write_table

# In the order in which a reader wants them. Some go on with a reason in brackets.
VERDICTS = (
    "supported", "refuted", "undecided", "points to", "points against", "unclear", "incomplete", "not tested",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimRow:
    """A claim judged with one recipe.

    `estimate` is the left side of the contrast less the right one, without its margin (`threshold`), in units of
    `measure`, averaged over pairs within a seed and then over seeds; `interval_*` its interval over seeds at the
    `confidence` of Holm's step (exploratory: 0.95), `crossed_*` that of other contents and styles, too. `adjusted_p` is
    Holm's adjusted p of a primary claim, the q-value of an exploratory one. `per_seed` lists `seed:value`. None means
    that there is no such number.
    """

    claim: str
    statement: str
    source: str
    quote: str
    family: str
    recipe: str
    contrast: str
    measure: str
    verdict: str
    estimate: float | None = None
    threshold: float | None = None
    smallest_effect: float | None = None
    interval_low: float | None = None
    interval_high: float | None = None
    confidence: float | None = None
    crossed_low: float | None = None
    crossed_high: float | None = None
    p_value: float | None = None
    adjusted_p: float | None = None
    seeds: int = 0
    pairs: int = 0
    seeds_needed: int | None = None
    per_seed: str = ""
    reading: str = ""
    strongest_for: str = ""
    strongest_against: str = ""


COLUMNS = tuple(field.name for field in fields(ClaimRow))
_COUNTS = ("seeds", "pairs")
_TEXTS = tuple(field.name for field in fields(ClaimRow) if field.type is str)


def write_claims(path: Path, rows: Iterable[ClaimRow]) -> None:
    """Writes the rows to the tab-separated file `path`."""
    write_table(path, pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS)))


def read_claims_table(path: Path) -> pd.DataFrame:
    """The claims at `path`, in the table's order; texts without NaN, numbers NaN where there is none.

    Raises ResultError if the table is missing, lacks a column or has a verdict that is none.
    """
    kinds = {name: "str" if name in _TEXTS else "int64" if name in _COUNTS else "float64" for name in COLUMNS}
    table = read_columns(path, kinds, COLUMNS, "the table of claims")
    table[list(_TEXTS)] = table[list(_TEXTS)].fillna("")
    unknown = table[~table["verdict"].str.startswith(VERDICTS)]
    if len(unknown):
        raise ResultError(
            f"{path}: expected a verdict among {', '.join(VERDICTS)}, found {unknown['verdict'].iloc[0]!r}; "
            "delete it and run again"
        )
    return table
