"""All scores in one table, beside the accuracy of the checkpoint that painted the picture."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.artefact.json_file import read_json
from robust_style.errors import ResultError
from robust_style.score.evaluation import Evaluation, read_evaluation
from robust_style.score.table import COLUMNS, LABELS, MEASURES, write_table


def collect_scores(*, scores: list[Path], evaluations: list[Path], table: Path) -> None:
    """Writes one sorted row per score file to the tab-separated `table`.

    Raises ResultError if two score files describe one picture, or a picture's checkpoint has no evaluation.
    """
    checkpoints = {found.checkpoint: found for found in map(read_evaluation, evaluations)}
    rows = pd.DataFrame([_row(path, checkpoints) for path in scores], columns=list(COLUMNS))
    rows = rows.sort_values(list(LABELS), kind="stable")
    repeated = rows.duplicated(list(LABELS))
    if repeated.any():
        picture = " ".join(str(value) for value in rows.loc[repeated, list(LABELS)].iloc[0])
        raise ResultError(f"{table}: expected one score per picture, found two of '{picture}'; name each file once")
    write_table(table, rows)


def _row(path: Path, checkpoints: dict[tuple[str, int, int], Evaluation]) -> dict[str, Any]:
    score = read_json(path)
    try:
        labels = {name: score["labels"][name] for name in LABELS}
        measures = {name: float(score[name]) for name in MEASURES}
        evaluation = checkpoints[labels["network"], labels["seed"], labels["epoch"]]
    except KeyError as problem:
        if isinstance(problem.args[0], tuple):
            network, seed, epoch = problem.args[0]
            raise ResultError(
                f"{path}: expected an evaluation of {network}, seed {seed}, epoch {epoch}, found none; evaluate it too"
            ) from None
        raise ResultError(f"{path}: expected a score file, found no {problem}; delete the file and run again") from None
    accuracies = {"clean_accuracy": evaluation.clean_accuracy, "robust_accuracy": evaluation.robust_accuracy}
    return labels | measures | accuracies
