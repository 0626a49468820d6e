"""The shims do what they say inside, and nothing afterwards."""

import pytest
import torch

from robust_style.model.compat import import_robustness, watched_optimiser, without_cuda


def test_without_cuda_there_is_none_even_where_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with a GPU whose user asks for the CPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    layer, image = torch.nn.Linear(2, 2), torch.zeros(2)
    cuda = torch.nn.Module.cuda, torch.Tensor.cuda
    with pytest.raises(KeyError), without_cuda():
        assert not torch.cuda.is_available()
        assert layer.cuda() is layer
        assert image.cuda(non_blocking=True) is image
        assert torch.nn.DataParallel(layer)(image).device.type == "cpu"
        raise KeyError
    assert torch.cuda.is_available()
    assert (torch.nn.Module.cuda, torch.Tensor.cuda) == cuda


def test_the_optimiser_is_seen_and_the_library_left_as_it_was() -> None:
    robustness = import_robustness()
    make = robustness.train.make_optimizer_and_schedule
    with pytest.raises(AttributeError), watched_optimiser() as made:
        robustness.train.make_optimizer_and_schedule(None, None, None, None)
    assert made == []
    assert robustness.train.make_optimizer_and_schedule is make
