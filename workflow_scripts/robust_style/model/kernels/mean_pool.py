"""The mean of every 2 x 2 pixels, with a gradient that is fast on a GPU."""

from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import Function


class MeanPool(nn.Module):
    """Sums over windows of 2 x 2, divided by `divisor` (4 for the mean); a last odd row or column is left out.

    The same as torch.nn.AvgPool2d(2, 2, divisor_override=divisor). MEASURED (H100, 17 pictures of 512 px): the
    gradient of torch's takes 9.6 of 49 ms of an iteration, twenty times as long as the memory it moves.
    """

    def __init__(self, divisor: int = 4) -> None:
        super().__init__()
        self.divisor = divisor

    def forward(self, maps: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels _ _"]:
        """Pool each channel separately."""
        pooled: Tensor = _MeanPool.apply(maps, self.divisor)  # type: ignore[no-untyped-call]
        return pooled


class _MeanPool(Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, divisor: int) -> Tensor:
        ctx.divisor, ctx.size = divisor, maps.shape[2:]
        return F.avg_pool2d(maps, 2, 2, divisor_override=divisor)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor, None]:
        # Each pixel of a window has the same share of its mean.
        gradient = F.interpolate(gradients[0] / ctx.divisor, scale_factor=2, mode="nearest")
        height, width = ctx.size
        if gradient.shape[2:] != ctx.size:
            gradient = F.pad(gradient, (0, width - gradient.shape[3], 0, height - gradient.shape[2]))
        return gradient, None
