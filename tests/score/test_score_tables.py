"""The table of all scores, and that of the snapshots."""

import json
from dataclasses import replace

import numpy as np
import pytest

from made_results import make_results
from robust_style.errors import ResultError
from robust_style.score.columns import SCORE_COLUMNS
from robust_style.score.score_tables import read_iteration_table, read_score_table


def test_the_table_is_sorted_joined_and_independent_of_order(tmp_path):
    made = make_results(tmp_path, seeds=(0, 1))
    table = tmp_path / "scores.tsv"
    made.collect(table)
    before = table.read_bytes()
    replace(made, scores=made.scores[::-1], evaluations=made.evaluations[::-1]).collect(table)
    assert table.read_bytes() == before
    rows, moments = read_score_table(table), read_iteration_table(tmp_path / "moments.tsv")
    assert tuple(rows.columns) == SCORE_COLUMNS
    assert len(moments) == 3 * len(rows) == 3 * len(made.scores)
    assert list(moments["iteration"][:3]) == [0, 50, 100]
    row = rows[(rows["network"] == "adversarial") & (rows["epoch"] == 8) & (rows["seed"] == 1)].iloc[0]
    evaluation = json.loads((tmp_path / "evaluation/adversarial/seed_1/epoch_008.json").read_text())
    for accuracy in ("clean_accuracy", "robust_accuracy"):
        assert row[accuracy] == pytest.approx(evaluation[accuracy], rel=1e-5)


def test_an_unmeasured_accuracy_is_an_empty_cell_and_a_network_may_be_called_none(tmp_path):
    made = make_results(tmp_path, networks=("none",), recipes=("fair",), epochs=(0,))
    evaluation = json.loads(made.evaluations[0].read_text())
    made.evaluations[0].write_text(json.dumps(evaluation | {"robust_accuracy": None}))
    made.collect(tmp_path / "scores.tsv")
    rows = read_score_table(tmp_path / "scores.tsv")
    assert np.isnan(rows["robust_accuracy"]).all()
    assert set(rows["network"]) == {"none"}


def test_a_missing_evaluation_and_a_repeated_score_are_refused(tmp_path):
    made = make_results(tmp_path, networks=("standard",), recipes=("fair",))
    table = tmp_path / "scores.tsv"
    with pytest.raises(ResultError, match="an evaluation of standard, seed 0, epoch 8"):
        replace(made, evaluations=made.evaluations[:-1]).collect(table)
    with pytest.raises(ResultError, match="found two of 'fair standard"):
        replace(made, scores=[*made.scores, made.scores[0]]).collect(table)
    for content, fault in (("[{}]", "'labels'"), ("{}", "its outermost level")):
        made.scores[0].write_text(content)
        with pytest.raises(ResultError, match=f"expected scores of pictures, found a fault in {fault}"):
            made.collect(table)
    assert not table.exists()


@pytest.mark.parametrize("content", ["", "a\tb\n1\t2\n", "recipe\tseed\nfair\tx\n", None])
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "scores.tsv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ResultError, match="table of scores"):
        read_score_table(path)
