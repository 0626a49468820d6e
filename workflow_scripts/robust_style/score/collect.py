"""All scores in one table, beside the accuracy of the checkpoint that painted the picture."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ResultError
from robust_style.files.atomic import read_json
from robust_style.files.evaluation import Evaluation
from robust_style.score.by_iteration import COLUMNS as BY_ITERATION
from robust_style.score.by_iteration import ITERATION
from robust_style.score.by_iteration import MEASURES as ON_THE_WAY
from robust_style.score.columns import LABELS, MEASURES, RATED
from robust_style.score.table import COLUMNS, write_table


def collect_scores(
    *, scores: list[Path], evaluations: list[Path], ratings: list[Path], table: Path, by_iteration: Path
) -> None:
    """Writes one sorted row per score file to the tab-separated `table`, and one per snapshot to `by_iteration`.

    `ratings` may be none; what raters did not see stays empty. Raises ResultError if two score files describe one
    picture, a picture's checkpoint has no evaluation, or a judgement is of no picture.
    """
    checkpoints = {found.checkpoint: found for found in map(Evaluation.load, evaluations)}
    pictures: list[dict[str, Any]] = []
    snapshots: list[dict[str, Any]] = []
    for path in scores:
        picture, on_the_way = _rows(path, checkpoints)
        pictures.append(picture)
        snapshots.extend(on_the_way)
    rows = pd.DataFrame(pictures, columns=list(COLUMNS)).sort_values(list(LABELS), kind="stable")
    repeated = rows.duplicated(list(LABELS))
    if repeated.any():
        picture_words = " ".join(str(value) for value in rows.loc[repeated, list(LABELS)].iloc[0])
        raise ResultError(
            f"{table}: expected one score per picture, found two of '{picture_words}'; name each file once"
        )
    write_table(table, _with_ratings(rows, ratings))
    moments = pd.DataFrame(snapshots, columns=list(BY_ITERATION))
    write_table(by_iteration, moments.sort_values([*LABELS, ITERATION], kind="stable"))


def _with_ratings(rows: pd.DataFrame, ratings: list[Path]) -> pd.DataFrame:
    keys = list(LABELS)
    said = [_flat(path, entry) for path in ratings for entry in read_json(path)]
    judged = pd.DataFrame(said, columns=[*keys, *RATED]).astype(rows[keys].dtypes.to_dict())
    if judged.duplicated(keys).any() or len(judged.merge(rows[keys], on=keys)) != len(judged):
        where = ", ".join(sorted({str(path.parent) for path in ratings}))
        raise ResultError(f"{where}: expected ratings of scored pictures, each once, found others; delete them")
    return rows.drop(columns=list(RATED)).merge(judged, on=keys, how="left")[list(COLUMNS)]


def _flat(path: Path, entry: Any) -> dict[str, Any]:
    try:
        return {name: entry["labels"][name] for name in LABELS} | {name: entry[name] for name in RATED if name in entry}
    except (KeyError, TypeError) as problem:
        raise ResultError(
            f"{path}: expected ratings of pictures, found no {problem}; delete the file and run again"
        ) from None


def _rows(
    path: Path, checkpoints: dict[tuple[str, int, int], Evaluation]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of the finished picture, and those of its snapshots."""
    score = read_json(path)
    try:
        labels = {name: score["labels"][name] for name in LABELS}
        measures = {name: float(score[name]) for name in MEASURES}
        on_the_way = [
            labels | {ITERATION: int(moment[ITERATION])} | {name: float(moment[name]) for name in ON_THE_WAY}
            for moment in score["snapshots"]
        ]
        evaluation = checkpoints[labels["network"], labels["seed"], labels["epoch"]]
    except KeyError as problem:
        if isinstance(problem.args[0], tuple):
            network, seed, epoch = problem.args[0]
            raise ResultError(
                f"{path}: expected an evaluation of {network}, seed {seed}, epoch {epoch}, found none; evaluate it too"
            ) from None
        raise ResultError(f"{path}: expected a score file, found no {problem}; delete the file and run again") from None
    accuracies = {"clean_accuracy": evaluation.clean_accuracy, "robust_accuracy": evaluation.robust_accuracy}
    return labels | measures | accuracies, on_the_way
