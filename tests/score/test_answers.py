"""Answers of people in the blind test: read strictly, counted per picture, one column of the table of scores."""

from pathlib import Path

import pytest

from made_results import make_results
from robust_style.errors import ConfigError
from robust_style.score.blind_test import COLUMNS, read_answers, shares_chosen
from robust_style.score.score_tables import read_score_table

ROW = {
    "rater": "r1", "time": "2026-11-27T12:00:00.000Z", "shuffle_seed": 7, "recipe": "fair", "content": "rocket",
    "style": "flow_field", "seed": 0, "epoch": 8, "left_network": "standard", "right_network": "adversarial",
    "answer": "right",
}  # fmt: skip


def write_ratings(path: Path, *changes: dict[str, object], columns=COLUMNS) -> Path:
    rows = [[str((ROW | change)[column]) for column in columns] for change in changes]
    path.write_text("".join("\t".join(row) + "\n" for row in [list(columns), *rows]), encoding="utf-8")
    return path


def picture(network: str, **changes: object) -> tuple[object, ...]:
    row = ROW | {"network": network} | changes
    return tuple(row[name] for name in ("recipe", "network", "seed", "epoch", "content", "style"))


def test_the_share_of_a_picture_counts_sides_and_ties(tmp_path):
    swapped = {"left_network": "adversarial", "right_network": "standard"}
    one = write_ratings(tmp_path / "one.tsv", {}, {"seed": 1, "answer": "left"})
    others = ({"rater": "r2"}, swapped | {"rater": "r3", "answer": "right"}, {"rater": "r4", "answer": "cannot_tell"})
    two = write_ratings(tmp_path / "two.tsv", *others)
    shares = shares_chosen(read_answers([one, two]))
    assert shares[picture("adversarial")] == pytest.approx(2.5 / 4)
    assert shares[picture("standard")] == pytest.approx(1.5 / 4)
    assert shares[picture("standard", seed=1)] == 1.0
    assert shares[picture("adversarial", seed=1)] == 0.0


def test_a_file_that_a_spreadsheet_saved_is_read(tmp_path):
    path = write_ratings(tmp_path / "ratings.tsv", {})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert [answer.answer for answer in read_answers([path])] == ["right"]


def test_the_column_is_empty_but_for_rated_pictures(tmp_path):
    made = make_results(tmp_path, recipes=("fair",))
    made.collect(tmp_path / "without.tsv")
    assert read_score_table(tmp_path / "without.tsv")["people_prefer"].isna().all()
    made.collect(tmp_path / "with.tsv", [write_ratings(tmp_path / "ratings.tsv", {})])
    rows = read_score_table(tmp_path / "with.tsv")
    rated = rows[rows["people_prefer"].notna()]
    assert dict(zip(rated["network"], rated["people_prefer"], strict=True)) == {"standard": 0.0, "adversarial": 1.0}
    assert set(rated["epoch"]) == {8}
    assert set(rated["content"]) == {"rocket"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"answer": "both"}], r"line 2: answer is 'both'. Use one of left, right, cannot_tell"),
        ([{"answer": ""}], "line 2: answer is empty"),
        ([{}, {"rater": " "}], "line 3: rater is empty"),
        ([{"epoch": "last"}], "line 2: epoch is 'last', not a whole number"),
        ([{"seed": "-1"}], "line 2: seed is '-1'"),
        ([{"right_network": "standard"}], "both pictures are of standard"),
        ([{}, {"answer": "left"}], "line 3: rater r1 already answered this comparison in .*line 2"),
        (
            [{}, {"left_network": "adversarial", "right_network": "standard"}],
            "line 3: rater r1 already answered this comparison",
        ),
        ([{}, {"left_network": "noise"}], "compare adversarial/standard and adversarial/noise"),
    ],
)
def test_a_faulty_row_is_named(tmp_path, changes, message):
    with pytest.raises(ConfigError, match=message) as error:
        read_answers([write_ratings(tmp_path / "ratings.tsv", *changes)])
    assert str(tmp_path / "ratings.tsv") in str(error.value)


def test_a_file_that_is_named_twice_and_another_persons_same_name_are_refused(tmp_path):
    paths = [write_ratings(tmp_path / name, {}) for name in ("one.tsv", "two.tsv")]
    for given in (paths, [paths[0], paths[0]]):
        with pytest.raises(ConfigError, match=r"Name each file once, and give each person another name\."):
            read_answers(given)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"cannot be read \(No such file"),
        (b"", "has no column rater"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "is not a text file"),
        (b"rater,answer\nr1,left\n", "has no column rater"),
        (("\t".join(COLUMNS[:-1]) + "\n").encode(), "has no column answer"),
        (("\t".join(COLUMNS) + "\nr1\tnow\n").encode(), "line 2: shuffle_seed is empty"),
    ],
)
def test_another_file_is_refused(tmp_path, content, message):
    path = tmp_path / "ratings.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_answers([path])


@pytest.mark.parametrize("change", [{"content": "cathedral"}, {"epoch": 9}, {"left_network": "noise"}])
def test_ratings_of_another_run_are_refused(tmp_path, change):
    made = make_results(tmp_path, recipes=("fair",))
    path = write_ratings(tmp_path / "ratings.tsv", change)
    with pytest.raises(ConfigError, match=r"this run has no picture fair/.*collected with the page of this run"):
        made.collect(tmp_path / "scores.tsv", [path])
    assert not (tmp_path / "scores.tsv").exists()
