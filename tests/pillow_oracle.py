"""Pillow, and torchvision's transforms of its images, which the tensor versions must equal bit for bit."""

from collections.abc import Sequence
from types import ModuleType

import numpy as np
import torch
from PIL import Image, ImageEnhance

from robust_style.model.compat import import_robustness

ENHANCERS = (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color)


def torchvision_functional() -> ModuleType:
    """torchvision.transforms.functional; imports only once the shims of the compat room stand."""
    import_robustness()
    from torchvision.transforms import functional

    return functional  # type: ignore[no-any-return]


def to_pillow(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())


def to_tensor(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


def enhanced(image: torch.Tensor, factors: Sequence[float], order: Sequence[int]) -> torch.Tensor:
    """Pillow's brightness, contrast and colour (0, 1, 2), one after the other in their `order`."""
    picture = to_pillow(image)
    for which in order:
        picture = ENHANCERS[which](picture).enhance(factors[which])
    return to_tensor(picture)


def rotated(image: torch.Tensor, degrees: float) -> torch.Tensor:
    """Pillow's rotation."""
    return to_tensor(to_pillow(image).rotate(degrees))


def kinds_of_images(count: int, height: int, width: int, generator: torch.Generator) -> torch.Tensor:
    """`count` images, in turn: of all values, of few, pale, of one colour, black and white, and smooth."""
    draw = (count, 3, height, width)
    noise = torch.randint(256, draw, generator=generator)
    flat = torch.randint(256, (count, 3, 1, 1), generator=generator).expand(draw)
    ramp = torch.arange(width).mul(255).div(max(width - 1, 1)).to(torch.int64).expand(draw)
    kinds = torch.stack([noise, noise % 3 + 126, 200 + noise // 8, flat, 255 * (noise // 128), (ramp + flat) // 2])
    return kinds[torch.arange(count) % len(kinds), torch.arange(count)].to(torch.uint8)
