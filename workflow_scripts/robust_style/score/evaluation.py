"""What is known about a checkpoint's accuracy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json


@dataclass(frozen=True)
class HistoryRow:
    """One completed training epoch, counted from 1; accuracies are fractions, None where not measured."""

    epoch: int
    test_clean_accuracy: float | None
    test_robust_accuracy: float | None


@dataclass(frozen=True)
class Evaluation:
    """Clean and robust accuracy of one checkpoint, as fractions, and the epochs that led to it.

    None where they were not measured; a network that only paints has no accuracy.
    """

    network: str
    regime: str
    seed: int
    epoch: int
    clean_accuracy: float | None
    robust_accuracy: float | None
    history: tuple[HistoryRow, ...]

    @property
    def checkpoint(self) -> tuple[str, int, int]:
        """Network, seed and epoch: what tells checkpoints apart."""
        return self.network, self.seed, self.epoch


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation at `path`. Raises ResultError if it is missing, damaged or of another kind."""
    content = read_json(path)
    try:
        return _evaluation_of(content)
    except (KeyError, TypeError, ValueError) as problem:
        raise ResultError(
            f"{path}: expected the evaluation of a checkpoint, found a fault in {problem}; delete it and run again"
        ) from None


def _evaluation_of(content: Any) -> Evaluation:
    return Evaluation(
        network=content["network"],
        regime=content["regime"],
        seed=int(content["seed"]),
        epoch=int(content["epoch"]),
        clean_accuracy=_fraction(content["clean_accuracy"]),
        robust_accuracy=_fraction(content["robust_accuracy"]),
        history=tuple(
            HistoryRow(int(row["epoch"]), _fraction(row["test_clean_accuracy"]), _fraction(row["test_robust_accuracy"]))
            for row in content["history"]
        ),
    )


def _fraction(value: Any) -> float | None:
    return None if value is None else _share(value)


def _share(value: Any) -> float:
    share = float(value)
    if not 0 <= share <= 1:  # nor NaN, which no page and no axis can show
        raise ValueError(f"the accuracy {value}")
    return share
