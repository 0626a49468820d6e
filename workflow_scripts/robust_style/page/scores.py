"""The scores of the page's pictures, at the end and along the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.trace import Trace
from robust_style.page.measures import shown_measures
from robust_style.score.columns import ITERATION, SNAPSHOT_MEASURES
from robust_style.score.score_tables import read_iteration_table, read_score_table

KEY = ["recipe", "network", "seed", "epoch", "content", "style"]
Values = list[float | None]


@dataclass(frozen=True)
class Scores:
    """Scores by picture, and by picture and iteration; values in the order of `measures`."""

    table: Path
    rows: pd.DataFrame
    measures: tuple[str, ...]
    of_picture: Mapping[tuple[Any, ...], Values]
    measures_on_the_way: tuple[str, ...]
    on_the_way: Mapping[tuple[Any, ...], Values]

    def of(self, trace: Trace) -> Values:
        """The scores of a finished picture. Raises ResultError if the table has none."""
        key = _key(trace)
        if key not in self.of_picture:
            raise ResultError(f"{self.table}: expected scores of {trace.path}, found none; collect the scores again")
        return self.of_picture[key]

    def at(self, trace: Trace, iteration: int) -> Values | None:
        """The scores of a picture at one iteration, None where they were not taken."""
        return self.on_the_way.get((*_key(trace), iteration))


def read_scores(table: Path, by_iteration: Path | None) -> Scores:
    """The scores of the table, and of the one by iteration where there is one.

    Raises ResultError if a table is missing or lacks a column.
    """
    rows = read_score_table(table)
    # A measure that no picture has, an instrument that was not there, is no column to look for.
    measures = shown_measures([name for name in rows if rows[name].notna().any()])
    on_the_way = read_iteration_table(by_iteration) if by_iteration else pd.DataFrame(columns=[*KEY, ITERATION])
    taken = [name for name in SNAPSHOT_MEASURES if name in on_the_way and name in measures]
    return Scores(
        table=table,
        rows=rows,
        measures=tuple(measures),
        of_picture=_by_key(rows, KEY, measures),
        measures_on_the_way=tuple(taken),
        on_the_way=_by_key(on_the_way, [*KEY, ITERATION], taken),
    )


def _key(trace: Trace) -> tuple[Any, ...]:
    return tuple(getattr(trace.labels, name) for name in KEY)


def _by_key(rows: pd.DataFrame, key: Sequence[str], measures: Sequence[str]) -> dict[tuple[Any, ...], Values]:
    keys = zip(*(rows[name].tolist() for name in key), strict=True)
    values = rows[list(measures)].to_numpy("float64").tolist()
    return {at: [_number(value) for value in row] for at, row in zip(keys, values, strict=True)}


def _number(value: float) -> float | None:
    return value if abs(value) < float("inf") else None
