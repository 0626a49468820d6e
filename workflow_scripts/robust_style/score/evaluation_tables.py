"""The tables of evaluations (a row per checkpoint) and of training histories (a row per epoch)."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.files.evaluation import Evaluation, wilson_interval
from robust_style.files.tsv import read_table, write_table

_CHECKPOINT = ("network", "regime", "seed", "epoch")
# Accuracy and its number of images, as named in an evaluation.
_ACCURACIES = {
    "clean_accuracy": "test_images",
    "robust_accuracy": "images",
    "autoattack_accuracy": "autoattack_images",
}
_HISTORY = (
    "learning_rate", "train_loss", "train_accuracy", "test_clean_accuracy", "test_robust_accuracy",
)  # fmt: skip


def collect_evaluations(*, evaluations: list[Path], table: Path, history: Path) -> None:
    """Write one row per checkpoint to `table` and one per network, seed and completed epoch to `history`.

    Accuracies are fractions with 95 % Wilson intervals over the test images; the intervals do not cover other training
    seeds. Raises ResultError for a damaged evaluation.
    """
    rows: list[dict[str, Any]] = []
    epochs: dict[tuple[str, int, int], dict[str, Any]] = {}
    for evaluation in map(Evaluation.load, sorted(evaluations)):
        rows.append(_checkpoint_row(evaluation))
        # A later checkpoint's history contains that of the earlier ones.
        for row in evaluation.history:
            labels = {name: getattr(evaluation, name) for name in ("network", "regime", "seed")}
            epochs[evaluation.network, evaluation.seed, row.epoch] = labels | vars(row)
    write_table(table, pd.DataFrame(rows).sort_values(["network", "seed", "epoch"]))
    write_table(history, pd.DataFrame([epochs[key] for key in sorted(epochs)], columns=[*_CHECKPOINT, *_HISTORY]))


def read_evaluation_table(path: Path) -> pd.DataFrame:
    """Read network, seed, epoch and warnings (text, perhaps empty) of each checkpoint.

    Raises ResultError if the table is missing or lacks one of these columns.
    """
    types = {"network": "str", "seed": "int64", "epoch": "int64", "warnings": "str"}
    return read_table(path, types, "the table of evaluations")


def _checkpoint_row(evaluation: Evaluation) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(evaluation, name) for name in _CHECKPOINT}
    for name, images_name in _ACCURACIES.items():
        accuracy, images = getattr(evaluation, name), getattr(evaluation, images_name)
        low, high = wilson_interval(accuracy, images) if accuracy is not None and images > 0 else (None, None)
        row |= {name: accuracy, f"{name}_low": low, f"{name}_high": high, f"{name}_images": images}
    attack = evaluation.attack
    row["attack"] = (
        f"{attack['constraint']} epsilon {attack['epsilon']:g}, {attack['steps']} steps of {attack['step_size']:g}, "
        f"{attack['restarts']} restart{'s' if attack['restarts'] > 1 else ''}"
    )
    return row | {"warnings": "; ".join(evaluation.warnings)}
