"""The scores of each picture while it was painted: one row per snapshot of the optimiser."""

from pathlib import Path

import pandas as pd

from robust_style.score.columns import LABELS
from robust_style.score.table import read_columns

ITERATION = "iteration"
MEASURES = ("content_ssim", "style_colour_distance", "style_texture_distance")
COLUMNS = (*LABELS, ITERATION, *MEASURES)
_WHOLE_NUMBERS = ("seed", "epoch", ITERATION)


def read_by_iteration(path: Path) -> pd.DataFrame:
    """The table at `path`, perhaps without a row. Raises ResultError if it is missing or lacks a column."""
    kinds = dict.fromkeys(LABELS, "str") | dict.fromkeys(_WHOLE_NUMBERS, "int64") | dict.fromkeys(MEASURES, "float64")
    return read_columns(path, kinds, COLUMNS, "scores by iteration")
