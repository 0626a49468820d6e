"""Pictures seen through a grid, with a gradient that is the same every time."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def seen_through(
    images: Float[Tensor, "batch channels height width"], grid: Float[Tensor, "1 height width 2"]
) -> Float[Tensor, "batch channels height width"]:
    """`images` at the places of `grid` (x, y; both sides from -1 to 1), bilinear, mirrored at the edges.

    torch's grid_sample (align_corners False, padding "reflection"). Its gradient on a CUDA device adds up in whatever
    order threads arrive, which `make_deterministic` forbids: there it is four look-ups, whose gradients are sorted.
    """
    if not images.is_cuda:
        there = grid.expand(len(images), -1, -1, -1)
        return F.grid_sample(images, there, mode="bilinear", padding_mode="reflection", align_corners=False)
    return by_look_ups(images, grid)


def by_look_ups(
    images: Float[Tensor, "batch channels height width"], grid: Float[Tensor, "1 height width 2"]
) -> Float[Tensor, "batch channels height width"]:
    """`seen_through` on every device."""
    height, width = images.shape[2:]
    x, y = (
        _mirrored(((place + 1) * side - 1) / 2, side)
        for place, side in zip(grid[0].unbind(2), (width, height), strict=True)
    )
    left, top = x.floor(), y.floor()
    flat = images.flatten(2)
    total = torch.zeros_like(flat)
    for down in (0, 1):
        for right in (0, 1):
            column, row = (left + right).clamp(max=width - 1), (top + down).clamp(max=height - 1)
            share = (1 - (x - left - right).abs()) * (1 - (y - top - down).abs())
            place = (row * width + column).to(torch.int64).flatten()
            total = total + flat.index_select(2, place) * share.flatten()
    return total.view_as(images)


def _mirrored(place: Tensor, side: int) -> Tensor:
    """Places in px (0 in the middle of the first pixel) brought into the picture by mirrors at its edges."""
    beyond = (place + 0.5).abs() % (2 * side)
    return (torch.minimum(beyond, 2 * side - beyond) - 0.5).clamp(0, side - 1)
