"""What was measured of every checkpoint, and of every epoch on the way, as two tables."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json
from robust_style.files.evaluation import wilson_interval
from robust_style.score.table import write_table

_CHECKPOINT = ("network", "regime", "seed", "epoch")
# Accuracy and the number of images it is a fraction of, as an evaluation names them.
_ACCURACIES = {
    "clean_accuracy": "test_images",
    "robust_accuracy": "images",
    "autoattack_accuracy": "autoattack_images",
}
_HISTORY = (
    "learning_rate", "train_loss", "train_accuracy", "test_clean_accuracy", "test_robust_accuracy",
)  # fmt: skip


def collect_evaluations(*, evaluations: list[Path], table: Path, history: Path) -> None:
    """Writes one row per checkpoint to `table` and one per network, seed and completed epoch to `history`.

    Accuracies are fractions with their 95 % Wilson intervals over the images (Wilson 1927): what another draw of as
    many test images could have given, not what another training seed would. Raises ResultError for a damaged
    evaluation.
    """
    rows: list[dict[str, Any]] = []
    epochs: dict[tuple[str, int, int], dict[str, Any]] = {}
    for path in sorted(evaluations):
        content = read_json(path)
        try:
            rows.append(_checkpoint_row(content))
            # A later checkpoint's history contains the earlier ones'.
            epochs |= {(content["network"], content["seed"], row["epoch"]): row for row in _history_rows(content)}
        except (KeyError, TypeError, ValueError) as problem:
            raise ResultError(
                f"{path}: expected the evaluation of a checkpoint, found a fault in {problem}; delete it and run again"
            ) from None
    write_table(table, pd.DataFrame(rows).sort_values(["network", "seed", "epoch"]))
    write_table(history, pd.DataFrame([epochs[key] for key in sorted(epochs)], columns=[*_CHECKPOINT, *_HISTORY]))


def _checkpoint_row(content: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {name: content[name] for name in _CHECKPOINT}
    for accuracy, count in _ACCURACIES.items():
        is_measured = content[accuracy] is not None and content[count] > 0
        low, high = wilson_interval(content[accuracy], content[count]) if is_measured else (None, None)
        row |= {
            accuracy: content[accuracy],
            f"{accuracy}_low": low,
            f"{accuracy}_high": high,
            f"{accuracy}_images": content[count],
        }
    attack = content["attack"]
    row["attack"] = (
        f"{attack['constraint']} epsilon {attack['epsilon']:g}, {attack['steps']} steps of {attack['step_size']:g}, "
        f"{attack['restarts']} restart{'s' if attack['restarts'] > 1 else ''}"
    )
    return row | {"warnings": "; ".join(content["warnings"])}


def _history_rows(content: dict[str, Any]) -> list[dict[str, Any]]:
    labels = {name: content[name] for name in ("network", "regime", "seed")}
    return [labels | {name: row[name] for name in ("epoch", *_HISTORY)} for row in content["history"]]
