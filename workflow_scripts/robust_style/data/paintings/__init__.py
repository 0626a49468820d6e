"""Procedural style images, generated from a seed: no download, no licence. One module per generator."""

from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from robust_style.data.paintings.flow_field import paint_flow_field
from robust_style.data.paintings.op_art import paint_op_art
from robust_style.data.paintings.pointillism import paint_pointillism
from robust_style.data.paintings.voronoi_mosaic import paint_voronoi_mosaic
from robust_style.data.paintings.woodblock_waves import paint_woodblock_waves
from robust_style.errors import ImageError

_PAINTERS: dict[str, Callable[[np.random.Generator, int], UInt8[np.ndarray, "size size 3"]]] = {
    "flow_field": paint_flow_field,
    "voronoi_mosaic": paint_voronoi_mosaic,
    "pointillism": paint_pointillism,
    "op_art": paint_op_art,
    "woodblock_waves": paint_woodblock_waves,
}

PAINTINGS: tuple[str, ...] = tuple(_PAINTERS)

# Below 32 px a stroke is thinner than a pixel; at 4096 px the canvas of twice the side takes 1.6 GB as floats.
_MIN_PX, _MAX_PX = 32, 4096


def paint(generator: str, seed: int, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """The painting of `generator` (one of `PAINTINGS`) for `seed`: square, sRGB, 8 bit.

    Equal arguments give equal pixels; another seed gives another painting in the same style. Strokes grow with
    `size_px`. Raises ImageError for an unknown generator, a negative seed, or a size outside 32 to 4096 px.
    """
    if generator not in _PAINTERS:
        problem = f"must be one of {', '.join(PAINTINGS)}"
    elif seed < 0:
        problem = f"the seed is {seed}, not 0 or more"
    elif not _MIN_PX <= size_px <= _MAX_PX:
        problem = f"the size is {size_px}, not {_MIN_PX} to {_MAX_PX} px"
    else:
        return _PAINTERS[generator](np.random.default_rng(seed), size_px)
    raise ImageError(f"generator:{generator}: {problem}. Correct the row in images.tsv.")
