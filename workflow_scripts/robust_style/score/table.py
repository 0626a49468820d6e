"""The table of all scores: one row per picture."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.atomic import write_text
from robust_style.score.columns import ACCURACIES, LABELS, MEASURES, RATED

COLUMNS = LABELS + MEASURES + RATED + ACCURACIES
_WHOLE_NUMBERS = ("seed", "epoch")


def write_table(path: Path, rows: pd.DataFrame) -> None:
    """Writes tab-separated values, numbers with 6 significant digits; an empty cell is a number not measured."""
    # A carriage return in a cell would end the row for whoever reads it.
    rows = rows.replace(r"\r\n?", "\n", regex=True)
    write_text(path, rows.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n"))


def read_table(path: Path) -> pd.DataFrame:
    """The score table at `path`. Raises ResultError if it is missing or lacks a column."""
    kinds = {column: "int64" if column in _WHOLE_NUMBERS else "str" for column in LABELS}
    kinds |= dict.fromkeys(MEASURES + RATED + ACCURACIES, "float64")
    return read_columns(path, kinds, COLUMNS, "the table of scores")


def read_columns(path: Path, kinds: Mapping[str, str], columns: Iterable[str], expected: str) -> pd.DataFrame:
    """The tab-separated table at `path`, cells of the columns in `kinds` of those types.

    Raises ResultError, which says that `expected` was, if it is missing or damaged or lacks one of `columns`.
    """
    problem = None
    try:
        # A network may be called "none" or "nan": only an empty cell means "not measured".
        table = pd.read_csv(path, sep="\t", dtype=dict(kinds), keep_default_na=False, na_values=[""])
        if absent := [column for column in columns if column not in table]:
            problem = f"no column {absent[0]}"
    except FileNotFoundError:
        problem = "no file"
    except ValueError as damage:
        problem = f"damage ({damage})"
    if problem is not None:
        raise ResultError(f"{path}: expected {expected}, found {problem}; delete it and run again")
    return table
