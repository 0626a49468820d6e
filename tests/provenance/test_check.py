"""Check of the results: every fault is named, and then nothing is written."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from made_products import configuration
from made_results import make_reconstructions
from robust_style.errors import ResultError
from robust_style.provenance.check import RANGES, check_results
from robust_style.provenance.manifest import write_manifest
from robust_style.score.columns import ACCURACIES, SCORE_COLUMNS, TRACE_MEASURES

Change = Callable[[pd.DataFrame], pd.DataFrame]


def table() -> pd.DataFrame:
    """Scores of two networks at epochs 0 and 4."""
    labels = {"recipe": "fair", "regime": "standard", "seed": 0, "content": "a", "style": "b"}
    return pd.DataFrame(
        dict.fromkeys(SCORE_COLUMNS, 0.5) | labels | {"network": network, "epoch": epoch}
        for network in ("standard", "adversarial")
        for epoch in (0, 4)
    ).astype("str")


def check(
    results: Path, change: Change = lambda rows: rows, evaluated: Sequence[str] = (), **settings: Any
) -> dict[str, Any]:
    """Return the content of check.json for the changed table; the manifest is written after the change."""
    evaluations = results / "evaluations.tsv"
    evaluations.write_text("\n".join(["network\tseed\tepoch\twarnings", *evaluated]) + "\n", encoding="utf-8")
    scores = results / "scores.tsv"
    change(table()).to_csv(scores, sep="\t", index=False)
    manifest = results / "manifest.tsv"
    run = results / "provenance" / "run.json"
    write_manifest(products=[scores], config=configuration(), run=run, manifest=manifest)
    defaults: dict[str, Any] = {
        "pictures": 4, "controls": 0, "expected": {}, "painters": [], "records": [], "reconstructions": 0,
        "last_epochs": {"standard": 4, "adversarial": 4},
    }  # fmt: skip
    check_results(
        manifest=manifest, products=[scores], table=scores, evaluations=evaluations, check=results / "check.json",
        **defaults | settings,
    )  # fmt: skip
    return dict(json.loads((results / "check.json").read_bytes()))


def assert_refused(results: Path, message: str, change: Change = lambda rows: rows, **settings: Any) -> None:
    with pytest.raises(ResultError) as caught:
        check(results, change, **settings)
    assert str(results / "scores.tsv") in str(caught.value)
    assert message in str(caught.value)
    assert not (results / "check.json").exists()


def test_good_results_pass_and_warnings_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ("standard\t0\t4\t", "adversarial\t0\t4\tclean accuracy 9.8% is chance level")
    content = check(tmp_path, evaluated=rows, expected={"standard": {"clean_accuracy": [0.4, 1.0]}})
    assert (content["pictures"], content["products"], content["jobs"], content["products_with_record"]) == (4, 1, 0, 0)
    warning = "adversarial, seed 0, epoch 4: clean accuracy 9.8% is chance level"
    assert content["warnings"] == [warning]
    assert f"warning: {warning}\n" in capsys.readouterr().out


def test_a_damaged_table_of_evaluations_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"evaluations\.tsv: expected the table of evaluations, found damage"):
        check(tmp_path, evaluated=['"not closed'])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, "") for column in RANGES),
        *((column, "inf") for column in ("content_ssim", "style_texture_distance", "checkerboard_excess")),
        *((column, "-1e9") for column, (low, _) in RANGES.items() if low != -math.inf),
    ],
)
def test_an_impossible_score_is_named(tmp_path: Path, column: str, value: str) -> None:
    assert_refused(tmp_path, f"{column}: expected", lambda rows: rows.assign(**{column: [value, *rows[column][1:]]}))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.assign(content_ssim=["many", *rows["content_ssim"][1:]]), "expected the table of scores"),
        (lambda rows: rows.drop(columns="worst_rise"), "worst_rise"),
        (lambda rows: rows[:-1], "expected 4 pictures, found 3"),
        (lambda rows: pd.concat([rows, rows[:1]]), "expected 4 pictures, found 5"),
        (lambda rows: pd.concat([rows[:-1], rows[:1]]), "expected each picture once, found 1 twice"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, change: Change, message: str) -> None:
    assert_refused(tmp_path, message, change)


def with_control(**changes: str) -> Change:
    """The table with one more row: a control, which has neither trace nor accuracies, with `changes`."""
    empty = dict.fromkeys((*TRACE_MEASURES, *ACCURACIES), "")
    labels = {"recipe": "none", "network": "content", "regime": "control"}
    return lambda rows: pd.concat([rows, rows[:1].assign(**(empty | labels | changes))])


def test_controls_are_counted_by_themselves_and_need_the_metrics_of_a_picture(tmp_path: Path) -> None:
    assert_refused(tmp_path, "expected 1 controls, found 0", controls=1)
    assert_refused(tmp_path, "expected 0 controls, found 1", with_control())
    assert_refused(tmp_path, "style_texture_distance: expected", with_control(style_texture_distance=""), controls=1)
    assert check(tmp_path, with_control(), controls=1)["controls"] == 1


def test_networks_that_only_paint_have_no_accuracy(tmp_path: Path) -> None:
    without = lambda rows: rows.assign(clean_accuracy="", robust_accuracy="")  # noqa: E731
    assert_refused(tmp_path, "clean_accuracy: expected 0.0 to 1.0, found 4 values outside", without)
    check(tmp_path, without, painters=["standard", "adversarial"])


def test_limits_apply_to_the_last_checkpoint_of_each_network(tmp_path: Path) -> None:
    """An imported network has a different last epoch."""
    change = lambda rows: rows.assign(epoch=["0", "4", "0", "76"], clean_accuracy=["0.8", "0.8", "0.8", "0.1"])  # noqa: E731
    limits = {name: {"clean_accuracy": [0.7, 1.0]} for name in ("standard", "adversarial")}
    message = "adversarial, seed 0, epoch 76: expected clean_accuracy 0.7 to 1.0 (the key expected.adversarial."
    assert_refused(tmp_path, message, change, expected=limits, last_epochs={"standard": 4, "adversarial": 76})
    none = "adversarial, epoch 9: expected pictures of it, found none"
    assert_refused(tmp_path, none, change, expected=limits, last_epochs={"standard": 4, "adversarial": 9})
    check(tmp_path, change, expected=limits, last_epochs={"standard": 4, "adversarial": 0})


def test_each_reconstruction_is_counted_once(tmp_path: Path) -> None:
    records = make_reconstructions(tmp_path, epochs=(0, 4))
    message = "expected reconstructions of 4 checkpoints, found"
    assert_refused(tmp_path, f"{message} 3 of 3", records=records[:3], reconstructions=4)
    assert_refused(tmp_path, f"{message} 4 of 3", records=[*records[:3], records[0]], reconstructions=4)
    check(tmp_path, records=records, reconstructions=4)
