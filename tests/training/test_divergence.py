"""A training that cannot go on leaves no checkpoint, says why, and is not repeated for nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch

from robust_style.errors import ConfigError, Divergence
from robust_style.training import segment as segment_module
from tiny_training import STANDARD, TRAINING, initialise, train, write_tiny_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


def test_divergence_leaves_no_checkpoint(dataset: Path, tmp_path: Path) -> None:
    training = TRAINING | {"learning_rate": 1e30}
    start = initialise(tmp_path, dataset, STANDARD, training=training)
    with pytest.raises(Divergence):
        train(tmp_path, dataset, start, 2, STANDARD, training=training)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["epoch_000.pt"]


def test_divergence_is_not_tried_again(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workflow's retries would train for hours to the same end; other settings may train, and clear the verdict."""
    training = TRAINING | {"learning_rate": 1e30}
    start = initialise(tmp_path, dataset, STANDARD, training=training)
    with pytest.raises(Divergence, match="batch") as first:
        train(tmp_path, dataset, start, 2, STANDARD, training=training)
    trained: list[int] = []
    monkeypatch.setattr(segment_module, "train_epoch", lambda *_, **settings: trained.append(settings["epoch"]))
    with pytest.raises(Divergence, match=r"so it ended before.*delete .*diverged\.\w+\.txt to try") as second:
        train(tmp_path, dataset, start, 2, STANDARD, training=training)
    assert str(second.value).startswith(str(first.value))
    assert trained == []
    monkeypatch.undo()
    train(tmp_path, dataset, initialise(tmp_path, dataset, STANDARD), 1, STANDARD)
    assert not (tmp_path / "resume").exists()


def test_divergence_in_the_last_batch_of_an_epoch_is_noticed(dataset: Path, tmp_path: Path) -> None:
    """Its loss is finite, the weights that it leaves are not."""
    training = TRAINING | {"learning_rate": 1e4, "weight_decay": 1e38, "batch_size": 72}
    start = initialise(tmp_path, dataset, STANDARD, training=training)
    with pytest.raises(Divergence, match="expected finite weights after epoch 1"):
        train(tmp_path, dataset, start, 1, STANDARD, training=training)


def test_exhausted_memory_names_what_to_lower(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_epoch", exhausted)
    with pytest.raises(ConfigError, match=r"training\.batch_size: .* 24 .*allocate 20 GiB.*lower it"):
        train(tmp_path, dataset, start, 1, STANDARD)
