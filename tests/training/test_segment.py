import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from robust_style.artefact.checkpoint import load_checkpoint
from robust_style.errors import CheckpointError, RobustStyleError
from robust_style.training import segment as segment_module
from robust_style.training.epoch import EpochResult, train_epoch
from tiny_training import ADVERSARIAL, EVALUATION, NOISE, STANDARD, TRAINING, initialise, train, write_tiny_dataset

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


class Killed(BaseException):
    """What a signal would do, at a known place."""


def killing_in_epoch(fatal: int) -> Callable[..., Any]:
    def dying_train_epoch(*arguments: Any, **settings: Any) -> Any:
        result = train_epoch(*arguments, **settings)  # the weights are those after the fatal epoch, unsaved
        if settings["epoch"] == fatal:
            raise Killed
        return result

    return dying_train_epoch


@pytest.mark.parametrize(
    ("settings", "precision"),
    [
        (STANDARD, "float32"),
        (STANDARD, "bfloat16"),
        (ADVERSARIAL, "float32"),
        (NOISE, "float32"),
        (STANDARD | {"passes_per_epoch": 2}, "float32"),
    ],
)
def test_two_and_two_epochs_are_four_bit_for_bit(
    settings: dict[str, Any], precision: str, dataset: Path, tmp_path: Path
) -> None:
    start = initialise(tmp_path, dataset, settings)
    whole = train(tmp_path, dataset, start, 4, settings, precision=precision)
    half = train(tmp_path, dataset, start, 2, settings, precision=precision)
    chained = train(tmp_path, dataset, half, 4, settings, precision=precision)
    assert whole.read_bytes() == chained.read_bytes()
    assert whole.read_bytes() != half.read_bytes()
    assert not (tmp_path / "resume").exists()


