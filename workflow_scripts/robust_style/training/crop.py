"""Crops and mirror images of training images."""

import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from robust_style.training.sampling import pixels_at


def crop_and_flip(
    images: UInt8[Tensor, "batch 3 height width"],
    top: Int64[Tensor, " batch"],
    left: Int64[Tensor, " batch"],
    is_mirrored: Bool[Tensor, " batch"],
) -> UInt8[Tensor, "batch 3 height width"]:
    """Each image cut, in its old size, from itself on unbounded black; then mirrored left to right where asked.

    `top` and `left` are the first row and column of the cut in px, 0 at the image's corner; all tensors on one device.
    Source: torchvision's RandomCrop with padding, and RandomHorizontalFlip.
    """
    _, _, height, width = images.shape
    row = torch.arange(height, device=images.device)
    column = torch.arange(width, device=images.device).expand(len(images), width)
    column = torch.where(is_mirrored[:, None], column.flip(1), column)
    return pixels_at(images, (top[:, None] + row)[:, :, None], (left[:, None] + column)[:, None, :])
