"""Rotations of training images by small angles."""

import math

import torch
from jaxtyping import Float, Int32, UInt8
from torch import Tensor

from robust_style.training.sampling import pixels_at

# Pillow's fixed point numbers have 16 binary digits after the point, and its matrices 15 decimal ones.
_FRACTION_BITS = 16
_DECIMALS = 15


def rotation_matrices(degrees: Float[Tensor, " batch"], height: int, width: int) -> Int32[Tensor, "batch 6"]:
    """The matrices that turn images of this size anticlockwise about their middle by `degrees`; all on the CPU."""
    return torch.tensor([_fixed_point_matrix(angle, height, width) for angle in degrees.tolist()], dtype=torch.int32)


def turn(
    images: UInt8[Tensor, "batch 3 height width"], matrices: Int32[Tensor, "batch 6"]
) -> UInt8[Tensor, "batch 3 height width"]:
    """Each image turned as its row of `matrices` says, on the same device: nearest pixels, corners black.

    Bit for bit what Pillow gives, for sides below 2^14 px; places are computed in whole numbers. Source: torchvision's
    RandomRotation on PIL images; Pillow's Image.rotate and Geometry.c (affine_fixed).
    """
    _, _, height, width = images.shape
    a, b, c, d, e, f = matrices.view(-1, 6, 1, 1).unbind(1)
    x = torch.arange(width, dtype=torch.int32, device=images.device)
    y = torch.arange(height, dtype=torch.int32, device=images.device)[:, None]
    return pixels_at(images, (d * x + (e * y + f)) >> _FRACTION_BITS, (a * x + (b * y + c)) >> _FRACTION_BITS)


def _fixed_point_matrix(degrees: float, height: int, width: int) -> tuple[int, int, int, int, int, int]:
    """Where a pixel (x, y) comes from: column (a x + b y + c) / 2^16 and row (d x + e y + f) / 2^16, rounded down.

    In Python's floats, operation by operation as Pillow: a vectorised sine may differ in the last digit.
    """
    angle = -math.radians(degrees % 360.0)
    cosine, sine = round(math.cos(angle), _DECIMALS), round(math.sin(angle), _DECIMALS)
    middle_x, middle_y = width / 2, height / 2
    shift_x = cosine * -middle_x + sine * -middle_y + middle_x
    shift_y = -sine * -middle_x + cosine * -middle_y + middle_y
    return (
        _fixed(cosine),
        _fixed(sine),
        _fixed(shift_x + cosine * 0.5 + sine * 0.5),
        _fixed(-sine),
        _fixed(cosine),
        _fixed(shift_y + -sine * 0.5 + cosine * 0.5),
    )


def _fixed(value: float) -> int:
    return math.floor(value * (1 << _FRACTION_BITS) + 0.5)
