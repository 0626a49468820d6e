"""A convolution on a small map as three matrix products, one for each row of its window.

The positions of all images are ordered row by row, each with its left and right neighbour, so that one row of the
window over all positions is one product. The rows above and below use the same memory, shifted by one row.
Exact but for rounding: a general convolution rounds once to bfloat16, this rounds after each of the three products.
"""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from robust_style.compute.device import has_matrix_tiles
from robust_style.model.kernels.small_map import keeps_sides

Map = Float[Tensor, "batch channels height width"]
Outputs = Float[Tensor, "batch out height width"]
# For each row of the window, top to bottom: inputs (left to right, channel), outputs.
Taps = Float[Tensor, "3 inputs out"]

# MEASURED (Xeon with AMX, 2 threads, batch 128, bfloat16, minimum of 12 interleaved; ms of convolution -> of products)
# forward, gradient of the map and gradient of the weight
#   512 to 512 channels, 4 x 4: 13.8 -> 4.6, 14.9 -> 4.5, 47.7 -> 7.6
#   128 to 128 channels, 4 x 4: 1.4 -> 0.84, 1.3 -> 0.87, 5.6 -> 0.90
#   256 to 256 channels, 8 x 8: 4.1 -> 5.4, 4.2 -> 5.2, 13.8 -> 7.5
# With 64 channels the convolution is as fast; without AMX it is faster (44 -> 51 forward).
_SIDE = 4
_SIDE_OF_GRADIENT = 8
_FEWEST_CHANNELS = 128


class RowWeights(NamedTuple):
    """The constant weights of a convolution, arranged for the forward pass and for the gradient of its input."""

    forward: Taps
    backward: Taps


def is_faster_in_rows(module: nn.Module, side: int, dtype: torch.dtype) -> bool:
    """True for a convolution that a CPU computes faster by products, on a map of `side` x `side` positions."""
    return side == _SIDE and _has_rows(module, dtype)


def is_trained_faster_in_rows(module: nn.Module, side: int, dtype: torch.dtype) -> bool:
    """The same for a training pass, in which the gradient of the weights takes more than half of the time."""
    return side in (_SIDE, _SIDE_OF_GRADIENT) and _has_rows(module, dtype)


def convolve_rows(x: Map, weight: Float[Tensor, "out channels 3 3"], bias: Float[Tensor, " out"]) -> Outputs:
    """The convolution of `x` with padding 1, in the precision of `x`; differentiable in all three.

    On maps above 4 x 4 only the gradient of the weight is computed by products.
    """
    function = _Trained if x.shape[-1] <= _SIDE else _TrainedByGradient
    return function.apply(x, weight, bias)  # type: ignore[no-untyped-call, no-any-return]


def convolve_constant_rows(x: Map, weights: RowWeights, bias: Float[Tensor, " out"]) -> Outputs:
    """The convolution with constant weights, in their precision; differentiable in `x` only."""
    return _Constant.apply(x, weights, bias)  # type: ignore[no-untyped-call, no-any-return]


def row_weights(weight: Float[Tensor, "out channels 3 3"]) -> RowWeights:
    """Arrange the weights for `convolve_constant_rows`."""
    return RowWeights(_taps(weight), _transposed_taps(weight))


class _Constant(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weights: RowWeights, bias: Tensor) -> Tensor:
        ctx.taps = weights.backward
        return _multiply(_columns(x), weights.forward, bias, x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None, None]:
        gradient = gradients[0]
        return _multiply(_columns(gradient), ctx.taps, None, gradient), None, None


class _Trained(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        columns = _columns(x)
        ctx.save_for_backward(columns, weight)
        return _multiply(columns, _taps(weight.to(x.dtype)), bias.to(x.dtype), x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor, Tensor]:
        columns, weight = ctx.saved_tensors
        gradient = gradients[0]
        map_gradient = _multiply(_columns(gradient), _transposed_taps(weight.to(gradient.dtype)), None, gradient)
        return map_gradient, *_parameter_gradients(columns, gradient, weight)


class _TrainedByGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(x, weight.to(x.dtype), bias.to(x.dtype), padding=1)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        gradient = gradients[0]
        map_gradient = F.conv_transpose2d(gradient, weight.to(x.dtype), padding=1)
        return map_gradient, *_parameter_gradients(_columns(x), gradient, weight)


def _has_rows(module: nn.Module, dtype: torch.dtype) -> bool:
    if dtype != torch.bfloat16 or not isinstance(module, nn.Conv2d) or not keeps_sides(module):
        return False
    return module.in_channels >= _FEWEST_CHANNELS and has_matrix_tiles()


def _taps(weight: Tensor) -> Taps:
    out, channels = weight.shape[:2]
    return weight.permute(2, 3, 1, 0).reshape(3, 3 * channels, out).contiguous()


def _transposed_taps(weight: Tensor) -> Taps:
    """The taps of the transposed convolution: the window rotated by 180 degrees, inputs and outputs exchanged."""
    return _taps(weight.flip(2, 3).transpose(0, 1))


def _columns(x: Map) -> Float[Tensor, "positions inputs"]:
    """Each position (row, image, column) with its neighbours left and right; zeros outside."""
    batch, channels, height, width = x.shape
    padded = x.new_zeros(height, batch, width + 2, channels)
    padded[:, :, 1:-1] = x.permute(2, 0, 3, 1)
    # Three neighbours are adjacent in memory, so that each row is a view of it.
    windows = padded.as_strided((height, batch, width, 3 * channels), padded.stride())
    return windows.reshape(height * batch * width, 3 * channels)


def _multiply(columns: Float[Tensor, "positions inputs"], taps: Taps, bias: Tensor | None, like: Map) -> Outputs:
    """The output map, with the batch and sides of `like`, channels last."""
    above, same, below = taps
    batch, _, height, width = like.shape
    row = batch * width
    positions = columns @ same if bias is None else torch.addmm(bias, columns, same)
    positions[row:].addmm_(columns[:-row], above)
    positions[:-row].addmm_(columns[row:], below)
    return positions.view(height, batch, width, -1).permute(1, 3, 0, 2).contiguous(memory_format=torch.channels_last)


def _parameter_gradients(
    columns: Float[Tensor, "positions inputs"], gradient: Map, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """The gradients of the weight and of the bias."""
    (out, channels), row = weight.shape[:2], len(gradient) * gradient.shape[3]
    positions = gradient.permute(2, 0, 3, 1).reshape(len(columns), out)
    taps = torch.stack(
        [columns[:-row].t() @ positions[row:], columns.t() @ positions, columns[row:].t() @ positions[:-row]]
    )
    # In the layout of the weight, as torch's convolution gives it.
    weight_gradient = torch.empty_like(weight).copy_(taps.view(3, 3, channels, out).permute(3, 2, 0, 1))
    return weight_gradient, positions.to(weight.dtype).sum(0)
