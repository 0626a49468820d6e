"""A convolution on a small map is three matrix products, in values and in all three gradients."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from robust_style.data.cifar10 import CIFAR10_MEAN, CIFAR10_STD
from robust_style.model.forward import logits_of
from robust_style.model.kernels import row_products
from robust_style.model.kernels.row_products import (
    convolve_constant_rows,
    convolve_rows,
    is_faster_in_rows,
    is_trained_faster_in_rows,
    row_weights,
)
from robust_style.model.network import NormalisedNetwork, build_network


def randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def convolution(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv2d(x, weight, bias, padding=1)


@settings(max_examples=40, deadline=None)
@given(
    batch=st.integers(1, 4), channels=st.integers(1, 7), out=st.integers(1, 7), is_last=st.booleans(),
    # Below and above the side from which only the weight's gradient is made of products.
    height=st.integers(2, 6), width=st.integers(1, 6),
)  # fmt: skip
def test_equals_the_convolution_in_every_gradient(
    batch: int, channels: int, out: int, is_last: bool, height: int, width: int
) -> None:
    layout = torch.channels_last if is_last else torch.contiguous_format
    given = [randn(batch, channels, height, width), randn(out, channels, 3, 3, seed=1), randn(out, seed=2)]
    given[:2] = [tensor.contiguous(memory_format=layout) for tensor in given[:2]]
    upstream = randn(batch, out, height, width, seed=3)
    results = []
    for convolve in (convolution, convolve_rows):
        leaves = [tensor.clone().requires_grad_() for tensor in given]
        value = convolve(*leaves)
        results.append([value, *torch.autograd.grad(value, leaves, upstream)])
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(batch=st.integers(1, 4), channels=st.integers(1, 7), out=st.integers(1, 7), side=st.integers(2, 6))
def test_constant_weights_give_the_same_map_and_its_gradient(batch: int, channels: int, out: int, side: int) -> None:
    x, weight, bias = randn(batch, channels, side, side), randn(out, channels, 3, 3, seed=1), randn(out, seed=2)
    upstream, results = randn(batch, out, side, side, seed=3), []
    for convolve in (convolution, lambda x, w, b: convolve_constant_rows(x, row_weights(w), b)):
        leaf = x.clone().requires_grad_()
        value = convolve(leaf, weight, bias)
        results.append([value, *torch.autograd.grad(value, leaf, upstream)])
    for expected, found in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_bfloat16_is_a_few_roundings_away() -> None:
    x, weight, bias = randn(4, 128, 4, 4), randn(128, 128, 3, 3, seed=1), randn(128, seed=2)
    found = convolve_rows(*(tensor.bfloat16() for tensor in (x, weight, bias)))
    expected = convolution(*(tensor.bfloat16().double() for tensor in (x, weight, bias)))
    # A sum is rounded to 2 ** -9 of its size after each of three products.
    assert (found - expected).abs().max() < 3 * 2**-9 * expected.abs().max()


@pytest.mark.parametrize("side", [4, 8])
def test_maps_and_gradients_have_the_layout_of_a_convolutions(side: int) -> None:
    x = torch.randn(2, 5, side, side).contiguous(memory_format=torch.channels_last)
    weight = torch.randn(4, 5, 3, 3).contiguous(memory_format=torch.channels_last).requires_grad_()
    value = convolve_rows(x, weight, torch.zeros(4))
    value.sum().backward()
    assert value.is_contiguous(memory_format=torch.channels_last)
    assert weight.grad is not None
    assert weight.grad.stride() == weight.stride()


WIDE = nn.Conv2d(128, 8, 3, padding=1)


@pytest.mark.parametrize(
    ("module", "side", "dtype", "has_tiles", "forward", "trained"),
    [
        (WIDE, 4, torch.bfloat16, True, True, True),
        (WIDE, 8, torch.bfloat16, True, False, True),
        (WIDE, 16, torch.bfloat16, True, False, False),
        (WIDE, 4, torch.bfloat16, False, False, False),
        (WIDE, 4, torch.float32, True, False, False),
        (nn.Conv2d(64, 8, 3, padding=1), 4, torch.bfloat16, True, False, False),
        (nn.Conv2d(128, 8, 3), 4, torch.bfloat16, True, False, False),
        (nn.Conv2d(128, 8, 1), 4, torch.bfloat16, True, False, False),
        (nn.Conv2d(128, 8, 3, padding=1, stride=2), 4, torch.bfloat16, True, False, False),
        (nn.Conv2d(128, 8, 3, padding=1, groups=2), 4, torch.bfloat16, True, False, False),
        (nn.ReLU(), 4, torch.bfloat16, True, False, False),
    ],
)
def test_only_where_it_was_measured_to_be_faster(
    module: nn.Module, side: int, dtype: torch.dtype, has_tiles: bool, forward: bool, trained: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(row_products, "has_matrix_tiles", lambda: has_tiles)
    assert is_faster_in_rows(module, side, dtype) is forward
    assert is_trained_faster_in_rows(module, side, dtype) is trained


def test_training_with_and_without_is_the_same_but_for_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A VGG11 of half width has three convolutions that either makes."""
    network = NormalisedNetwork(build_network("vgg11", 0.5, 10, seed=3), CIFAR10_MEAN, CIFAR10_STD).train()
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    calls, gradients = [], {}
    monkeypatch.setattr("robust_style.model.forward.convolve_rows", lambda *a: calls.append(a) or convolve_rows(*a))
    for has_tiles in (False, True):
        monkeypatch.setattr(row_products, "has_matrix_tiles", lambda has_tiles=has_tiles: has_tiles)
        network.zero_grad()
        F.cross_entropy(logits_of(network, x, "bfloat16"), torch.arange(16) % 10).backward()
        gradients[has_tiles] = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
        assert len(calls) == (3 if has_tiles else 0)
    network.zero_grad()
    F.cross_entropy(logits_of(network, x, "float32"), torch.arange(16) % 10).backward()
    exact = torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])
    alike = {has: F.cosine_similarity(gradient, exact, dim=0) for has, gradient in gradients.items()}
    assert alike[True] > alike[False] - 0.01
    assert alike[True] > 0.9
