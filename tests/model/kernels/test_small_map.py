"""A convolution on a 2 x 2 map is a matrix product, in values and in all three gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from robust_style.model.kernels.small_map import convolve_small_map, is_dense


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@settings(max_examples=30, deadline=None)
@given(batch=st.integers(1, 4), channels=st.integers(1, 7), out=st.integers(1, 7), is_last=st.booleans())
def test_equals_the_convolution_in_every_gradient(batch: int, channels: int, out: int, is_last: bool) -> None:
    layout = torch.channels_last if is_last else torch.contiguous_format
    given = [randn(batch, channels, 2, 2), randn(out, channels, 3, 3, seed=1), randn(out, seed=2)]
    given[:2] = [tensor.contiguous(memory_format=layout) for tensor in given[:2]]
    upstream = randn(batch, out, 2, 2, seed=3)
    results = []
    for convolve in (lambda x, w, b: F.conv2d(x, w, b, padding=1), convolve_small_map):
        leaves = [tensor.clone().requires_grad_() for tensor in given]
        value = convolve(*leaves)
        results.append([value, *torch.autograd.grad(value, leaves, upstream)])
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_the_weights_gradient_has_the_weights_layout() -> None:
    weight = torch.randn(4, 3, 3, 3).contiguous(memory_format=torch.channels_last).requires_grad_()
    convolve_small_map(torch.randn(2, 3, 2, 2), weight, torch.zeros(4)).sum().backward()
    assert weight.grad is not None
    assert weight.grad.stride() == weight.stride()


@pytest.mark.parametrize(
    ("module", "side", "expected"),
    [
        (nn.Conv2d(3, 4, 3, padding=1), 2, True),
        (nn.Conv2d(3, 4, 3, padding=1), 4, False),
        (nn.Conv2d(3, 4, 3), 2, False),
        (nn.Conv2d(3, 4, 1), 2, False),
        (nn.Conv2d(3, 4, 3, padding=1, stride=2), 2, False),
        (nn.Conv2d(4, 4, 3, padding=1, groups=2), 2, False),
        (nn.ReLU(), 2, False),
    ],
)
def test_only_windows_that_see_everything(module: nn.Module, side: int, expected: bool) -> None:
    assert is_dense(module, side) is expected
