"""Answers of people in the page's blind test (`ratings.tsv`), and what share of them each picture got.

Standard library only: the Snakefile reads the files before a run.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from robust_style.errors import ConfigError

# recipe, network, seed, epoch, content, style
Picture: TypeAlias = tuple[str, str, int, int, str, str]

COLUMNS = (
    "rater", "time", "shuffle_seed", "recipe", "content", "style", "seed", "epoch", "left_network", "right_network",
    "answer",
)  # fmt: skip
# Answer -> points of the left and of the right picture.
POINTS = {"left": (1.0, 0.0), "right": (0.0, 1.0), "cannot_tell": (0.5, 0.5)}


@dataclass(frozen=True)
class Answer:
    """One person's answer to the question which of two pictures is closer to the painting; `answer` is of `POINTS`."""

    rater: str
    left: Picture
    right: Picture
    answer: str


def read_answers(paths: Iterable[Path]) -> list[Answer]:
    """Read the answers in files that the page saved.

    Raises ConfigError for the first fault: a file that cannot be read or is no such table, a rater who answered the
    same comparison twice, or answers about different pairs of networks.
    """
    answers: list[Answer] = []
    place_of: dict[tuple[str, frozenset[Picture]], str] = {}
    for path in paths:
        for place, row in _rows(path):
            answer = _answer(place, row)
            comparison = answer.rater, frozenset((answer.left, answer.right))
            if comparison in place_of:
                raise ConfigError(
                    f"{place}: rater {answer.rater} already answered this comparison in {place_of[comparison]}. "
                    "Name each file once, and give each person another name."
                )
            place_of[comparison] = place
            if answers and _networks(answer) != _networks(answers[0]):
                pairs = " and ".join("/".join(sorted(_networks(one))) for one in (answers[0], answer))
                raise ConfigError(f"{place}: the ratings compare {pairs}. Use ratings of one pair of networks.")
            answers.append(answer)
    return answers


def shares_chosen(answers: Iterable[Answer]) -> Mapping[Picture, float]:
    """Return the share of answers for each picture, 0 to 1; "cannot tell" counts half for both."""
    points: defaultdict[Picture, list[float]] = defaultdict(list)
    for answer in answers:
        for picture, point in zip((answer.left, answer.right), POINTS[answer.answer], strict=True):
            points[picture].append(point)
    return {picture: sum(values) / len(values) for picture, values in points.items()}


def _networks(answer: Answer) -> frozenset[str]:
    return frozenset((answer.left[1], answer.right[1]))


def _rows(path: Path) -> list[tuple[str, dict[str, str]]]:
    """The place (file and line) and the cells of each answer."""
    try:
        # A spreadsheet program may have added a byte order mark.
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, delimiter="\t", restval="")
            columns = reader.fieldnames or ()
            rows = [(f"ratings: {path}, line {reader.line_num}", row) for row in reader]
    except OSError as error:
        raise ConfigError(f"ratings: {path} cannot be read ({error.strerror}). Correct the path.") from None
    except (ValueError, csv.Error):
        raise ConfigError(f"ratings: {path} is not a text file. Use a file that the page's blind test saved.") from None
    if missing := [name for name in COLUMNS if name not in columns]:
        raise ConfigError(
            f"ratings: {path} has no column {missing[0]}. Use a file that the page's blind test saved (tab-separated)."
        )
    return rows


def _answer(place: str, row: Mapping[str, str]) -> Answer:
    if empty := [name for name in COLUMNS if not row[name].strip()]:
        raise ConfigError(f"{place}: {empty[0]} is empty. Correct the line or delete it.")
    if row["answer"] not in POINTS:
        raise ConfigError(f"{place}: answer is {row['answer']!r}. Use one of {', '.join(POINTS)}, or delete the line.")
    if row["left_network"] == row["right_network"]:
        raise ConfigError(f"{place}: both pictures are of {row['left_network']}. Correct the line or delete it.")
    for name in ("seed", "epoch"):
        # int() would also accept signs, spaces and underscores.
        if not (row[name].isascii() and row[name].isdigit()):
            raise ConfigError(f"{place}: {name} is {row[name]!r}, not a whole number. Correct the line or delete it.")
    left, right = (
        (row["recipe"], row[side], int(row["seed"]), int(row["epoch"]), row["content"], row["style"])
        for side in ("left_network", "right_network")
    )
    return Answer(row["rater"], left, right, row["answer"])
