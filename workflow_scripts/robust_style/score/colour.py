"""How close a picture's colours are to the style's."""

import numpy as np
from jaxtyping import Float
from skimage.color import rgb2lab

from robust_style.errors import ImageError
from robust_style.score.image import Pixels

# With 64 evenly spread directions the distance of the controls changes by less than 1 % against 1024 directions.
DIRECTIONS = 64
# Quantiles, so that pictures of any two sizes can be compared; 1024 is finer than 8-bit lightness steps.
QUANTILES = 1024
# A tenth of a just noticeable difference in Lab: below it content and style have the same colours.
LEAST_LAB_DISTANCE = 0.1

Directions = Float[np.ndarray, "count 3"]
Quantiles = Float[np.ndarray, "directions quantiles"]


class StyleColours:
    """The scale on which pictures of one content and one style are measured, sRGB in [0, 1], of any sizes.

    Raises ImageError if content and style already share their colours, because nothing could then be learnt.
    """

    def __init__(self, content: Pixels, style: Pixels) -> None:
        self.style = _quantiles(style)
        self.untouched = _distance(_quantiles(content), self.style)
        if self.untouched < LEAST_LAB_DISTANCE:
            raise ImageError(
                f"content and style have the same colours (Lab distance {self.untouched:.3f}, at least "
                f"{LEAST_LAB_DISTANCE} expected); choose another pair"
            )

    def distance(self, picture: Pixels) -> float:
        """Distance of the picture's colours to the style's: 1 = the untouched content's distance, 0 = the style's.

        It is blind to place: matching histograms is enough to be good.
        """
        return _distance(_quantiles(picture), self.style) / self.untouched


def lab_distance(first: Pixels, second: Pixels) -> float:
    """Sliced 1-Wasserstein distance of two pictures' colours in CIE Lab units.

    Source: Rabin, Peyré, Delon and Bernot 2011. Differs from it: an even grid of directions instead of random ones
    and quantile functions on a common grid, so that it is deterministic and the sizes may differ.
    """
    return _distance(_quantiles(first), _quantiles(second))


def _distance(first: Quantiles, second: Quantiles) -> float:
    return float(np.abs(first - second).mean(dtype=np.float64))


def _quantiles(picture: Pixels) -> Quantiles:
    """The quantile function of the colours along each direction."""
    points = rgb2lab(picture).reshape(-1, 3).astype(np.float32)
    # Whole rows sorted in float32: MEASURED (AMD EPYC, n = 1) 20 times as fast as numpy.quantile's selection.
    along = np.sort(_spread_directions(DIRECTIONS).astype(np.float32) @ points.T, axis=1)
    place = (np.arange(QUANTILES) + 0.5) / QUANTILES * (along.shape[1] - 1)
    below = np.minimum(place.astype(np.int64), along.shape[1] - 2) if along.shape[1] > 1 else np.zeros(QUANTILES, int)
    share = (place - below).astype(np.float32)
    above = np.minimum(below + 1, along.shape[1] - 1)
    found: Quantiles = along[:, below] * (1 - share) + along[:, above] * share
    return found


def _spread_directions(count: int) -> Directions:
    # A Fibonacci lattice on the half sphere; a direction and its opposite give the same distance.
    index = np.arange(count) + 0.5
    height = index / count
    angle = np.pi * (1 + np.sqrt(5)) * index
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)
