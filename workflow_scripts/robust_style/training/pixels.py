"""Stored images, uint8, as the images in [0, 1] that networks and attacks take."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

# The largest value of 8 bits.
_WHITE = 255


def unit_scale(
    images: UInt8[Tensor, "batch 3 height width"], layout: torch.memory_format = torch.contiguous_format
) -> Float[Tensor, "batch 3 height width"]:
    """`images` divided by 255, as float32 in [0, 1], laid out in memory as `layout`."""
    return images.to(torch.float32, memory_format=layout).div_(_WHITE)
