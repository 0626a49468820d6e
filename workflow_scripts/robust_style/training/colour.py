"""Brightness, contrast and saturation of training images."""

import torch
from jaxtyping import Float32, Int64, UInt8
from torch import Tensor

BRIGHTNESS, CONTRAST, SATURATION = range(3)

# Red, green and blue in grey, times 2^16 (ITU-R 601-2 luma as Pillow has it, Convert.c), and what rounds.
_RED, _GREEN, _BLUE, _HALF = 19595, 38470, 7471, 0x8000


def adjust_colours(
    images: UInt8[Tensor, "batch 3 height width"],
    factors: Float32[Tensor, "batch 3"],
    order: Int64[Tensor, "batch 3"],
) -> UInt8[Tensor, "batch 3 height width"]:
    """`images` with brightness, contrast and saturation multiplied by `factors`, one after the other in their `order`.

    Columns of `factors` are BRIGHTNESS, CONTRAST and SATURATION, at least 0, 1 changes nothing; a row of `order` has
    each of the three once. All tensors lie on one device. Values are cut off to whole numbers from 0 to 255 after each
    of the three. Bit for bit what Pillow gives; ASSUME: a Pillow that multiplies and adds with a rounding each, as its
    wheels for x86-64 do. Source: torchvision's ColorJitter on PIL images; Pillow's ImageEnhance and Blend.c.
    """
    # Whole numbers below 2^24 are exact in float32, in any order of summation: only the blend rounds, as Blend.c does.
    x = images.to(torch.float32, memory_format=torch.contiguous_format)
    for which in order.unbind(1):
        factor = factors.gather(1, which[:, None]).view(-1, 1, 1, 1)
        origin = _origin(x, which.view(-1, 1, 1, 1))
        x = x.sub_(origin).mul_(factor).add_(origin).clamp_(0, 255).trunc_()
    return x.to(torch.uint8)


def _origin(
    x: Float32[Tensor, "batch 3 height width"], which: Int64[Tensor, "batch 1 1 1"]
) -> Float32[Tensor, "batch 1 height width"]:
    """What each image is moved away from: black (brightness), its mean grey (contrast), itself in grey (saturation)."""
    red, green, blue = (x[:, channel : channel + 1] for channel in range(3))
    grey = (red * _RED).add_(green * _GREEN).add_(blue * _BLUE).add_(_HALF).mul_(2**-16).floor_()
    total = grey.sum((1, 2, 3), keepdim=True, dtype=torch.float64)
    mean = total.div_(grey[0].numel()).add_(0.5).floor_().to(torch.float32)
    return torch.where(which == SATURATION, grey, torch.where(which == CONTRAST, mean, 0))
