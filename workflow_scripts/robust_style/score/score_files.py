"""JSON files of scores: one per training and recipe from the metrics, one per training from the raters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json, write_json
from robust_style.files.trace import Labels
from robust_style.score.columns import (
    CONTROL_REGIME,
    ITERATION,
    MEASURES,
    PICTURE_MEASURES,
    RATED,
    SNAPSHOT_MEASURES,
)

_Picture = TypeVar("_Picture")


@dataclass(frozen=True)
class PictureScores:
    """The scores of one picture: a value of each of `MEASURES`; per snapshot `ITERATION` and `SNAPSHOT_MEASURES`.

    A control has no optimisation: `PICTURE_MEASURES` only, and no snapshots.
    `target_reached`: whether it has the content target of its recipe, None without one.
    """

    labels: Labels
    measures: Mapping[str, float]
    target_reached: bool | None
    snapshots: Sequence[Mapping[str, int | float]]


@dataclass(frozen=True)
class PictureRatings:
    """The ratings of one picture: a value of each of `RATED` whose rater is configured."""

    labels: Labels
    measures: Mapping[str, float]


def save_scores(path: Path, scores: Sequence[PictureScores]) -> None:
    """Write the scores of several pictures. Raises StorageError if they cannot be written."""
    write_json(
        path,
        [
            {
                "labels": asdict(picture.labels),
                **picture.measures,
                "content_target_reached": picture.target_reached,
                "snapshots": list(picture.snapshots),
            }
            for picture in scores
        ],
    )


def load_scores(path: Path) -> list[PictureScores]:
    """Read the scores at `path`. Raises ResultError if they are missing, damaged or of another kind."""
    return _load(path, "scores", _scores)


def save_ratings(path: Path, ratings: Sequence[PictureRatings]) -> None:
    """Write the ratings of several pictures. Raises StorageError if they cannot be written."""
    write_json(path, [{"labels": asdict(rating.labels), **rating.measures} for rating in ratings])


def load_ratings(path: Path) -> list[PictureRatings]:
    """Read the ratings at `path`. Raises ResultError if they are missing, damaged or of another kind."""
    return _load(path, "ratings", _ratings)


def _scores(entry: Any) -> PictureScores:
    labels, reached = Labels.from_json(entry["labels"]), entry["content_target_reached"]
    names = PICTURE_MEASURES if labels.regime == CONTROL_REGIME else MEASURES
    return PictureScores(
        labels,
        {name: float(entry[name]) for name in names},
        None if reached is None else bool(reached),
        [
            {ITERATION: int(row[ITERATION])} | {name: float(row[name]) for name in SNAPSHOT_MEASURES}
            for row in entry["snapshots"]
        ],
    )


def _ratings(entry: Any) -> PictureRatings:
    return PictureRatings(
        Labels.from_json(entry["labels"]), {name: float(entry[name]) for name in RATED if name in entry}
    )


def _load(path: Path, kind: str, read: Callable[[Any], _Picture]) -> list[_Picture]:
    content: Any = read_json(path)
    try:
        if not isinstance(content, list):
            raise TypeError("its outermost level: no list")
        return [read(entry) for entry in content]
    except (KeyError, TypeError, ValueError) as problem:
        raise ResultError(
            f"{path}: expected {kind} of pictures, found a fault in {problem}; delete the file and run again"
        ) from None
