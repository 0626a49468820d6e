"""Data augmentation of stored (uint8) training images: random crop, flip, colour jitter and rotation.

Crops and rotations gather pixels; colours and rotations equal torchvision on PIL images (Pillow) bit for bit. Random
numbers are drawn on the CPU; the images are changed on their own device, to the same bits on each.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float32, Int, Int32, Int64, UInt8
from torch import Tensor

BRIGHTNESS, CONTRAST, SATURATION = range(3)
_ORDERS = tuple(itertools.permutations((BRIGHTNESS, CONTRAST, SATURATION)))
# Weights of red, green and blue in grey, times 2^16 (ITU-R 601-2 luma, Pillow's Convert.c), and one half for rounding.
_RED, _GREEN, _BLUE, _HALF = 19595, 38470, 7471, 0x8000
# Pillow's fixed-point numbers have 16 fraction bits; its rotation matrices are rounded to 15 decimals.
_FRACTION_BITS = 16
_DECIMALS = 15

StoredImages = UInt8[Tensor, "batch 3 height width"]


class AugmentationParameters(NamedTuple):
    """Random parameters for each image of a batch, on one device: see `crop_and_flip`, `adjust_colours`, `rotate`.

    `matrices` is None if images are not rotated.
    """

    top: Int64[Tensor, " batch"]
    left: Int64[Tensor, " batch"]
    is_mirrored: Bool[Tensor, " batch"]
    factors: Float32[Tensor, "batch 3"]
    order: Int64[Tensor, "batch 3"]
    matrices: Int32[Tensor, "batch 6"] | None


@dataclass(frozen=True)
class Augmentation:
    """Random crop, horizontal flip, colour jitter and rotation of each image, in this order.

    Crops of the old size are taken from the image padded with `crop_padding` black pixels; half of the images are
    mirrored (if `flip`); brightness, contrast and saturation are multiplied, in random order, by factors uniform in
    1 ± `colour_jitter` (0 to 1); the rotation angle is uniform in ± `rotation` degrees. 0 switches a part off.
    Source: the training transform of `robustness` for CIFAR (data_augmentation.py: padding 4, flip, 0.25, 2 degrees),
    bit for bit as torchvision computes it on PIL images. Differs from that library: the random numbers.

    MEASURED (AMD EPYC, Zen 5, 1 thread, batch 128, best of 25): crop and flip 0.005 ms per image, all 0.032 (colours
    0.020, rotation 0.007); the library's transforms on PIL images 0.17.
    """

    crop_padding: int
    flip: bool
    colour_jitter: float
    rotation: float

    def draw(self, shape: Sequence[int], generator: torch.Generator) -> AugmentationParameters:
        """Random parameters for a batch of `shape`; they and `generator` are on the CPU.

        Every value is drawn at any setting, so that switching a part off leaves the other random values unchanged.
        """
        batch, _, height, width = shape
        top, left = torch.randint(2 * self.crop_padding + 1, (2, batch), generator=generator) - self.crop_padding
        is_mirrored = (torch.rand(batch, generator=generator) < 0.5) & self.flip
        factors = 1 + self.colour_jitter * _uniform_symmetric((batch, 3), generator)
        order = torch.tensor(_ORDERS)[torch.randint(len(_ORDERS), (batch,), generator=generator)]
        degrees = self.rotation * _uniform_symmetric((batch,), generator)
        matrices = rotation_matrices(degrees, height, width) if self.rotation > 0 else None
        return AugmentationParameters(top, left, is_mirrored, factors, order, matrices)

    def __call__(self, images: StoredImages, parameters: AugmentationParameters) -> StoredImages:
        """`images` augmented with `parameters`, which are on the same device."""
        augmented = crop_and_flip(images, parameters.top, parameters.left, parameters.is_mirrored)
        if self.colour_jitter > 0:
            augmented = adjust_colours(augmented, parameters.factors, parameters.order)
        return augmented if parameters.matrices is None else rotate(augmented, parameters.matrices)


def crop_and_flip(
    images: StoredImages,
    top: Int64[Tensor, " batch"],
    left: Int64[Tensor, " batch"],
    is_mirrored: Bool[Tensor, " batch"],
) -> StoredImages:
    """Each image cropped at (`top`, `left`) in px to its old size, black outside; then mirrored where asked.

    (0, 0) is the image's corner. All tensors are on one device.
    Source: torchvision's RandomCrop with padding, and RandomHorizontalFlip.
    """
    _, _, height, width = images.shape
    row = torch.arange(height, device=images.device)
    column = torch.arange(width, device=images.device).expand(len(images), width)
    column = torch.where(is_mirrored[:, None], column.flip(1), column)
    return _gather_pixels(images, (top[:, None] + row)[:, :, None], (left[:, None] + column)[:, None, :])


def adjust_colours(
    images: StoredImages, factors: Float32[Tensor, "batch 3"], order: Int64[Tensor, "batch 3"]
) -> StoredImages:
    """`images` with brightness, contrast and saturation multiplied by `factors`, one after the other in `order`.

    The columns of `factors` are BRIGHTNESS, CONTRAST and SATURATION, at least 0; 1 changes nothing. Each row of `order`
    is a permutation of the three. All tensors are on one device. Values are truncated to integers from 0 to 255 after
    each of the three. Equal to Pillow, bit for bit, if it is built without fused multiply-add, as its wheels for x86-64
    are. Source: torchvision's ColorJitter on PIL images; Pillow's ImageEnhance and Blend.c.
    """
    # Integers below 2^24 are exact in float32, in any order of summation: only the blend rounds, as in Blend.c.
    x = images.to(torch.float32, memory_format=torch.contiguous_format)
    for kind in order.unbind(1):
        factor = factors.gather(1, kind[:, None]).view(-1, 1, 1, 1)
        origin = _blend_origin(x, kind.view(-1, 1, 1, 1))
        x = x.sub_(origin).mul_(factor).add_(origin).clamp_(0, 255).trunc_()
    return x.to(torch.uint8)


def _blend_origin(
    x: Float32[Tensor, "batch 3 height width"], kind: Int64[Tensor, "batch 1 1 1"]
) -> Float32[Tensor, "batch 1 height width"]:
    """The image to blend with: black (brightness), its mean grey (contrast), itself in grey (saturation)."""
    red, green, blue = (x[:, channel : channel + 1] for channel in range(3))
    grey = (red * _RED).add_(green * _GREEN).add_(blue * _BLUE).add_(_HALF).mul_(2**-16).floor_()
    total = grey.sum((1, 2, 3), keepdim=True, dtype=torch.float64)
    mean = total.div_(grey[0].numel()).add_(0.5).floor_().to(torch.float32)
    return torch.where(kind == SATURATION, grey, torch.where(kind == CONTRAST, mean, 0))


def rotation_matrices(degrees: Float[Tensor, " batch"], height: int, width: int) -> Int32[Tensor, "batch 6"]:
    """Fixed-point matrices that rotate images of this size anticlockwise about the centre by `degrees`; on the CPU."""
    return torch.tensor([_fixed_point_matrix(angle, height, width) for angle in degrees.tolist()], dtype=torch.int32)


def rotate(images: StoredImages, matrices: Int32[Tensor, "batch 6"]) -> StoredImages:
    """Each image rotated by its row of `matrices` (on the same device), nearest pixel, black outside.

    Bit for bit Pillow's result for sides below 2^14 px: coordinates are computed in integers. Source: torchvision's
    RandomRotation on PIL images; Pillow's Image.rotate and Geometry.c (affine_fixed).
    """
    _, _, height, width = images.shape
    a, b, c, d, e, f = matrices.view(-1, 6, 1, 1).unbind(1)
    x = torch.arange(width, dtype=torch.int32, device=images.device)
    y = torch.arange(height, dtype=torch.int32, device=images.device)[:, None]
    return _gather_pixels(images, (d * x + (e * y + f)) >> _FRACTION_BITS, (a * x + (b * y + c)) >> _FRACTION_BITS)


def _fixed_point_matrix(degrees: float, height: int, width: int) -> tuple[int, int, int, int, int, int]:
    """The source of pixel (x, y): column (a x + b y + c) / 2^16 and row (d x + e y + f) / 2^16, rounded down.

    In Python's floats, operation by operation as Pillow: a vectorised sine may differ in the last digit.
    """
    angle = -math.radians(degrees % 360.0)
    cosine, sine = round(math.cos(angle), _DECIMALS), round(math.sin(angle), _DECIMALS)
    centre_x, centre_y = width / 2, height / 2
    shift_x = cosine * -centre_x + sine * -centre_y + centre_x
    shift_y = -sine * -centre_x + cosine * -centre_y + centre_y
    return (
        _fixed_point(cosine),
        _fixed_point(sine),
        _fixed_point(shift_x + cosine * 0.5 + sine * 0.5),
        _fixed_point(-sine),
        _fixed_point(cosine),
        _fixed_point(shift_y + -sine * 0.5 + cosine * 0.5),
    )


def _fixed_point(value: float) -> int:
    return math.floor(value * (1 << _FRACTION_BITS) + 0.5)


def _gather_pixels(
    images: StoredImages,
    rows: Int[Tensor, "batch #rows #columns"],
    columns: Int[Tensor, "batch #rows #columns"],
) -> UInt8[Tensor, "batch 3 rows columns"]:
    """The pixels of each image at `rows` and `columns`, black outside the image; all tensors are on one device."""
    batch, channels, height, width = images.shape
    is_inside = ((rows >= 0) & (rows < height)) & ((columns >= 0) & (columns < width))
    index = torch.where(is_inside, rows * width + columns, 0).to(torch.int64)
    pixels = images.flatten(2).gather(2, index.view(batch, 1, -1).expand(batch, channels, -1))
    return pixels.view(batch, channels, *index.shape[1:]).mul_(is_inside.unsqueeze(1))


def _uniform_symmetric(shape: tuple[int, ...], generator: torch.Generator) -> Float32[Tensor, "*shape"]:
    """Uniform in [-1, 1)."""
    return 2 * torch.rand(shape, generator=generator) - 1
