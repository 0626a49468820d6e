"""How much memory painting takes, for scheduler and command line. Standard library only: the Snakefile reads it."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from robust_style.model.architectures import VGG19_PIXEL_VALUES, architecture_named, relative_maps

# Interpreter, torch and a full-width VGG19 before the first iteration, and some room.
BASE_MB = 1500
# Feature maps and their gradients up to relu5_1 in float32, and the optimiser's memory of 20 steps. MEASURED (AMD EPYC,
# full width, float32, peak resident size over the base: 512 px 0.8 GB, 1024 px 2.4 GB, n = 1 each: 2.3 kB per pixel).
BYTES_PER_PIXEL = 2800
# The original's optimiser remembers 100 steps instead of 20: the step and the gradient's change, three channels each.
MORE_REMEMBERED = {"lbfgs_unguarded": (100 - 20) * 2 * 3 * 4}
# The parts of it, for one picture of known size: what a loaded network takes more while it paints. MEASURED (x86-64,
# float32, peak resident size over the loaded network, n = 1 each, 128 to 512 px: VGG19 at width 1, 0.25 and 0.125,
# ResNet-18 and -50, DenseNet-121, MobileNetV2; lbfgs, lbfgs_unguarded and adam): the estimate is 3 to 57 % above.
# Share of the feature maps (float32; bfloat16 is no less, because the last iterations are float32) alive at the peak.
MAPS_ALIVE = {"mobilenet": 1.2}
MAPS_ALIVE_USUALLY = 0.8
# Picture, gradient, direction and other tensors of three channels; and what does not grow with the picture.
BYTES_PER_PIXEL_BESIDES = 600
BYTES_BESIDES = 60 * 2**20
# Steps that the optimiser remembers: the step and the gradient's change, three channels of float32 each.
REMEMBERED = {"lbfgs": 20, "lbfgs_unguarded": 100, "adam": 2}
# Feature maps of a style image are needed once, without gradients, beside those of the content image.
STYLE_SHARE = 0.25
# Sides of a photograph: 3 : 2 is the usual longest.
LONGER_OVER_SHORTER = 1.5


def painting_mb(
    size_px: int, pictures: int, networks: Iterable[Mapping[str, Any]] = (), optimiser: str = "lbfgs"
) -> int:
    """MB that one job needs at `size_px` (shorter side, px) with `pictures` in one batch, by the recipe's `optimiser`.

    `networks` are blocks of the configuration; the largest counts, and none less than a VGG19 of full width. On a GPU
    it is the same amount of the device's memory.
    """
    largest = max([1.0, *(relative_maps(block["architecture"], block["width"]) for block in networks)])
    pixels = LONGER_OVER_SHORTER * size_px**2 * pictures
    return BASE_MB + round(pixels * (BYTES_PER_PIXEL * largest + MORE_REMEMBERED.get(optimiser, 0)) / 2**20)


def painting_bytes(
    content_pixels: int | float, style_pixels: int | float, *, architecture: str, width: float, optimiser: str
) -> tuple[float, float]:
    """Bytes that one picture needs beside its loaded network: a constant part, and one that grows with the picture.

    `content_pixels` is the picture's size, `style_pixels` that of the largest style image as it is seen. The second
    part is proportional to both. A copy of the weights is in the first.
    """
    known = architecture_named(architecture)
    maps = 4 * VGG19_PIXEL_VALUES * relative_maps(architecture, width)
    maps *= MAPS_ALIVE.get(known.family, MAPS_ALIVE_USUALLY)
    pixels = max(content_pixels, STYLE_SHARE * (content_pixels + style_pixels))
    constant = BYTES_BESIDES + 4 * known.parameters * width**2
    return constant, pixels * (maps + BYTES_PER_PIXEL_BESIDES + 2 * 3 * 4 * REMEMBERED[optimiser])


def largest_size_px(
    size_px: int, constant: int | float, growing: int | float, available: int | float, multiple: int
) -> int | None:
    """The largest size, a multiple of `multiple` px, that fits where `size_px` needs `constant` + `growing` bytes.

    None where not even one of them does.
    """
    if available <= constant:
        return None
    return int(size_px * math.sqrt((available - constant) / growing)) // multiple * multiple or None
