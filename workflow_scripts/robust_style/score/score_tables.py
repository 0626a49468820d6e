"""The table of all scores (a row per picture), and that of the snapshots (a row per picture and iteration)."""

from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.errors import ConfigError, ResultError
from robust_style.files.evaluation import Evaluation
from robust_style.files.tsv import read_table, write_table
from robust_style.score.blind_test import read_answers, shares_chosen
from robust_style.score.columns import (
    ACCURACIES,
    CONTROL_REGIME,
    ITERATION,
    ITERATION_COLUMNS,
    LABELS,
    MEASURES,
    RATED,
    SCORE_COLUMNS,
    SNAPSHOT_MEASURES,
    TARGET,
)
from robust_style.score.score_files import PictureScores, load_ratings, load_scores

# Columns that identify a picture: the fields of `blind_test.Picture`.
PICTURE = ["recipe", "network", "seed", "epoch", "content", "style"]
_LABEL_TYPES = {name: "int64" if name in ("seed", "epoch") else "str" for name in LABELS}


def collect_scores(
    *,
    scores: list[Path],
    evaluations: list[Path],
    ratings: list[Path],
    answers: list[Path],
    table: Path,
    by_iteration: Path,
) -> None:
    """Write one sorted row per scored picture to `table`, and one per snapshot to `by_iteration`.

    Each row has the accuracies of the picture's checkpoint; a control has none. `ratings` (by networks) and `answers`
    (by people, in the page's blind test) may be empty; columns without a rating stay empty. Raises ResultError if two
    scores are of the same picture, a picture's checkpoint has no evaluation, or a rating belongs to no picture;
    ConfigError for faulty answers or answers about a picture that is not in the table.
    """
    checkpoints = {evaluation.checkpoint: evaluation for evaluation in map(Evaluation.load, evaluations)}
    pictures: list[dict[str, Any]] = []
    snapshots: list[dict[str, Any]] = []
    for path in scores:
        for picture in load_scores(path):
            labels = vars(picture.labels)
            reached = {TARGET[0]: None if picture.target_reached is None else int(picture.target_reached)}
            pictures.append(labels | dict(picture.measures) | reached | _accuracies(path, picture, checkpoints))
            snapshots += [labels | dict(snapshot) for snapshot in picture.snapshots]
    rows = pd.DataFrame(pictures, columns=list(SCORE_COLUMNS)).sort_values(list(LABELS), kind="stable")
    repeated = rows[rows.duplicated(list(LABELS))]
    if len(repeated):
        picture_words = " ".join(str(value) for value in repeated[list(LABELS)].iloc[0])
        raise ResultError(
            f"{table}: expected one score per picture, found two of '{picture_words}'; name each file once"
        )
    write_table(table, _with_answers(_with_ratings(rows, ratings), answers))
    moments = pd.DataFrame(snapshots, columns=list(ITERATION_COLUMNS))
    write_table(by_iteration, moments.sort_values([*LABELS, ITERATION], kind="stable"))


def read_score_table(path: Path) -> pd.DataFrame:
    """Read the table of scores, controls included; NaN where not measured.

    Raises ResultError if it is missing or lacks a column.
    """
    types = _LABEL_TYPES | dict.fromkeys(MEASURES + RATED + TARGET + ACCURACIES, "float64")
    return read_table(path, types, "the table of scores")


def is_control(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows of the table of scores are controls: pictures that no network painted."""
    return rows["regime"] == CONTROL_REGIME


def read_iteration_table(path: Path) -> pd.DataFrame:
    """Read the table of snapshots, which may have no row. Raises ResultError if it is missing or lacks a column."""
    types = _LABEL_TYPES | {ITERATION: "int64"} | dict.fromkeys(SNAPSHOT_MEASURES, "float64")
    return read_table(path, types, "scores by iteration")


def _accuracies(
    path: Path, picture: PictureScores, checkpoints: dict[tuple[str, int, int], Evaluation]
) -> dict[str, float | None]:
    labels = picture.labels
    if labels.regime == CONTROL_REGIME:
        return {}
    evaluation = checkpoints.get((labels.network, labels.seed, labels.epoch))
    if evaluation is None:
        raise ResultError(
            f"{path}: expected an evaluation of {labels.network}, seed {labels.seed}, epoch {labels.epoch}, found "
            "none; evaluate it too"
        )
    return {name: getattr(evaluation, name) for name in ACCURACIES}


def _with_ratings(rows: pd.DataFrame, ratings: list[Path]) -> pd.DataFrame:
    keys = list(LABELS)
    entries = [vars(rating.labels) | dict(rating.measures) for path in ratings for rating in load_ratings(path)]
    rated = pd.DataFrame(entries, columns=[*keys, *RATED]).astype(rows[keys].dtypes.to_dict())
    if rated.duplicated(keys).any() or len(rated.merge(rows[keys], on=keys)) != len(rated):
        folders = ", ".join(sorted({str(path.parent) for path in ratings}))
        raise ResultError(f"{folders}: expected ratings of scored pictures, each once, found others; delete them")
    return rows.drop(columns=list(RATED)).merge(rated, on=keys, how="left")[list(SCORE_COLUMNS)]


def _with_answers(rows: pd.DataFrame, answers: list[Path]) -> pd.DataFrame:
    shares = shares_chosen(read_answers(answers))
    pictures = list(zip(*(rows[name] for name in PICTURE), strict=True))
    if strangers := sorted(shares.keys() - set(pictures)):
        recipe, network, seed, epoch, content, style = strangers[0]
        raise ConfigError(
            f"ratings: this run has no picture {recipe}/{network}/seed_{seed}/epoch_{epoch:03d}/{content}--{style}, "
            f"which {', '.join(map(str, answers))} rated. Use ratings that were collected with the page of this run."
        )
    return rows.assign(people_prefer=[shares.get(picture) for picture in pictures])
