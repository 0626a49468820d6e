import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robust_style.model.kernels.mean_pool import MeanPool


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 4), st.integers(2, 9), st.integers(2, 9), st.sampled_from([2, 4]), st.booleans()
)
def test_equals_torch_s_average_pooling_and_its_gradient(
    batch: int, channels: int, height: int, width: int, divided: int, last: bool
) -> None:
    maps = torch.randn(batch, channels, height, width, generator=torch.Generator().manual_seed(height * 10 + width))
    if last:
        maps = maps.contiguous(memory_format=torch.channels_last)
    found, expected = maps.clone().requires_grad_(), maps.clone().requires_grad_()
    ours, theirs = MeanPool(divided)(found), nn.AvgPool2d(2, 2, divisor_override=divided)(expected)
    assert torch.equal(ours, theirs)
    weights = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1))
    torch.autograd.backward((ours * weights).sum())
    torch.autograd.backward((theirs * weights).sum())
    assert found.grad is not None
    assert expected.grad is not None
    torch.testing.assert_close(found.grad, expected.grad, rtol=1e-6, atol=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
def test_is_the_same_on_a_gpu() -> None:
    maps = torch.randn(2, 8, 6, 10, generator=torch.Generator().manual_seed(0))
    there = maps.cuda().contiguous(memory_format=torch.channels_last).requires_grad_()
    here = maps.clone().requires_grad_()
    for each in (there, here):
        torch.autograd.backward(MeanPool(4)(each).square().sum())
    assert there.grad is not None
    torch.testing.assert_close(there.grad.cpu(), here.grad)
