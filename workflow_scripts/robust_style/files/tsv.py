"""Tables as tab-separated values."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.atomic import write_text


def write_table(path: Path, rows: pd.DataFrame) -> None:
    """Write `rows`, numbers with 6 significant digits, missing numbers as empty cells.

    Raises StorageError if the file cannot be written.
    """
    # Readers take a carriage return in a cell for the end of the row.
    rows = rows.replace(r"\r\n?", "\n", regex=True)
    write_text(path, rows.to_csv(sep="\t", index=False, float_format="%.6g", lineterminator="\n"))


def read_table(path: Path, types: Mapping[str, str], description: str) -> pd.DataFrame:
    """Read the table at `path`, which must have the columns `types`: "str", "int64" or "float64" by name.

    Only an empty cell of a float64 column is NaN; a network may be called "none" or "nan". Other columns are read as
    pandas infers them. Raises ResultError, naming `description`, if the table is missing, damaged or lacks a column.
    """
    missing = {name: [""] for name, kind in types.items() if kind == "float64"}
    problem = None
    try:
        table = pd.read_csv(
            path, sep="\t", dtype=dict(types), keep_default_na=False, na_values=missing, skip_blank_lines=False
        )
        if absent := [column for column in types if column not in table]:
            problem = f"no column {absent[0]}"
    except FileNotFoundError:
        problem = "no file"
    except (OSError, ValueError) as damage:
        problem = f"damage ({damage})"
    if problem is not None:
        raise ResultError(f"{path}: expected {description}, found {problem}; delete it and run again")
    return table
