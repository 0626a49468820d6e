"""The canvas of all generators: drawn at twice the size and then reduced (antialiasing)."""

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import ndimage

Colour = tuple[int, int, int]

# Generators use lengths in design pixels of a canvas of this side; they scale with the requested size.
DESIGN_PX = 512
_OVERSAMPLING = 2


def canvas_px(size_px: int) -> int:
    """Side of the canvas on which a painting of `size_px` is drawn."""
    return size_px * _OVERSAMPLING


def unit_px(size_px: int) -> float:
    """One design pixel, in pixels of the canvas."""
    return canvas_px(size_px) / DESIGN_PX


def reduced(canvas: Image.Image, size_px: int) -> UInt8[np.ndarray, "{size_px} {size_px} 3"]:
    """The finished painting: the canvas averaged down to its final size."""
    return np.array(canvas.convert("RGB").resize((size_px, size_px), Image.Resampling.BOX))


def smooth_noise(random: np.random.Generator, side: int, cells: float) -> Float[np.ndarray, "{side} {side}"]:
    """Smooth random noise with about `cells` maxima along each side, mean 0 and standard deviation 1.

    It is generated on a coarse grid and enlarged, so that a seed gives the same noise at every size.
    """
    grid = 96
    coarse = ndimage.gaussian_filter(random.normal(size=(grid, grid)), grid / cells / 2.5, mode="reflect")
    coarse = (coarse - coarse.mean()) / coarse.std()
    return enlarged(coarse, side)


def enlarged(coarse: Float[np.ndarray, "rows columns"], side: int) -> Float[np.ndarray, "{side} {side}"]:
    """`coarse` enlarged to `side` by cubic interpolation."""
    picture = Image.fromarray(coarse.astype(np.float32))
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC), np.float64)


def blend(low: Colour, high: Colour, share: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape 3"]:
    """Colours between `low` (share 0) and `high` (share 1), linear in sRGB."""
    return np.asarray(low, np.float64) + share[..., None] * (np.asarray(high, np.float64) - np.asarray(low, np.float64))
