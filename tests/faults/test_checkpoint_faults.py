"""Checkpoints that are damaged, foreign or misplaced, by the scripts that take one: refused, whatever is wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crafted_images import written
from refusal import contents, refusal
from robust_style.files.checkpoint import load_checkpoint, save_checkpoint
from rule_script import Outcome
from tiny_scripts import ENDINGS, Tiny
from tiny_training import NOISE, STANDARD, write_tiny_dataset

PRODUCTS = {
    "evaluate": ["evaluation.json"],
    "train": ["epoch_001.pt"],
    "stylize": [f"content--style.{end}" for end in ENDINGS.values()],
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return Tiny.made_in(tmp_path_factory.mktemp("tiny"))


def assert_refused(folder: Path, script: str, run: Callable[[], Outcome], *said: str) -> None:
    """What was made before stays, nothing new stands beside it, and no folder to resume from is left."""
    for name in PRODUCTS[script]:
        written(folder / "results" / name, b"made before")
    before = contents(folder / "results")
    refusal(run(), *said)
    assert contents(folder / "results") == before
    assert not [path for path in (folder / "results").iterdir() if path.is_dir()]


@pytest.mark.parametrize("script", PRODUCTS)
def test_a_damaged_checkpoint(tiny: Tiny, tmp_path: Path, script: str) -> None:
    """files/test_checkpoint has the other kinds of damage."""
    path = written(tmp_path / "epoch_000.pt", tiny.checkpoint.read_bytes()[:-1])
    run = lambda: getattr(tiny, script)(tmp_path, path)  # noqa: E731
    assert_refused(tmp_path, script, run, f"{path}: expected a checkpoint, found damage", "delete the file and run")


@pytest.mark.parametrize("script", PRODUCTS)
def test_no_checkpoint_and_a_folder(tiny: Tiny, tmp_path: Path, script: str) -> None:
    """Nothing to delete, so nobody is told to."""
    path = tmp_path / "epoch_000.pt"
    run = lambda: getattr(tiny, script)(tmp_path, path)  # noqa: E731
    assert_refused(
        tmp_path, script, run, f"{path}: expected a checkpoint, found no file; run the workflow again to make it"
    )
    path.mkdir()
    assert_refused(tmp_path, script, run, f"{path}: expected a checkpoint, found a folder; move it away and run")


@pytest.mark.parametrize("script", PRODUCTS)
@pytest.mark.parametrize("change", [{"width": 0.25}, {"architecture": "vgg7"}], ids=str)
def test_weights_of_another_network_under_a_good_header(
    tiny: Tiny, tmp_path: Path, script: str, change: dict[str, Any]
) -> None:
    path = tmp_path / "epoch_000.pt"
    save_checkpoint(path, replace(load_checkpoint(tiny.checkpoint), **change))
    wanted = STANDARD | change
    said = (
        f"n, seed 0, epoch 0: expected the weights of {wanted['architecture']} at width {wanted['width']}, found others"
    )
    assert_refused(tmp_path, script, lambda: getattr(tiny, script)(tmp_path, path), said, "delete the file and run")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"network": "other"},
            "expected network 'other', found 'n' in its header; put the file back under its own name",
        ),
        ({"epoch": 25}, "expected epoch 25, found 0 in its header"),
    ],
)
def test_a_checkpoint_under_another_s_name_does_not_paint(
    tiny: Tiny, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    run = lambda: tiny.stylize(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "stylize", run, f"{tiny.checkpoint}: ", message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "other"}, "expected network other, found n; delete the checkpoints of this network and seed"),
        ({"seed": 1}, "expected seed 1, found 0; delete the checkpoints of this network and seed"),
        ({"settings": NOISE}, "expected settings {'network': {'architecture': 'vgg11'"),
        ({"epoch": 0}, "expected a checkpoint from before epoch 0, found one of epoch 0; delete it and run"),
    ],
    ids=str,
)
def test_a_checkpoint_under_another_s_name_is_not_trained_on(
    tiny: Tiny, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    run = lambda: tiny.train(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "train", run, f"{tiny.checkpoint}: ", message)


@pytest.mark.parametrize("script", ["evaluate", "train"])
def test_a_checkpoint_of_another_dataset(tiny: Tiny, tmp_path: Path, script: str) -> None:
    other = write_tiny_dataset(tmp_path / "other.npz", seed=5)
    run = lambda: getattr(tiny, script)(tmp_path, tiny.checkpoint, dataset=other)  # noqa: E731
    assert_refused(tmp_path, script, run, f"{tiny.checkpoint}: expected dataset_sha256")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"network": "m"}, "expected network m, found n"),
        ({"epoch": "025"}, "expected epoch 25, found 0"),
    ],
    ids=str,
)
def test_a_checkpoint_under_another_s_name_is_not_evaluated(
    tiny: Tiny, tmp_path: Path, change: dict[str, str], message: str
) -> None:
    run = lambda: tiny.evaluate(tmp_path, tiny.checkpoint, **change)  # noqa: E731
    assert_refused(tmp_path, "evaluate", run, f"{tiny.checkpoint}: {message}; delete the file and run")


@pytest.mark.parametrize("script", PRODUCTS)
def test_the_good_checkpoint_is_taken(tiny: Tiny, tmp_path: Path, script: str) -> None:
    """So that what is refused above is refused for its fault."""
    end = getattr(tiny, script)(tmp_path, tiny.checkpoint)
    assert end.code == 0, end.log
    assert sorted(contents(tmp_path / "results")) == sorted(PRODUCTS[script])
