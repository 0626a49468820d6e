"""Random crops and flips of training images."""

import torch
import torch.nn.functional as F
from jaxtyping import UInt8
from torch import Tensor


def augment(
    images: UInt8[Tensor, "batch 3 height width"], *, crop_padding: int, flip: bool, generator: torch.Generator
) -> UInt8[Tensor, "batch 3 height width"]:
    """Each image cut, at its own random place, from itself with `crop_padding` black pixels around; half are mirrored.

    Computed on the device of `images`; `generator` (CPU) is drawn from in the same amounts whatever the device, the
    padding and the flip. Source: torchvision's RandomCrop(32, padding 4) and RandomHorizontalFlip, as `robustness`
    uses them. Differs from that library: no colour jitter and no rotation.
    """
    batch, _, height, width = images.shape
    top = torch.randint(2 * crop_padding + 1, (batch, 1), generator=generator)
    left = torch.randint(2 * crop_padding + 1, (batch, 1), generator=generator)
    is_mirrored = (torch.rand((batch, 1), generator=generator) < 0.5) & flip
    rows = top + torch.arange(height)
    columns = torch.arange(width).expand(batch, width)
    columns = left + torch.where(is_mirrored, columns.flip(1), columns)
    padded = F.pad(images, [crop_padding] * 4)
    which = torch.arange(batch, device=images.device).view(batch, 1, 1)
    cut = padded[which, :, rows.to(images.device)[:, :, None], columns.to(images.device)[:, None, :]]
    return cut.permute(0, 3, 1, 2)
