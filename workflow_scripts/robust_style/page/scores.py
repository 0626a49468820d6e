"""The scores of the page's pictures: values, names, failures, and the comparison that the page opens with."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.figure.words import spoken
from robust_style.files.trace import Trace
from robust_style.score.columns import ACCURACIES, ITERATION, ITERATION_COLUMNS, MEASURES, RATED, SNAPSHOT_MEASURES
from robust_style.score.failure import failures
from robust_style.score.score_tables import is_control, read_iteration_table, read_score_table

KEY = ["recipe", "network", "seed", "epoch", "content", "style"]
Values = list[float | None]


@dataclass(frozen=True)
class Scores:
    """Scores by picture, and by picture and iteration; values in the order of `measures`."""

    table: Path
    rows: pd.DataFrame
    measures: tuple[str, ...]
    by_picture: Mapping[tuple[Any, ...], Values]
    measures_by_iteration: tuple[str, ...]
    by_iteration: Mapping[tuple[Any, ...], Values]

    def of(self, trace: Trace) -> Values:
        """The scores of a finished picture. Raises ResultError if the table has none."""
        key = _key(trace)
        if key not in self.by_picture:
            raise ResultError(f"{self.table}: expected scores of {trace.path}, found none; collect the scores again")
        return self.by_picture[key]

    def failures(self, trace: Trace) -> list[dict[str, str]]:
        """What failed in a finished picture, in words. Raises ResultError if the table has no scores of it."""
        values = dict(zip(self.measures, self.of(trace), strict=True))
        rise, luma = (
            math.nan if (value := values.get(name)) is None else value for name in ("worst_rise", "luma_correlation")
        )
        details = {"exploded": f"rose to {rise:.3g} times its best", "swapped": f"correlation {luma:.3g}"}
        return [
            {"words": _FAILURES[failure], "detail": details[failure]} for failure in failures(trace.recipe, rise, luma)
        ]

    def at(self, trace: Trace, iteration: int) -> Values | None:
        """The scores of a picture at one iteration, None where they were not computed."""
        return self.by_iteration.get((*_key(trace), iteration))


def read_scores(table: Path, by_iteration: Path | None) -> Scores:
    """The scores of the table, and of the table by iteration if there is one.

    Raises ResultError if a table is missing or lacks a column.
    """
    rows = read_score_table(table)
    rows = rows[~is_control(rows)]
    # A measure without any value, for instance of a rater that was not configured, is left out.
    measures = _ordered([name for name in rows if rows[name].notna().any()])
    moments = read_iteration_table(by_iteration) if by_iteration else pd.DataFrame(columns=[*ITERATION_COLUMNS])
    common = [name for name in SNAPSHOT_MEASURES if name in measures] if by_iteration else []
    return Scores(
        table=table,
        rows=rows,
        measures=tuple(measures),
        by_picture=_by_key(rows, KEY, measures),
        measures_by_iteration=tuple(common),
        by_iteration=_by_key(moments, [*KEY, ITERATION], common),
    )


def opening(rows: pd.DataFrame, recipes: Sequence[str], networks: Sequence[str]) -> dict[str, str]:
    """The comparison that the page opens with, as its address names it: the pair with the largest difference.

    The first standard and the first adversarial network (else the first and the last) at the last epoch that both
    have, with the first recipe, which is the main one. Of these the seed, content and style where their style
    distances differ most, in either direction, so that the page does not take a side. Among equals, and where no style
    distance was measured, the first row of the table.
    """
    left, right = _two_networks(rows, networks)
    candidates = rows[(rows["recipe"] == recipes[0]) & rows["network"].isin([left, right])]
    epochs = [set(candidates.loc[candidates["network"] == network, "epoch"]) for network in (left, right)]
    if shared := epochs[0] & epochs[1]:
        candidates = candidates[candidates["epoch"] == max(shared)]
    if candidates.empty:
        candidates = rows
    row = candidates.loc[_largest_difference(candidates, left, right)]
    names = {"left": left, "right": right}
    return names | {name: str(row[name]) for name in ("recipe", "seed", "epoch", "content", "style")}


def _two_networks(rows: pd.DataFrame, networks: Sequence[str]) -> tuple[str, str]:
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))

    def first_of(regime: str, otherwise: str) -> str:
        return next((network for network in networks if regimes.get(network) == regime), otherwise)

    return first_of("standard", networks[0]), first_of("adversarial", networks[-1])


def _largest_difference(rows: pd.DataFrame, left: str, right: str) -> object:
    """The index of a row of the pair where the two networks differ most."""
    pair = ["seed", "epoch", "content", "style"]
    for measure in STYLE_DISTANCES:
        if measure not in rows or rows[measure].isna().all():
            continue
        by_network = [rows[rows["network"] == network].set_index(pair)[measure] for network in (left, right)]
        differences = (by_network[0] - by_network[1]).abs().dropna()
        if len(differences) and math.isfinite(differences.max()):
            largest = dict(zip(pair, differences.idxmax(), strict=True))
            return rows[(rows[pair] == pd.Series(largest)).all(axis=1)].index[0]
    return rows.index[0]


def _key(trace: Trace) -> tuple[Any, ...]:
    return tuple(getattr(trace.labels, name) for name in KEY)


def _by_key(rows: pd.DataFrame, key: Sequence[str], measures: Sequence[str]) -> dict[tuple[Any, ...], Values]:
    keys = zip(*(rows[name].tolist() for name in key), strict=True)
    values = rows[list(measures)].to_numpy("float64").tolist()
    return {at: [finite(value) for value in row] for at, row in zip(keys, values, strict=True)}


def finite(value: float) -> float | None:
    """The number as JSON has it: None for NaN (not measured) and infinity."""
    return value if abs(value) < float("inf") else None


@dataclass(frozen=True)
class Words:
    """A score as a reader meets it. `better`: 1 more, -1 less, 0 neither; `is_first`: always shown."""

    group: str
    words: str
    note: str
    better: int = 0
    is_first: bool = False
    is_fraction: bool = False


_WORDS = {
    "content_ssim": Words("Content", "Structure kept", "SSIM, 1 = the content", 1, is_first=True),
    "content_edge_ssim": Words("Content", "Edges kept", "SSIM of the edges, 1 = the content", 1),
    "luma_correlation": Words("Content", "Light and dark kept", "1 = as in the content, below 0 = swapped", 1),
    "content_perceptual_distance": Words("Content", "Perceptual distance", "0 = the content", -1),
    "style_colour_distance": Words("Style", "Colour distance", "0 = style, 1 = content", -1, is_first=True),
    "style_texture_distance": Words("Style", "Texture distance", "0 = style, 1 = content", -1, is_first=True),
    "style_gram_distance": Words("Style", "Gram distance", "seen by an ImageNet network, 0 = the style", -1),
    "rater_standard_style_distance": Words("Style", "To a standard rater", "next seed’s network, 0 = the style", -1),
    "rater_adversarial_style_distance": Words("Style", "To a robust rater", "next seed’s network, 0 = the style", -1),
    "people_prefer": Words("Style", "Chosen by people", "share of blind answers", 1, is_fraction=True),
    "high_frequency_excess": Words("Artefacts", "Fine ripples", "above 0 = artefacts", -1, is_first=True),
    "checkerboard_excess": Words("Artefacts", "Checkerboard", "above 0 = artefacts", -1),
    "out_of_range_fraction": Words("Artefacts", "Out of range", "values beyond black or white", -1, is_fraction=True),
    "worst_rise": Words("Painting", "Loss rise", "over its best, 1 = calm", -1, is_first=True),
    "final_over_best": Words("Painting", "End over best", "1 = it ended at its best", -1),
    # Each network has its own unit of loss: neither is better.
    "final_content_loss": Words("Painting", "Content loss", "at the end, in the network’s own unit"),
    "final_style_loss": Words("Painting", "Style loss", "at the end, in the network’s own unit"),
    "clean_accuracy": Words("Network", "Clean accuracy", "photographs recognised", is_first=True, is_fraction=True),
    "robust_accuracy": Words("Network", "Robust accuracy", "the same, under attack", is_first=True, is_fraction=True),
}
# The first of these that was measured decides which pair the page opens with.
STYLE_DISTANCES = ("style_texture_distance", "style_colour_distance")
_FAILURES = {"exploded": "Loss exploded", "swapped": "Light and dark swapped"}


def words_of(name: str) -> dict[str, Any]:
    """The names of a score, as plain data for the page's script."""
    words = _WORDS.get(name) or Words("Further", spoken(name).capitalize(), "")
    return {
        "name": name,
        "group": words.group,
        "words": words.words,
        "note": words.note,
        "better": words.better,
        "first": words.is_first,
        "fraction": words.is_fraction,
    }


def _ordered(columns: Collection[str]) -> list[str]:
    """The scores among these columns of the table, in the order of `_WORDS`; scores without words come last."""
    further = [name for name in (*MEASURES, *RATED, *ACCURACIES) if name not in _WORDS]
    return [name for name in (*_WORDS, *further) if name in columns]
