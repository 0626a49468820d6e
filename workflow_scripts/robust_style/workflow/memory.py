"""How much memory painting takes, for the scheduler. Standard library only: the Snakefile reads it."""

from collections.abc import Iterable, Mapping
from typing import Any

from robust_style.model.architectures import relative_maps

# Interpreter, torch and a full-width VGG19 before the first evaluation, and some room.
BASE_MB = 1500
# Feature maps and their gradients up to relu5_1 in float32, and the optimiser's memory of 20 steps. MEASURED (AMD EPYC,
# full width, float32, peak resident size over the base: 512 px 0.8 GB, 1024 px 2.4 GB, n = 1 each: 2.3 kB per pixel).
BYTES_PER_PIXEL = 2800
# The original's optimiser remembers 100 steps instead of 20: the step and the gradient's change, three channels each.
MORE_REMEMBERED = {"lbfgs_unguarded": (100 - 20) * 2 * 3 * 4}
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
