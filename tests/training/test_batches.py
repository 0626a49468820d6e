"""Batches from host memory equal those of the device, to the bit; subsets and batches of a dataset."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from robust_style.training import batches as batches_module
from robust_style.training.batches import LabelledImages, class_balanced, load_batches, split_batches, unit_scale
from tiny_training import ADVERSARIAL, initialise, train, write_tiny_dataset


def stored(count: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return torch.randint(256, (count, 3, 32, 32), generator=random, dtype=torch.uint8), torch.arange(count)


@pytest.fixture
def in_host_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are loaded as if labels were on a GPU and images were not."""
    monkeypatch.setattr(batches_module, "are_on_one_device", lambda images, labels: False)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_loading_ahead_gives_the_same_batches(batch_size: int, in_host_memory: None) -> None:
    images, labels = stored()
    batches = split_batches(torch.randperm(50, generator=torch.Generator().manual_seed(1)), batch_size)
    loaded = list(load_batches(images, labels, batches))
    assert len(loaded) == len(batches)
    for (batch_images, batch_labels), batch in zip(loaded, batches, strict=True):
        assert torch.equal(batch_images, images[batch])
        assert torch.equal(batch_labels, labels[batch])
    assert list(load_batches(images, labels, [])) == []


def test_an_error_while_loading_is_raised(in_host_memory: None) -> None:
    with pytest.raises(IndexError):
        list(load_batches(*stored(), [torch.tensor([99])]))


def test_training_from_host_memory_ends_in_the_same_bytes(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz")
    start = initialise(tmp_path, data, ADVERSARIAL)
    on_device = train(tmp_path, data, start, 2, ADVERSARIAL).read_bytes()
    request.getfixturevalue("in_host_memory")
    assert train(tmp_path, data, start, 2, ADVERSARIAL).read_bytes() == on_device


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_gpu_without_memory_for_images_training_ends_in_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz")
    start = initialise(tmp_path, data, ADVERSARIAL)
    on_device = train(tmp_path, data, start, 2, ADVERSARIAL, device="cuda").read_bytes()
    monkeypatch.setattr(batches_module, "_memory_for_images", lambda device: 0.0)
    assert train(tmp_path, data, start, 2, ADVERSARIAL, device="cuda").read_bytes() == on_device


def test_on_the_cpu_images_are_not_copied() -> None:
    images, labels = stored()
    array = images.numpy()
    dataset = LabelledImages.from_arrays(array, labels.numpy(), torch.device("cpu"))
    assert np.shares_memory(dataset.images.numpy(), array)
    assert dataset.first_of_each_class(None, 50) is dataset
    assert torch.equal(dataset.at(torch.tensor([3, 1])).images, images[[3, 1]])


@given(st.integers(1, 60), st.integers(2, 20))
def test_batches_hold_every_image_once_and_never_one_alone(images: int, batch_size: int) -> None:
    order = torch.randperm(images, generator=torch.Generator().manual_seed(0))
    batches = split_batches(order, batch_size)
    assert torch.equal(torch.cat(batches), order)
    assert all(len(batch) == batch_size for batch in batches[:-2])
    assert images == 1 or min(len(batch) for batch in batches) > 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 40))
def test_class_balanced_takes_the_first_of_each_class(labels: list[int], count: int) -> None:
    chosen = class_balanced(torch.tensor(labels), count, 4).tolist()
    assert chosen == sorted(set(chosen))
    for label in range(4):
        share = count // 4 + (label < count % 4)
        of_class = [i for i, other in enumerate(labels) if other == label]
        assert [i for i in chosen if labels[i] == label] == of_class[:share]
    assert class_balanced(torch.tensor(labels), None, 4).tolist() == list(range(len(labels)))


def test_unit_scale_is_division_by_255_in_any_layout() -> None:
    images, _ = stored(2)
    for layout in (torch.contiguous_format, torch.channels_last):
        scaled = unit_scale(images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), layout)
        assert scaled.is_contiguous(memory_format=layout)
        assert torch.equal(scaled, images.float() / 255)
