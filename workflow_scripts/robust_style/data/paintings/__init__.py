"""Style images made from nothing but a seed, one painter a file: no download and no licence is needed."""

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

# Below 32 px a stroke is thinner than a pixel; above 4096 px the canvas at twice the size no longer fits into memory
# beside the rest of a workflow (8192 x 8192 x 3 floats are 1.6 GB).
_LEAST_PX, _MOST_PX = 32, 4096


def paint(generator: str, seed: int, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """The painting of `generator` (one of `PAINTINGS`) for `seed`, square, sRGB, 8 bit.

    The same arguments always give the same pixels; another seed another painting by the same hand. Strokes grow with
    `size_px`. Raises ImageError for an unknown generator, a negative seed, or a size outside 32 to 4096 px.
    """
    if generator not in _PAINTERS:
        raise ImageError(
            f"generator:{generator}: expected one of {', '.join(PAINTINGS)}, found {generator}; correct the row in "
            "images.tsv"
        )
    if seed < 0:
        raise ImageError(
            f"generator:{generator}: expected a seed of 0 or more, found {seed}; correct the row in images.tsv"
        )
    if not _LEAST_PX <= size_px <= _MOST_PX:
        raise ImageError(
            f"generator:{generator}: expected a size from {_LEAST_PX} to {_MOST_PX} px, found {size_px}; "
            "change transfer.size_px"
        )
    return _PAINTERS[generator](np.random.default_rng(seed), size_px)
