"""A convolution on a small map as three matrix products, one for each row of its window.

The places of the map are laid out row by row of all images; beside each stand its neighbours to the left and right, so
that a row of the window, over all places, is one product. The rows above and below are the same memory, shifted by one.
Exact but for rounding: where a general convolution rounds once to bfloat16, this rounds after each of the three.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.compute.device import has_matrix_tiles
from robust_style.model.small_map import keeps_sides

Map = Float[Tensor, "batch channels height width"]
Outputs = Float[Tensor, "batch out height width"]
# For each row of the window, from above: inputs (left to right, channel), outputs.
Taps = Float[Tensor, "3 inputs out"]

# MEASURED (Xeon with AMX, 2 threads, batch 128, bfloat16, minimum of 12 in turns; ms of the convolution -> of products)
# forward, gradient of the map and gradient of the weight
#   512 to 512 channels, 4 x 4: 13.8 -> 4.6, 14.9 -> 4.5, 47.7 -> 7.6
#   128 to 128 channels, 4 x 4: 1.4 -> 0.84, 1.3 -> 0.87, 5.6 -> 0.90
#   256 to 256 channels, 8 x 8: 4.1 -> 5.4, 4.2 -> 5.2, 13.8 -> 7.5
# With 64 channels the convolution is as fast; without AMX it is faster (44 -> 51 forward).
_SIDE = 4
_SIDE_OF_GRADIENT = 8
_FEWEST_CHANNELS = 128


class RowWeights(NamedTuple):
    """The constant weights of a convolution, as it multiplies them forward and for the gradient of its map."""

    forward: Taps
    backward: Taps


def is_faster_in_rows(module: nn.Module, side: int, dtype: torch.dtype) -> bool:
    """Whether `module` is a convolution that a CPU computes faster by products, on a map of `side` x `side` places."""
    return side == _SIDE and _has_rows(module, dtype)


def is_trained_faster_in_rows(module: nn.Module, side: int, dtype: torch.dtype) -> bool:
    """The same for a training pass, of which the gradient of the weights is more than half."""
    return side in (_SIDE, _SIDE_OF_GRADIENT) and _has_rows(module, dtype)


def convolve_rows(x: Map, weight: Float[Tensor, "out channels 3 3"], bias: Float[Tensor, " out"]) -> Outputs:
    """The convolution of `x` with padding 1, in the precision of `x`; differentiable in all three.

    On maps above 4 x 4 only the gradient of the weight is made of products.
    """
    function = _Trained if x.shape[-1] <= _SIDE else _TrainedByGradient
    return function.apply(x, weight, bias)  # type: ignore[no-untyped-call, no-any-return]


def convolve_constant_rows(x: Map, weights: RowWeights, bias: Float[Tensor, " out"]) -> Outputs:
    """The same by products with constant weights, in their precision; differentiable in `x` only."""
    return _Constant.apply(x, weights, bias)  # type: ignore[no-untyped-call, no-any-return]


def row_weights(weight: Float[Tensor, "out channels 3 3"]) -> RowWeights:
    """What `convolve_constant_rows` multiplies by."""
    return RowWeights(_taps(weight), _turned(weight))


class _Constant(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: RowWeights, bias: Tensor) -> Tensor:
        ctx.taps = weights.backward
        return _multiplied(_columns(x), weights.forward, bias, x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None, None]:
        gradient = gradients[0]
        return _multiplied(_columns(gradient), ctx.taps, None, gradient), None, None


class _Trained(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        columns = _columns(x)
        ctx.save_for_backward(columns, weight)
        return _multiplied(columns, _taps(weight.to(x.dtype)), bias.to(x.dtype), x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor, Tensor]:
        columns, weight = ctx.saved_tensors
        gradient = gradients[0]
        of_map = _multiplied(_columns(gradient), _turned(weight.to(gradient.dtype)), None, gradient)
        return of_map, *_of_parameters(columns, gradient, weight)


class _TrainedByGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), padding=1)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0]
        of_map = F.conv_transpose2d(gradient, weight.to(x.dtype), padding=1)
        return of_map, *_of_parameters(_columns(x), gradient, weight)


def _has_rows(module: nn.Module, dtype: torch.dtype) -> bool:
    if dtype != torch.bfloat16 or not isinstance(module, nn.Conv2d) or not keeps_sides(module):
        return False
    return module.in_channels >= _FEWEST_CHANNELS and has_matrix_tiles()


def _taps(weight: Tensor) -> Taps:
    out, channels = weight.shape[:2]
    return weight.permute(2, 3, 1, 0).reshape(3, 3 * channels, out).contiguous()


def _turned(weight: Tensor) -> Taps:
    """The taps of the transposed convolution: the window turned by 180 degrees, inputs and outputs exchanged."""
    return _taps(weight.flip(2, 3).transpose(0, 1))


def _columns(x: Map) -> Float[Tensor, "places inputs"]:
    """Each place (row of the map, image, place in the row) with its neighbours left and right; zeros outside."""
    batch, channels, height, width = x.shape
    padded = x.new_zeros(height, batch, width + 2, channels)
    padded[:, :, 1:-1] = x.permute(2, 0, 3, 1)
    # Three neighbours lie side by side in memory, so that a place's row of them is a window onto it.
    windows = padded.as_strided((height, batch, width, 3 * channels), padded.stride())
    return windows.reshape(height * batch * width, 3 * channels)


def _multiplied(columns: Float[Tensor, "places inputs"], taps: Taps, bias: Tensor | None, like: Map) -> Outputs:
    """The map of outputs, of the batch and the sides of `like`, laid out channels last."""
    above, same, below = taps
    batch, _, height, width = like.shape
    row = batch * width
    places = columns @ same if bias is None else torch.addmm(bias, columns, same)
    places[row:].addmm_(columns[:-row], above)
    places[:-row].addmm_(columns[row:], below)
    return places.view(height, batch, width, -1).permute(1, 3, 0, 2).contiguous(memory_format=torch.channels_last)


def _of_parameters(columns: Float[Tensor, "places inputs"], gradient: Map, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The gradients of the weight and of the bias."""
    (out, channels), row = weight.shape[:2], len(gradient) * gradient.shape[3]
    places = gradient.permute(2, 0, 3, 1).reshape(len(columns), out)
    taps = torch.stack([columns[:-row].t() @ places[row:], columns.t() @ places, columns[row:].t() @ places[:-row]])
    # In the weight's own layout, so that the optimiser runs the same loops as after any other convolution.
    of_weight = torch.empty_like(weight).copy_(taps.view(3, 3, channels, out).permute(3, 2, 0, 1))
    return of_weight, places.to(weight.dtype).sum(0)
