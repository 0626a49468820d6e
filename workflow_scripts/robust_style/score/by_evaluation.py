"""The scores of each picture while it was painted: one row per snapshot of the optimiser."""

from pathlib import Path

import pandas as pd

from robust_style.errors import ResultError
from robust_style.score.columns import LABELS

EVALUATION = "evaluation"
MEASURES = ("content_ssim", "style_colour_distance", "style_texture_distance")
COLUMNS = (*LABELS, EVALUATION, *MEASURES)
_WHOLE_NUMBERS = ("seed", "epoch", EVALUATION)


def read_by_evaluation(path: Path) -> pd.DataFrame:
    """The table at `path`, perhaps without a row. Raises ResultError if it is missing or lacks a column."""
    kinds = dict.fromkeys(LABELS, "str") | dict.fromkeys(_WHOLE_NUMBERS, "int64") | dict.fromkeys(MEASURES, "float64")
    problem = None
    try:
        table = pd.read_csv(path, sep="\t", dtype=kinds, keep_default_na=False, na_values=[""])
        if absent := [column for column in COLUMNS if column not in table]:
            problem = f"no column {absent[0]}"
    except FileNotFoundError:
        problem = "no file"
    except ValueError as damage:
        problem = f"damage ({damage})"
    if problem is not None:
        raise ResultError(f"{path}: expected scores by evaluation, found {problem}; delete it and run again")
    return table
