"""Bilinear sampling with a deterministic gradient on CUDA devices."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def sample_bilinear(
    images: Float[Tensor, "batch channels height width"], grid: Float[Tensor, "1 height width 2"]
) -> Float[Tensor, "batch channels height width"]:
    """Sample `images` at the positions of `grid` (x, y; both sides from -1 to 1), mirrored at the edges.

    torch's grid_sample with align_corners False and padding "reflection". Its gradient on a CUDA device adds up in the
    order in which threads arrive, which `make_deterministic` forbids: there four look-ups are used.
    """
    if not images.is_cuda:
        expanded = grid.expand(len(images), -1, -1, -1)
        return F.grid_sample(images, expanded, mode="bilinear", padding_mode="reflection", align_corners=False)
    return sample_by_indexing(images, grid)


def sample_by_indexing(
    images: Float[Tensor, "batch channels height width"], grid: Float[Tensor, "1 height width 2"]
) -> Float[Tensor, "batch channels height width"]:
    """`sample_bilinear` as four look-ups of neighbouring pixels, on every device."""
    height, width = images.shape[2:]
    x, y = (
        _mirror(((position + 1) * side - 1) / 2, side)
        for position, side in zip(grid[0].unbind(2), (width, height), strict=True)
    )
    left, top = x.floor(), y.floor()
    flat = images.flatten(2)
    total = torch.zeros_like(flat)
    for down in (0, 1):
        for right in (0, 1):
            column, row = (left + right).clamp(max=width - 1), (top + down).clamp(max=height - 1)
            weight = (1 - (x - left - right).abs()) * (1 - (y - top - down).abs())
            index = (row * width + column).to(torch.int64).flatten()
            total = total + flat.index_select(2, index) * weight.flatten()
    return total.view_as(images)


def _mirror(position: Tensor, side: int) -> Tensor:
    """Positions in px (0 is the centre of the first pixel), mirrored at the edges until they are inside."""
    beyond = (position + 0.5).abs() % (2 * side)
    return (torch.minimum(beyond, 2 * side - beyond) - 0.5).clamp(0, side - 1)
