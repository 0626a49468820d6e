"""The table of claims: one row per claim and recipe, with the evidence and the verdict."""

from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError

_NUMBERS = (
    "estimate",
    "interval_low",
    "interval_high",
    "crossed_low",
    "crossed_high",
    "effect_size",
    "p_value",
)
_COUNTS = ("seeds", "pairs")
COLUMNS = (
    "claim",
    "statement",
    "source",
    "recipe",
    "contrast",
    "measure",
    *_NUMBERS,
    *_COUNTS,
    "verdict",
    "reading",
    "strongest_for",
    "strongest_against",
)
# In the order in which a reader wants them; "undecided" may go on with a number of seeds in brackets.
VERDICTS = ("supported", "refuted", "undecided", "not tested")


def read_claims(path: Path) -> pd.DataFrame:
    """The claims at `path`, in the table's order; texts without NaN, numbers NaN where not measured.

    Raises ResultError if the table is missing, lacks a column or has a verdict that is none.
    """
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(_NUMBERS, "float64") | dict.fromkeys(_COUNTS, "int64")
    problem = None
    try:
        table = pd.read_csv(
            path, sep="\t", dtype=kinds, keep_default_na=False, na_values={name: [""] for name in _NUMBERS}
        )
        if absent := [column for column in COLUMNS if column not in table]:
            problem = f"no column {absent[0]}"
        elif strange := sorted(set(map(plain_verdict, table["verdict"])) - set(VERDICTS)):
            problem = f"the verdict {strange[0]!r}"
    except FileNotFoundError:
        problem = "no file"
    except ValueError as damage:
        problem = f"damage ({damage})"
    if problem is not None:
        raise ResultError(f"{path}: expected the table of claims, found {problem}; delete it and run again")
    return table


def plain_verdict(verdict: str) -> str:
    """The verdict without the number of seeds that may follow it in brackets."""
    return verdict.partition(" (")[0]
