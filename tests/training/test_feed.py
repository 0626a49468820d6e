"""Batches from host memory are those of the device, to the bit; and a whole training by them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from robust_style.training import feed, on_device
from robust_style.training.accuracy import fitting
from robust_style.training.feed import fed
from robust_style.training.on_device import LabelledImages
from robust_style.training.subset import batches_of
from tiny_training import ADVERSARIAL, initialise, train, write_tiny_dataset


def stored(count: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randint(256, (count, 3, 32, 32), generator=random, dtype=torch.uint8), torch.arange(count)


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the images lay in the memory of a host, and labels on its device."""
    monkeypatch.setattr(feed, "are_on_one_device", lambda images, labels: False)


@pytest.mark.parametrize("batch_size", [1, 7, 50, 64])
def test_what_is_fetched_ahead_is_what_is_picked(batch_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = stored()
    batches = batches_of(torch.randperm(50, generator=torch.Generator().manual_seed(1)), batch_size)
    picked = list(fed(images, labels, batches))
    elsewhere(monkeypatch)
    fetched = list(fed(images, labels, batches))
    assert len(fetched) == len(picked) == len(batches)
    for one, other in zip(fetched, picked, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


def test_one_batch_is_fetched_ahead_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = stored()
    started: list[int] = []
    pick: Callable[..., torch.Tensor] = feed._picked

    def watched(images: torch.Tensor, chosen: torch.Tensor, place: torch.Tensor) -> torch.Tensor:
        started.append(int(chosen[0]))
        return pick(images, chosen, place)

    monkeypatch.setattr(feed, "_picked", watched)
    elsewhere(monkeypatch)
    batches = fed(images, labels, batches_of(torch.arange(50), 10))
    next(batches)
    assert started[:1] == [0]
    assert len(started) <= 2
    next(batches)
    assert len(started) <= 3
    batches.close()  # type: ignore[attr-defined]  # a training that is interrupted waits for no more


def test_what_goes_wrong_while_fetching_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = stored()
    elsewhere(monkeypatch)
    with pytest.raises(IndexError):
        list(fed(images, labels, [torch.tensor([99])]))


def test_nothing_to_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(monkeypatch)
    assert list(fed(*stored(), [])) == []


def test_a_training_from_host_memory_ends_in_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz")
    start = initialise(tmp_path, data, ADVERSARIAL)
    resident = train(tmp_path, data, start, 2, ADVERSARIAL).read_bytes()
    elsewhere(monkeypatch)
    assert train(tmp_path, data, start, 2, ADVERSARIAL).read_bytes() == resident


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_without_room_a_training_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz")
    start = initialise(tmp_path, data, ADVERSARIAL)
    resident = train(tmp_path, data, start, 2, ADVERSARIAL, device="cuda").read_bytes()
    monkeypatch.setattr(on_device, "_room_on", lambda device: 0.0)
    assert train(tmp_path, data, start, 2, ADVERSARIAL, device="cuda").read_bytes() == resident


def test_on_the_cpu_images_are_not_copied() -> None:
    images, labels = stored()
    array = images.numpy()
    held = LabelledImages.from_arrays(array, labels.numpy(), torch.device("cpu"))
    assert np.shares_memory(held.images.numpy(), array)
    assert held.first_of_each_class(None, 50) is held
    assert torch.equal(held.at(torch.tensor([3, 1])).images, images[[3, 1]])


def test_larger_images_are_evaluated_in_smaller_batches() -> None:
    """As many pixels, hence as much memory: 1000 images of 224 px would fill two GPUs."""
    sizes = [fitting(torch.zeros(1, 3, side, side, dtype=torch.uint8), 1000) for side in (32, 64, 224)]
    assert sizes == [1000, 250, 20]
    assert fitting(torch.zeros(1, 3, 224, 224, dtype=torch.uint8), 10) == 1
    assert fitting(torch.zeros(0, 3, 64, 64, dtype=torch.uint8), 10) == 10
