"""The tables of evaluations and of training histories."""

import json
from pathlib import Path

import pandas as pd
import pytest

from made_results import make_results
from robust_style.errors import ResultError
from robust_style.score.evaluation_tables import collect_evaluations


def tables(folder: Path, evaluations: list[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    collect_evaluations(evaluations=evaluations, table=folder / "evaluations.tsv", history=folder / "history.tsv")
    return pd.read_csv(folder / "evaluations.tsv", sep="\t"), pd.read_csv(folder / "history.tsv", sep="\t")


def test_one_row_per_checkpoint_and_one_per_epoch(tmp_path: Path) -> None:
    made = make_results(tmp_path, seeds=(0, 1))
    table, history = tables(tmp_path, made.evaluations)
    assert len(table) == 2 * 2 * 3
    assert len(history) == 2 * 2 * 8
    assert list(history[history["network"] == "standard"]["epoch"]) == [*range(1, 9), *range(1, 9)]
    assert (table["clean_accuracy_low"] < table["clean_accuracy"]).all()
    assert (table["clean_accuracy"] < table["clean_accuracy_high"]).all()
    assert table["autoattack_accuracy_low"].isna().all()
    assert set(table["attack"]) == {"l2 epsilon 0.5, 10 steps of 0.125, 1 restart"}
    before = [path.read_bytes() for path in (tmp_path / "evaluations.tsv", tmp_path / "history.tsv")]
    tables(tmp_path, made.evaluations[::-1])
    assert before == [path.read_bytes() for path in (tmp_path / "evaluations.tsv", tmp_path / "history.tsv")]


@pytest.mark.parametrize(
    ("correct", "images", "low", "high"),
    # Wilson 1927 as tabulated by Newcombe 1998 (table I, method 3)
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_the_published_ones(tmp_path: Path, correct: int, images: int, low: float, high: float) -> None:
    (path,) = make_results(tmp_path, networks=("standard",), epochs=(4,)).evaluations
    content = json.loads(path.read_text())
    content |= {"robust_accuracy": correct / images, "images": images, "warnings": ["first", "second"]}
    path.write_text(json.dumps(content))
    (row,) = tables(tmp_path, [path])[0].to_dict("records")
    assert row["robust_accuracy_low"] == pytest.approx(low, abs=6e-5)
    assert row["robust_accuracy_high"] == pytest.approx(high, abs=6e-5)
    assert row["warnings"] == "first; second"


def test_an_untrained_network_has_no_history(tmp_path: Path) -> None:
    _, history = tables(tmp_path, make_results(tmp_path, epochs=(0,)).evaluations)
    assert history.empty
    assert "train_loss" in history


def test_a_damaged_evaluation_is_named(tmp_path: Path) -> None:
    (path,) = make_results(tmp_path, networks=("standard",), epochs=(4,)).evaluations
    path.write_text("{}")
    with pytest.raises(ResultError, match=r"epoch_004\.json: expected the evaluation .* 'network'"):
        tables(tmp_path, [path])
