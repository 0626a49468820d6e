"""JSON files of scores: one per picture from the metrics, one per training from the raters."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

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

    def save(self, path: Path) -> None:
        """Write the scores. Raises StorageError if they cannot be written."""
        write_json(
            path,
            {
                "labels": asdict(self.labels),
                **self.measures,
                "content_target_reached": self.target_reached,
                "snapshots": list(self.snapshots),
            },
        )

    @classmethod
    def load(cls, path: Path) -> "PictureScores":
        """Read the scores at `path`. Raises ResultError if they are missing, damaged or of another kind."""
        content = read_json(path)
        try:
            labels = Labels.from_json(content["labels"])
            names = PICTURE_MEASURES if labels.regime == CONTROL_REGIME else MEASURES
            return cls(
                labels,
                {name: float(content[name]) for name in names},
                None if (reached := content.get("content_target_reached")) is None else bool(reached),
                [
                    {ITERATION: int(row[ITERATION])} | {name: float(row[name]) for name in SNAPSHOT_MEASURES}
                    for row in content["snapshots"]
                ],
            )
        except (KeyError, TypeError, ValueError) as problem:
            raise ResultError(
                f"{path}: expected a score file, found a fault in {problem}; delete the file and run again"
            ) from None


@dataclass(frozen=True)
class PictureRatings:
    """The ratings of one picture: a value of each of `RATED` whose rater is configured."""

    labels: Labels
    measures: Mapping[str, float]


def save_ratings(path: Path, ratings: Sequence[PictureRatings]) -> None:
    """Write the ratings of several pictures. Raises StorageError if they cannot be written."""
    write_json(path, [{"labels": asdict(rating.labels), **rating.measures} for rating in ratings])


def load_ratings(path: Path) -> list[PictureRatings]:
    """Read the ratings at `path`. Raises ResultError if they are missing, damaged or of another kind."""
    content: Any = read_json(path)
    try:
        return [
            PictureRatings(
                Labels.from_json(entry["labels"]), {name: float(entry[name]) for name in RATED if name in entry}
            )
            for entry in content
        ]
    except (KeyError, TypeError, ValueError) as problem:
        raise ResultError(
            f"{path}: expected ratings of pictures, found a fault in {problem}; delete the file and run again"
        ) from None
