"""The engine `robustness` in a chain of segments: as exact, and as tidy, as ours."""

import math
import os
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint
from robust_style.errors import ConfigError, Divergence
from robust_style.model.compat import import_robustness
from robust_style.training.running_segment import RunningSegment
from tiny_training import BY_LIBRARY, EVALUATION, STANDARD, TRAINING, initialise, train, write_tiny_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


class Killed(BaseException):
    """What a signal would do, at a known place."""


@pytest.mark.parametrize("regime", BY_LIBRARY)
def test_two_and_two_epochs_are_four_bit_for_bit(regime: str, dataset: Path, tmp_path: Path) -> None:
    settings = BY_LIBRARY[regime]
    start = initialise(tmp_path, dataset, settings)
    whole = train(tmp_path, dataset, start, 4, settings)
    half = train(tmp_path, dataset, start, 2, settings)
    chained = train(tmp_path, dataset, half, 4, settings)
    assert whole.read_bytes() == chained.read_bytes()
    assert whole.read_bytes() != half.read_bytes()
    assert not (tmp_path / "resume").exists()


@pytest.mark.parametrize("fatal", [1, 3, 4])
def test_interrupted_and_resumed_equals_undisturbed(
    fatal: int, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    undisturbed = train(tmp_path, dataset, start, 4, settings).read_bytes()
    (tmp_path / "epoch_000-4.pt").unlink()
    close = RunningSegment.close_epoch

    def dying(self: RunningSegment, trainee: Any, epoch: int, *rest: Any) -> Checkpoint:
        if epoch == fatal:
            raise Killed  # the weights are those after the fatal epoch, unsaved
        return close(self, trainee, epoch, *rest)

    monkeypatch.setattr(RunningSegment, "close_epoch", dying)
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 4, settings)
    monkeypatch.undo()
    capsys.readouterr()
    assert train(tmp_path, dataset, start, 4, settings).read_bytes() == undisturbed
    assert re.findall(r"epoch (\d)/4", capsys.readouterr().err) == [str(epoch) for epoch in range(fatal, 5)]


def test_a_signal_ends_it_after_the_batch_and_the_next_goes_on(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    whole = train(tmp_path, dataset, start, 3, settings).read_bytes()
    (tmp_path / "epoch_000-3.pt").unlink()
    after_batch, heard = RunningSegment.after_batch, []

    def signalled(self: RunningSegment, epoch: int, done: int, batches: int) -> None:
        heard.append((epoch, done, batches))
        if (epoch, done) == (3, 2):
            os.kill(os.getpid(), signal.SIGTERM)
        after_batch(self, epoch, done, batches)

    monkeypatch.setattr(RunningSegment, "after_batch", signalled)
    with pytest.raises(SystemExit) as caught:
        train(tmp_path, dataset, start, 3, settings)
    assert caught.value.code == 128 + signal.SIGTERM
    assert heard[:4] == [(1, 1, 3), (1, 2, 3), (1, 3, 3), (2, 1, 3)]
    assert heard[-1] == (3, 2, 3)
    assert "SIGTERM in epoch 3; what epoch 2 left is kept" in capsys.readouterr().err
    monkeypatch.undo()
    assert train(tmp_path, dataset, start, 3, settings).read_bytes() == whole


def test_history_and_header(dataset: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    capfd.readouterr()
    checkpoint = load_checkpoint(train(tmp_path, dataset, start, 4, settings, precision="bfloat16"))
    assert checkpoint.settings == {"network": settings, "training": TRAINING}
    assert (checkpoint.settings["network"]["engine"], checkpoint.precision) == ("robustness", "float32")
    by_us = load_checkpoint(train(tmp_path, dataset, initialise(tmp_path, dataset, STANDARD), 1, STANDARD))
    assert list(checkpoint.history[0]) == list(by_us.history[0])
    for row in checkpoint.history:
        assert row["train_accuracy"] * 72 == pytest.approx(round(row["train_accuracy"] * 72))
    assert checkpoint.history[-1]["train_accuracy"] > 0.8
    assert checkpoint.history[-1]["train_loss"] < checkpoint.history[0]["train_loss"]
    log = capfd.readouterr()
    assert log.out == ""
    assert log.err.startswith(
        "n seed 0 · by the library, width 0.125, float32: python -m robustness.main --dataset cifar --arch vgg11 "
    )
    assert re.search(r"n seed 0 · epoch 4/4 · loss \d\.\d{3} · train [\d.]+ % · test clean [\d.]+ %", log.err)


def test_nothing_is_left_behind(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the global random states nor on the disk."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    # Python's own is not compared here: beartype, which checks types in the tests, draws from it.
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    train(tmp_path, dataset, start, 1, settings)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert list((tmp_path / "temporary").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {
        "dataset.npz", "temporary", "epoch_000.pt", "epoch_000-1.pt",
    }  # fmt: skip


def test_monitoring_does_not_disturb_training(dataset: Path, tmp_path: Path) -> None:
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    weights = []
    for images in (8, 0):
        evaluation = EVALUATION | {"monitor_images": images}
        checkpoint = load_checkpoint(train(tmp_path, dataset, start, 2, settings, evaluation=evaluation))
        assert (checkpoint.history[-1]["test_robust_accuracy"] is None) == (images == 0)
        weights.append(checkpoint.weights)
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_divergence_stops_in_the_batch_and_leaves_no_checkpoint(dataset: Path, tmp_path: Path) -> None:
    training = TRAINING | {"learning_rate": 1e30}
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings, training=training)
    with pytest.raises(Divergence, match=r"networks\.n: expected finite losses and weights, .* epoch 1 \(batch 2\)"):
        train(tmp_path, dataset, start, 2, settings, training=training)
    with pytest.raises(Divergence, match="so it ended before"):
        train(tmp_path, dataset, start, 2, settings, training=training)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["epoch_000.pt"]


def test_a_mean_loss_that_is_not_finite_is_divergence(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Infinite, it can leave every weight as it is."""
    loop = import_robustness().train._model_loop
    monkeypatch.setattr(import_robustness().train, "_model_loop", lambda *some: (loop(*some)[0], math.inf))
    settings = BY_LIBRARY["standard"]
    with pytest.raises(Divergence, match=r"epoch 1 \(mean loss inf\)"):
        train(tmp_path, dataset, initialise(tmp_path, dataset, settings), 1, settings)


def test_exhausted_memory_names_what_to_lower(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    monkeypatch.setattr(import_robustness().train, "train_model", exhausted)
    with pytest.raises(ConfigError, match=r"training\.batch_size: .* 24 .*allocate 20 GiB.*lower it"):
        train(tmp_path, dataset, start, 1, settings)


@pytest.mark.parametrize(
    ("settings", "training", "message"),
    [
        (BY_LIBRARY["standard"], {"crop_padding": 2}, r"always augments with crop_padding 4"),
        (STANDARD | {"engine": "slow"}, {}, "engine: expected fast or robustness, found 'slow'"),
    ],
)
def test_what_no_engine_can_is_refused(
    settings: dict[str, Any], training: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    training = TRAINING | training
    start = initialise(tmp_path, dataset, settings, training=training)
    with pytest.raises(ConfigError, match=message):
        train(tmp_path, dataset, start, 1, settings, training=training)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["epoch_000.pt"]
