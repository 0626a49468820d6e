"""Pixels of images at given places."""

import torch
from jaxtyping import Int, UInt8
from torch import Tensor


def pixels_at(
    images: UInt8[Tensor, "batch 3 height width"],
    rows: Int[Tensor, "batch #rows #columns"],
    columns: Int[Tensor, "batch #rows #columns"],
) -> UInt8[Tensor, "batch 3 rows columns"]:
    """The pixels of each image at its `rows` and `columns`, black where these lie outside of it; all on one device."""
    batch, channels, height, width = images.shape
    is_inside = ((rows >= 0) & (rows < height)) & ((columns >= 0) & (columns < width))
    place = torch.where(is_inside, rows * width + columns, 0).to(torch.int64)
    found = images.flatten(2).gather(2, place.view(batch, 1, -1).expand(batch, channels, -1))
    return found.view(batch, channels, *place.shape[1:]).mul_(is_inside.unsqueeze(1))
