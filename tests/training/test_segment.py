"""A segment: what it records, logs and refuses; divergence."""

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from robust_style.errors import CheckpointError, ConfigError, Divergence
from robust_style.files.checkpoint import load_checkpoint
from robust_style.messages import format_duration
from robust_style.training import segment as segment_module
from robust_style.training.epoch import TrainingResult, train_pass
from robust_style.training.running_segment import Progress
from tiny_training import ADVERSARIAL, EVALUATION, STANDARD, TRAINING, initialise, train, write_tiny_dataset

DIVERGING = TRAINING | {"learning_rate": 1e30}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


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
        "n seed 0", "epoch 1/4", r"loss \d\.\d{3}", f"train {percent}", f"test clean {percent}",
        f"test robust {percent}", r"\d+ images/s", r"[\d.]+ s", r"\d+ s left\n",
    ]  # fmt: skip
    assert re.match(" · ".join(parts), capsys.readouterr().err)


def test_passes_per_epoch_are_so_many_steps_at_the_epoch_s_learning_rate(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """72 images in batches of 24; batch norm counts them, after three of the calibration."""
    results: list[TrainingResult] = []

    def recorded(*arguments: Any, **settings: Any) -> TrainingResult:
        results.append(train_pass(*arguments, **settings))
        return results[-1]

    monkeypatch.setattr(segment_module, "train_pass", recorded)
    start = initialise(tmp_path, dataset, STANDARD | {"passes_per_epoch": 3})
    checkpoint = load_checkpoint(train(tmp_path, dataset, start, 4, STANDARD | {"passes_per_epoch": 3}))
    assert int(checkpoint.weights["features.1.num_batches_tracked"]) == 3 + 4 * 3 * 3
    assert [row["learning_rate"] for row in checkpoint.history] == pytest.approx([0.05] * 3 + [0.005])
    for row in checkpoint.history:
        passes = results[3 * row["epoch"] - 3 : 3 * row["epoch"]]
        assert row["train_loss"] == pytest.approx(sum(result.loss for result in passes) / 3)
        assert row["train_accuracy"] == pytest.approx(sum(result.accuracy for result in passes) / 3)
        assert len({result.loss for result in passes}) == 3


def test_monitoring_does_not_change_training(dataset: Path, tmp_path: Path) -> None:
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    weights = []
    for images, steps in ((8, 2), (8, 0), (0, 0)):
        evaluation = EVALUATION | {"monitor_images": images, "monitor_steps": steps}
        checkpoint = load_checkpoint(train(tmp_path, dataset, start, 1, ADVERSARIAL, evaluation=evaluation))
        row = checkpoint.history[-1]
        assert (row["test_clean_accuracy"] is None) == (images == 0)
        assert (row["test_robust_accuracy"] is None) == (steps == 0)
        weights.append(checkpoint.weights)
    for other in weights[1:]:
        assert all(torch.equal(value, other[name]) for name, value in weights[0].items())


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
def test_a_previous_checkpoint_of_another_run_is_refused(
    change: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    with pytest.raises(CheckpointError, match=message):
        train(tmp_path, dataset, start, **({"epoch": 1, "settings": STANDARD} | change))
    assert not (tmp_path / "resume").exists()


def test_another_dataset_is_refused(dataset: Path, tmp_path: Path) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    with pytest.raises(CheckpointError, match="dataset_sha256"):
        train(tmp_path, write_tiny_dataset(tmp_path / "other.npz", seed=5), start, 1, STANDARD)


def test_divergence_leaves_no_checkpoint_and_is_not_tried_again(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retries of a workflow would diverge again, after hours. Other settings may train, and delete the record."""
    start = initialise(tmp_path, dataset, STANDARD, training=DIVERGING)
    with pytest.raises(Divergence, match="batch") as first:
        train(tmp_path, dataset, start, 2, STANDARD, training=DIVERGING)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["epoch_000.pt"]
    trained: list[int] = []
    monkeypatch.setattr(segment_module, "train_pass", lambda *_, **settings: trained.append(settings["epoch"]))
    with pytest.raises(Divergence, match=r"earlier attempt.*delete .*diverged\.\w+\.txt to try") as second:
        train(tmp_path, dataset, start, 2, STANDARD, training=DIVERGING)
    assert str(second.value).startswith(str(first.value))
    assert trained == []
    monkeypatch.undo()
    train(tmp_path, dataset, initialise(tmp_path, dataset, STANDARD), 1, STANDARD)
    assert not (tmp_path / "resume").exists()


def test_divergence_in_the_last_batch_of_an_epoch_is_noticed(dataset: Path, tmp_path: Path) -> None:
    """The loss of the batch is finite; the updated weights are not."""
    training = TRAINING | {"learning_rate": 1e4, "weight_decay": 1e38, "batch_size": 72}
    start = initialise(tmp_path, dataset, STANDARD, training=training)
    with pytest.raises(Divergence, match="a weight is NaN or infinite after epoch 1"):
        train(tmp_path, dataset, start, 1, STANDARD, training=training)


def test_exhausted_memory_names_what_to_lower(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_pass", exhausted)
    with pytest.raises(ConfigError, match=r"training\.batch_size is 24: .*allocate 20 GiB.*lower it"):
        train(tmp_path, dataset, start, 1, STANDARD)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_a_bar_and_the_log_has_lines_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"epoch": 4, "train_loss": 0.5, "train_accuracy": 0.25, "test_clean_accuracy": 0.5}
    terminal = Terminal()
    monkeypatch.setattr(sys, "__stderr__", terminal)
    progress = Progress("n", 100, 3, 4)
    progress.begin(4)
    progress.after_batch(1, 2)
    progress.log("a message")
    progress.begin(4)
    progress.after_batch(2, 2)
    progress.end(row | {"test_robust_accuracy": None})
    assert "n · epoch 4/4" in terminal.getvalue()
    message, line = capsys.readouterr().err.splitlines()
    assert message == "n · a message"
    assert line.startswith("n · epoch 4/4 · loss 0.500 · train 25.0 % · test clean 50.0 % · ")
    assert "robust" not in line
    assert "left" not in line, "the last epoch leaves no time"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (48.0, "48 s"), (720.0, "12 min"), (12000.0, "3 h 20 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
