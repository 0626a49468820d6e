"""The evaluation of one checkpoint: its accuracies and training history, as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json, write_json


@dataclass(frozen=True)
class HistoryRow:
    """One completed training epoch, counted from 1. Accuracies are fractions, None where not measured."""

    epoch: int
    learning_rate: float
    test_clean_accuracy: float | None
    test_robust_accuracy: float | None
    train_accuracy: float
    train_loss: float


@dataclass(frozen=True)
class Evaluation:
    """Accuracies of one checkpoint as fractions, and its training history.

    An accuracy is None where it was not measured; a network that only paints has none. `test_images`, `images` and
    `autoattack_images` are the numbers of images of `clean_accuracy`, `robust_accuracy` and `autoattack_accuracy`.
    `attack` has constraint, epsilon, step_size, steps and restarts of the attack.
    """

    network: str
    regime: str
    seed: int
    epoch: int
    clean_accuracy: float | None
    test_images: int
    robust_accuracy: float | None
    images: int
    autoattack_accuracy: float | None
    autoattack_images: int
    warnings: tuple[str, ...]
    attack: Mapping[str, Any]
    history: tuple[HistoryRow, ...]

    @property
    def checkpoint(self) -> tuple[str, int, int]:
        """Network, seed and epoch, which identify a checkpoint."""
        return self.network, self.seed, self.epoch

    def save(self, path: Path) -> None:
        """Write the evaluation. Raises StorageError if it cannot be written."""
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path) -> "Evaluation":
        """Read the evaluation at `path`. Raises ResultError if it is missing, damaged or of another kind."""
        content = read_json(path)
        try:
            values = {name: content[name] for name in cls.__dataclass_fields__}
            for name in ("clean_accuracy", "robust_accuracy", "autoattack_accuracy"):
                _check_fraction(content[name])
            values["attack"] = {name: content["attack"][name] for name in _ATTACK}
            values["warnings"] = tuple(content["warnings"])
            values["history"] = tuple(_history_row(row) for row in content["history"])
            return cls(**values)
        except (KeyError, TypeError, ValueError) as problem:
            raise ResultError(
                f"{path}: expected the evaluation of a checkpoint, found a fault in {problem}; delete it and run again"
            ) from None


def wilson_interval(accuracy: float, images: int) -> tuple[float, float]:
    """Return both ends, in [0, 1], of the 95 % interval of `accuracy` over `images`, at least one.

    SOURCE: Wilson 1927.
    """
    from scipy.stats import binomtest  # takes a second; most readers of evaluations need no interval

    interval = binomtest(round(accuracy * images), images).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


_ATTACK = ("constraint", "epsilon", "step_size", "steps", "restarts")


def _history_row(content: Any) -> HistoryRow:
    _check_fraction(content["test_clean_accuracy"])
    _check_fraction(content["test_robust_accuracy"])
    return HistoryRow(**{name: content[name] for name in HistoryRow.__dataclass_fields__})


def _check_fraction(value: Any) -> None:
    # The comparison also refuses NaN, which neither page nor axis can show.
    if value is not None and not 0 <= value <= 1:
        raise ValueError(f"the accuracy {value}")
