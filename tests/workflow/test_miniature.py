"""The whole journey, tiny: it ends in the products, runs nothing twice, and re-runs what it must."""

import csv
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from checkout import MINIATURE, Finished, jobs, snakemake

pytestmark = pytest.mark.workflow


def dry(finished: Finished, *arguments: str) -> dict[str, int]:
    run = snakemake(finished.folder, "-n", *MINIATURE, *arguments)
    assert run.returncode == 0, run.stdout[-4000:]
    return jobs(run.stdout)


@contextmanager
def edited(finished: Finished, text: str) -> Iterator[None]:
    """The training step with `text` at its end, for the time of the block."""
    path = finished.folder / "workflow_scripts" / "robust_style" / "training" / "epoch.py"
    before = path.read_text(encoding="utf-8")
    path.write_text(before + text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")


def test_every_product_is_there(finished: Finished) -> None:
    results = finished.results
    for name in (
        "figures/standard_vs_adversarial.png", "figures/training_curves.png", "figures/score_vs_epoch.svg",
        "figures/optimisation/astronaut--voronoi_mosaic.png", "figures/reconstructions.png",
        "figures/standard_vs_adversarial.svg", "figures/original_layout.svg", "figures/recipes.png",
        "figures/score_vs_iteration.svg", "figures/trade_off.svg", "figures/claims_forest.png",
        "answer.html", "methods.html",
        "comparison/index.html", "comparison/data.js", "comparison.html", "scores.tsv", "claims.tsv",
        "evaluations.tsv", "history.tsv", "manifest.tsv", "check.json", "provenance/run.json",
        "ro-crate-metadata.json", "workflow/Snakefile",
    ):  # fmt: skip
        assert (results / name).stat().st_size > 100, name
    assert len(list(results.glob("checkpoints/*/seed_0/epoch_*.pt"))) == 6
    assert not list(results.glob("checkpoints/*/seed_0/resume"))
    for picture in results.glob("stylized/*/*/seed_0/*/astronaut--voronoi_mosaic.png"):
        with Image.open(picture) as image:
            assert image.size == (32, 32)
    strips = list(results.glob("reconstructions/*/seed_0/epoch_*.png"))
    assert len(strips) == 6
    for strip in strips:
        with Image.open(strip) as image:
            assert image.size == (10 * 32, 32)
    assert json.loads((results / "check.json").read_text(encoding="utf-8"))["reconstructions"] == 6
    manifest = (results / "manifest.tsv").read_text(encoding="utf-8")
    assert manifest.count("reconstructions/") == 2 * 6
    assert "figures/reconstructions.png" in manifest
    hidden = {path.relative_to(results).as_posix() for path in (finished.folder / "results").rglob(".*")}
    marks = {f"{folder}/.snakemake_timestamp" for folder in ("comparison", "workflow")}
    assert hidden <= marks, "nothing half-written is left"
    pictures = len(list((results / "comparison" / "pictures").glob("*.jpg")))
    assert manifest.count("\ncomparison/pictures/") == pictures > 12


def test_the_run_says_where_to_look(finished: Finished) -> None:
    assert (finished.results / "figures" / "standard_vs_adversarial.png").as_uri() in finished.run.stdout
    assert "Shell command" not in finished.run.stdout
    assert "epoch 1/1" in finished.run.stdout, "progress is visible while it trains"


def test_scores_hold_every_picture_once(finished: Finished) -> None:
    with (finished.results / "scores.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    keys = {(row["recipe"], row["network"], row["epoch"]) for row in rows}
    assert len(rows) == len(keys) == 12 + 3, "pictures and controls"
    assert sum(row["regime"] == "control" for row in rows) == 3
    untrained = {row["content_ssim"] for row in rows if row["epoch"] == "0" and row["recipe"] == "fair"}
    assert len(untrained) == 1, "untrained networks of one seed are the same network"


def test_claims_are_not_decided_by_one_seed(finished: Finished) -> None:
    with (finished.results / "claims.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert len(rows) >= 5
    assert all(row["verdict"].startswith(("undecided", "unclear", "not tested")) for row in rows)


def test_nothing_personal_is_in_the_products(finished: Finished) -> None:
    provenance = json.loads((finished.results / "provenance" / "run.json").read_text(encoding="utf-8"))
    assert provenance["software"]["numpy"]
    folder = str(finished.folder).encode()
    for product in finished.results.rglob("*"):
        if product.is_file() and "logs" not in product.parts:
            assert folder not in product.read_bytes(), product


def test_a_second_run_has_nothing_to_do(finished: Finished) -> None:
    run = snakemake(finished.folder, "--cores", "2", *MINIATURE)
    assert run.returncode == 0
    assert "Nothing to be done" in run.stdout


def test_explaining_the_training_better_runs_nothing(finished: Finished) -> None:
    with edited(finished, "\n# Why it is so.\n"):
        assert dry(finished) == {}


def test_another_training_step_runs_training_and_what_follows(finished: Finished) -> None:
    with edited(finished, "\nCHANGED = 1\n"):
        found = dry(finished)
    assert found["train_segment"] == 4
    assert found["stylize"] == 8
    assert found["reconstruct"] == 4
    assert "prepare_dataset" not in found
    assert "initialise_network" not in found


def test_one_more_pair_runs_only_what_it_needs(finished: Finished) -> None:
    mine = finished.folder / "mine.yaml"
    mine.write_text(
        "transfer: {pairs: [{content: astronaut, style: voronoi_mosaic}, {content: chelsea, style: voronoi_mosaic}]}\n",
        encoding="utf-8",
    )
    found = dry(finished, "mine.yaml")
    assert (found["stylize"], found["score_stylization"]) == (12, 4)
    assert "reconstruct" not in found
    assert found["prepare_image"] == 1
    assert not {"train_segment", "evaluate_checkpoint", "prepare_dataset", "initialise_network"} & set(found)


def test_a_higher_last_epoch_trains_only_the_new_segment(finished: Finished) -> None:
    mine = finished.folder / "longer.yaml"
    mine.write_text("training: {epochs: 3}\n", encoding="utf-8")
    found = dry(finished, "longer.yaml")
    assert found["train_segment"] == 2
    assert found["stylize"] == 4


def test_threads_train_and_paint_nothing_anew(finished: Finished) -> None:
    mine = finished.folder / "threads.yaml"
    mine.write_text("training: {threads: 2}\ntransfer: {threads: 2}\n", encoding="utf-8")
    recorded = {"write_methods", "write_manifest", "check_results", "write_crate", "all"}
    assert set(dry(finished, "threads.yaml")) == recorded, "only the record of it"


def test_the_report_holds_what_it_should_and_no_path(finished: Finished, finished_report: Path) -> None:
    text = finished_report.read_text(encoding="utf-8")
    for words in (
        "overview: standard vs adversarial",
        "Pictures",
        "claims and verdicts",
        "checkpoint has kept",
        "a better painter",
        "Nothing is decided",
        "methods, from the configuration",
    ):
        assert words in text, words
    assert str(finished.folder) not in text


def test_a_zipped_report_holds_the_page_as_a_folder(finished: Finished) -> None:
    report = finished.results / "report.zip"
    run = snakemake(finished.folder, *MINIATURE, "--report", str(report))
    assert run.returncode == 0, run.stdout[-3000:]
    with zipfile.ZipFile(report) as opened:
        names = opened.namelist()
    index = next(name for name in names if name.endswith("/index.html"))
    assert index.replace("index.html", "data.js") in names
    assert sum("/pictures/" in name for name in names) > 12
    assert not any(name.endswith("comparison.html") for name in names)


def test_a_flipped_byte_is_noticed(finished: Finished, tmp_path: Path) -> None:
    picture = next(finished.results.glob("stylized/fair/standard/seed_0/epoch_002/*--voronoi_mosaic.jpg"))
    kept = tmp_path / "kept.jpg"
    shutil.copy2(picture, kept)
    content = bytearray(picture.read_bytes())
    content[-20] ^= 1
    stat = picture.stat()
    picture.write_bytes(content)
    os.utime(picture, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    run = snakemake(finished.folder, "--cores", "1", *MINIATURE, "--forcerun", "check_results")
    shutil.copy2(kept, picture)
    assert run.returncode != 0
    assert "products are not what was made" in run.stdout
    again = snakemake(finished.folder, "--cores", "1", *MINIATURE)
    assert again.returncode == 0, again.stdout[-3000:]