def test_contiguous_layout_chains_bit_for_bit_too(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of wide networks in float32; the narrow ones of these tests lie channels last."""
    monkeypatch.setattr(segment_module, "layout_for", lambda *_: torch.contiguous_format)
    start = initialise(tmp_path, dataset, STANDARD)
    whole = train(tmp_path, dataset, start, 2, STANDARD)
    chained = train(tmp_path, dataset, train(tmp_path, dataset, start, 1, STANDARD), 2, STANDARD)
    assert whole.read_bytes() == chained.read_bytes()


def test_passes_per_epoch_are_so_many_steps_and_keep_the_epochs_learning_rates(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """72 images in batches of 24; batch norm counts them, three of the calibration first."""
    results: list[EpochResult] = []

    def recorded(*arguments: Any, **settings: Any) -> EpochResult:
        results.append(train_epoch(*arguments, **settings))
        return results[-1]

    monkeypatch.setattr(segment_module, "train_epoch", recorded)
    start = initialise(tmp_path, dataset, STANDARD | {"passes_per_epoch": 3})
    checkpoint = load_checkpoint(train(tmp_path, dataset, start, 4, STANDARD | {"passes_per_epoch": 3}))
    assert int(checkpoint.weights["features.1.num_batches_tracked"]) == 3 + 4 * 3 * 3
    assert [row["epoch"] for row in checkpoint.history] == [1, 2, 3, 4]
    assert [row["learning_rate"] for row in checkpoint.history] == pytest.approx([0.05] * 3 + [0.005])
    for row in checkpoint.history:
        passes = results[3 * row["epoch"] - 3 : 3 * row["epoch"]]
        assert row["train_loss"] == pytest.approx(sum(result.loss for result in passes) / 3)
        assert row["train_accuracy"] == pytest.approx(sum(result.accuracy for result in passes) / 3)
        assert len({result.loss for result in passes}) == 3


def test_two_passes_are_more_than_one(dataset: Path, tmp_path: Path) -> None:
    weights = []
    for passes in (1, 2):
        settings = STANDARD | {"passes_per_epoch": passes}
        checkpoint = load_checkpoint(train(tmp_path, dataset, initialise(tmp_path, dataset, settings), 1, settings))
        weights.append(checkpoint.weights["features.0.weight"])
    assert not torch.equal(*weights)


@pytest.mark.parametrize("fatal", [1, 3, 4])
def test_interrupted_and_resumed_equals_undisturbed(
    fatal: int, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    undisturbed = train(tmp_path, dataset, start, 4, ADVERSARIAL).read_bytes()
    monkeypatch.setattr(segment_module, "train_epoch", killing_in_epoch(fatal))
    (tmp_path / "epoch_000-4.pt").unlink()
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 4, ADVERSARIAL)
    assert not (tmp_path / "epoch_000-4.pt").exists()
    monkeypatch.undo()
    capsys.readouterr()
    assert train(tmp_path, dataset, start, 4, ADVERSARIAL).read_bytes() == undisturbed
    assert re.findall(r"epoch (\d)/4", capsys.readouterr().err) == [str(epoch) for epoch in range(fatal, 5)]


SCRIPT = """
import sys
from pathlib import Path
from tiny_training import STANDARD, train
folder = Path(sys.argv[1])
train(folder, folder / "dataset.npz", folder / "epoch_000.pt", int(sys.argv[2]), STANDARD)
"""


def test_kill_9_and_orphan(dataset: Path, tmp_path: Path) -> None:
    """A second start is refused while the first lives; after kill -9 it goes on and ends on the undisturbed bits."""
    epochs = 20  # so many that it cannot end before the signal
    start = initialise(tmp_path, dataset, STANDARD)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("workflow_scripts", "tests")),
    }
    command = [sys.executable, "-c", SCRIPT, str(tmp_path), str(epochs)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as orphan:
        assert orphan.stderr is not None
        for line in orphan.stderr:
            if f"epoch 3/{epochs}" in line:
                break
        with pytest.raises(RobustStyleError, match=f"process {orphan.pid} on"):
            train(tmp_path, dataset, start, epochs, STANDARD)
        orphan.send_signal(signal.SIGKILL)
    assert orphan.returncode == -signal.SIGKILL
    assert not (tmp_path / f"epoch_000-{epochs}.pt").exists()
    assert list((tmp_path / "resume").glob("epoch_state.*.pt"))
    resumed = train(tmp_path, dataset, start, epochs, STANDARD).read_bytes()
    assert resumed == train(tmp_path, dataset, start, epochs, STANDARD).read_bytes()
    assert not (tmp_path / "resume").exists()


@pytest.mark.parametrize(
    "change", [{"code": "other"}, {"evaluation": EVALUATION | {"monitor_images": 4}}, {"precision": "bfloat16"}]
)
def test_resume_state_of_other_circumstances_is_not_mixed_in(
    change: dict[str, Any],
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_epoch", killing_in_epoch(3))
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 3, STANDARD)
    monkeypatch.undo()
    capsys.readouterr()
    found = train(tmp_path, dataset, start, 3, STANDARD, **change).read_bytes()
    log = capsys.readouterr().err
    assert "belongs to other settings, code or data; starting from the segment's first epoch" in log
    assert "epoch 1/3" in log
    assert found == train(tmp_path, dataset, start, 3, STANDARD, **change).read_bytes()
    assert not (tmp_path / "resume").exists()


def test_damaged_resume_state_is_not_continued(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_epoch", killing_in_epoch(3))
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 3, STANDARD)
    monkeypatch.undo()
    (state,) = (tmp_path / "resume").glob("epoch_state.*.pt")
    state.write_bytes(state.read_bytes()[:-100])
    capsys.readouterr()
    train(tmp_path, dataset, start, 3, STANDARD)
    log = capsys.readouterr().err
    assert "resume state is damaged" in log
    assert "epoch 1/3" in log


def test_monitoring_does_not_disturb_training(dataset: Path, tmp_path: Path) -> None:
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    weights = []
    for images, steps in ((8, 2), (8, 0), (0, 0)):
        evaluation = EVALUATION | {"monitor_images": images, "monitor_steps": steps}
        checkpoint = load_checkpoint(train(tmp_path, dataset, start, 2, ADVERSARIAL, evaluation=evaluation))
        row = checkpoint.history[-1]
        assert (row["test_clean_accuracy"] is None) == (images == 0)
        assert (row["test_robust_accuracy"] is None) == (steps == 0)
        weights.append(checkpoint.weights)
    for other in weights[1:]:
        assert all(torch.equal(value, other[name]) for name, value in weights[0].items())


def test_history_log_and_header(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = load_checkpoint(train(tmp_path, dataset, initialise(tmp_path, dataset, STANDARD), 4, STANDARD))
    assert [row["epoch"] for row in checkpoint.history] == [1, 2, 3, 4]
    assert [row["learning_rate"] for row in checkpoint.history] == pytest.approx([0.05] * 3 + [0.005])
    assert set(checkpoint.history[0]) == {
        "epoch", "learning_rate", "train_loss", "train_accuracy", "test_clean_accuracy", "test_robust_accuracy"
    }  # fmt: skip
    assert checkpoint.history[-1]["train_accuracy"] > 0.8
    assert (checkpoint.epoch, checkpoint.precision, checkpoint.device, checkpoint.threads) == (4, "float32", "cpu", 1)
    assert checkpoint.settings == {"network": STANDARD, "training": TRAINING}
    percent = r"[\d.]+ %"
    parts = [
        "n seed 0",
        "epoch 1/4",
        r"loss \d\.\d{3}",
        f"train {percent}",
        f"test clean {percent}",
        f"test robust {percent}",
    ]
    pattern = " · ".join([*parts, r"\d+ images/s", r"[\d.]+ s", r"\d+ s left\n"])
    assert re.match(pattern, capsys.readouterr().err)


def test_regimes_start_from_the_same_weights_and_seeds_do_not(dataset: Path, tmp_path: Path) -> None:
    weights = []
    for settings, seed, name in ((STANDARD, 0, "a"), (ADVERSARIAL, 0, "b"), (STANDARD, 1, "a")):
        weights.append(load_checkpoint(initialise(tmp_path, dataset, settings, seed=seed, network=name)).weights)
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert not torch.equal(weights[0]["features.0.weight"], weights[2]["features.0.weight"])
    assert int(weights[0]["features.1.num_batches_tracked"]) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "expected seed 1, found 0"),
        ({"network": "other"}, "expected network other, found n"),
        ({"training": TRAINING | {"momentum": 0.5}}, "expected settings"),
        ({"epoch": 0}, "expected a checkpoint from before epoch 0, found one of epoch 0"),
    ],
)
def test_previous_checkpoint_of_another_run_is_refused(
    change: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    with pytest.raises(CheckpointError, match=message):
        train(tmp_path, dataset, start, **({"epoch": 1, "settings": STANDARD} | change))
    assert not (tmp_path / "resume").exists()


def test_other_dataset_is_refused(dataset: Path, tmp_path: Path) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    with pytest.raises(CheckpointError, match="dataset_sha256"):
        train(tmp_path, write_tiny_dataset(tmp_path / "other.npz", seed=5), start, 1, STANDARD)
