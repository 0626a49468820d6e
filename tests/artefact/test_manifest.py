"""The manifest notices a flipped byte; the check notices counts, ranges and limits."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from made_results import make_reconstructions
from robust_style.artefact.check import check_results
from robust_style.artefact.manifest import verify_manifest, write_manifest
from robust_style.errors import ResultError


@pytest.fixture
def results(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "pictures/b.png"):
        (tmp_path / name).write_bytes(name.encode() * 100)
    write_manifest(products=[tmp_path / "pictures" / "b.png", tmp_path / "a.png"], manifest=tmp_path / "manifest.tsv")
    return tmp_path


def table(path: Path, **changes: object) -> Path:
    rows = [
        {
            "recipe": "fair", "network": network, "regime": network, "seed": 0, "epoch": epoch, "content": "a",
            "style": "b", "content_ssim": 0.5, "content_edge_ssim": 0.5, "luma_correlation": 0.9,
            "style_colour_distance": 0.4, "style_texture_distance": 0.6, "high_frequency_excess": -1.0,
            "checkerboard_excess": -1.0, "worst_rise": 1.0, "final_over_best": 1.0, "out_of_range_fraction": 0.0,
            "clean_accuracy": 0.8, "robust_accuracy": 0.3,
        }
        for network in ("standard", "adversarial")
        for epoch in (0, 4)
    ]  # fmt: skip
    rows[-1].update(changes)
    pd.DataFrame(rows).to_csv(path, sep="\t", index=False)
    return path


def test_manifest_lists_each_product_once_in_order(results: Path) -> None:
    lines = (results / "manifest.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["path", "a.png", "pictures/b.png"]
    assert verify_manifest(results / "manifest.tsv") == 2


def test_one_flipped_bit_is_noticed(results: Path) -> None:
    path = results / "pictures" / "b.png"
    content = bytearray(path.read_bytes())
    content[77] ^= 1
    path.write_bytes(content)
    with pytest.raises(ResultError, match=r"1 of 2 products .*b\.png has sha256"):
        verify_manifest(results / "manifest.tsv")


def test_a_missing_product_is_noticed(results: Path) -> None:
    (results / "a.png").unlink()
    with pytest.raises(ResultError, match=r"a\.png is missing"):
        verify_manifest(results / "manifest.tsv")


def write_evaluations(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["network\tseed\tepoch\twarnings", *rows]) + "\n", encoding="utf-8")
    return path


def run_check(
    results: Path, scores: Path, pictures: int = 4, expected: dict[str, object] | None = None,
    records: list[Path] | None = None, reconstructions: int = 0, painters: Sequence[str] = (),
    evaluated: Sequence[str] = (),
) -> None:  # fmt: skip
    evaluations = write_evaluations(results / "evaluations.tsv", *evaluated)
    check_results(
        manifest=results / "manifest.tsv", table=scores, evaluations=evaluations, pictures=pictures,
        expected=expected or {}, painters=list(painters), records=records or [], reconstructions=reconstructions,
        last_epochs={"standard": 4, "adversarial": 4}, check=results / "check.json",
    )  # fmt: skip


def test_good_results_pass(results: Path) -> None:
    run_check(results, table(results / "scores.tsv"), expected={"standard": {"clean_accuracy": [0.7, 1.0]}})
    assert json.loads((results / "check.json").read_text(encoding="utf-8"))["pictures"] == 4


def test_warnings_of_evaluations_are_printed_and_written(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ("standard\t0\t4\t", "adversarial\t0\t4\tclean accuracy 9.8% is chance level")
    run_check(results, table(results / "scores.tsv"), evaluated=rows)
    warning = "adversarial, seed 0, epoch 4: clean accuracy 9.8% is chance level"
    assert json.loads((results / "check.json").read_text(encoding="utf-8"))["warnings"] == [warning]
    assert f"warning: {warning}\n" in capsys.readouterr().out


def test_a_damaged_table_of_evaluations_is_named(results: Path) -> None:
    with pytest.raises(ResultError, match=r"evaluations\.tsv: expected the table of evaluations, found a fault"):
        run_check(results, table(results / "scores.tsv"), evaluated=['"not closed'])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"content_ssim": 1.5}, "content_ssim: expected -1.0 to 1.0, found 1 values"),
        ({"high_frequency_excess": float("nan")}, "high_frequency_excess"),
        ({"worst_rise": float("inf")}, "worst_rise"),
        ({"epoch": 0}, "found 1 twice"),
        ({"clean_accuracy": 0.1}, "expected clean_accuracy 0.7 to 1.0"),
    ],
)
def test_bad_results_do_not(results: Path, changes: dict[str, object], message: str) -> None:
    scores = table(results / "scores.tsv", **changes)
    with pytest.raises(ResultError) as caught:
        run_check(results, scores, expected={"adversarial": {"clean_accuracy": [0.7, 1.0]}})
    assert message in str(caught.value)
    assert not (results / "check.json").exists()


def test_who_only_paints_has_no_accuracy(results: Path) -> None:
    scores = table(results / "scores.tsv", clean_accuracy="", robust_accuracy="")
    with pytest.raises(ResultError, match=r"clean_accuracy: expected 0\.0 to 1\.0, found 1 values outside"):
        run_check(results, scores)
    run_check(results, scores, painters=["standard", "adversarial"])


def test_limits_hold_at_each_network_s_own_last_checkpoint(results: Path) -> None:
    """An imported network ends where it was imported."""
    scores = table(results / "scores.tsv", epoch=76, clean_accuracy=0.1)
    limits = {"adversarial": {"clean_accuracy": [0.7, 1.0]}, "standard": {"clean_accuracy": [0.7, 1.0]}}
    settings = {
        "manifest": results / "manifest.tsv", "pictures": 4, "check": results / "check.json", "records": [],
        "reconstructions": 0, "painters": [], "evaluations": write_evaluations(results / "evaluations.tsv"),
    }  # fmt: skip
    with pytest.raises(ResultError, match=r"adversarial, seed 0, epoch 76: expected clean_accuracy 0\.7 to 1\.0"):
        check_results(table=scores, last_epochs={"standard": 4, "adversarial": 76}, expected=limits, **settings)
    check_results(table=scores, last_epochs={"standard": 4, "adversarial": 0}, expected=limits, **settings)


def test_a_missing_picture_is_noticed(results: Path) -> None:
    with pytest.raises(ResultError, match="expected 5 pictures, found 4"):
        run_check(results, table(results / "scores.tsv"), pictures=5)


def test_a_missing_reconstruction_is_noticed(results: Path, tmp_path: Path) -> None:
    scores, records = table(results / "scores.tsv"), make_reconstructions(tmp_path, epochs=(0, 4))
    run_check(results, scores, records=records, reconstructions=4)
    with pytest.raises(ResultError, match="expected reconstructions of 4 checkpoints, found 3 of 3"):
        run_check(results, scores, records=records[:3], reconstructions=4)
    with pytest.raises(ResultError, match="expected reconstructions of 4 checkpoints, found 4 of 3"):
        run_check(results, scores, records=[*records[:3], records[0]], reconstructions=4)


def test_a_folder_is_listed_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    (folder / "pictures").mkdir(parents=True)
    for name in ("index.html", "pictures/a.jpg", ".snakemake_timestamp"):
        (folder / name).write_text(name, encoding="utf-8")
    write_manifest(products=[folder], manifest=tmp_path / "manifest.tsv")
    lines = (tmp_path / "manifest.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == ["page/index.html", "page/pictures/a.jpg"]
