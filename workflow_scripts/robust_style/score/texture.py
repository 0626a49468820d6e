"""How close the texture of a picture is to the style's."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import fft

from robust_style.errors import ImageError
from robust_style.score.image import Pixels, luma

# Octaves from the finest detail down, and directions: strokes of 3 to 23 px.
FINEST_CYCLES = 0.35
SCALES = 4
ORIENTATIONS = 4
# Width of a band in octaves (standard deviation), so that neighbours overlap where both have fallen to a half.
BANDWIDTH = 0.45
# Magnitude that rounding to 8 bits leaves in an even area; less cannot be told from none. Luma in [0, 1].
LEAST_MAGNITUDE = 5e-4
# Below it, content and style have the same texture; two crops of one photograph differ by more.
LEAST_DISTANCE = 0.05

Statistics = Float[np.ndarray, "numbers"]


class StyleTexture:
    """The scale on which pictures of one content and one style are measured, sRGB in [0, 1], of any sizes.

    Raises ImageError if content and style already share their texture, because nothing could then be learnt.
    """

    def __init__(self, content: Pixels, style: Pixels) -> None:
        self.style = band_statistics(style)
        self.untouched = statistics_distance(band_statistics(content), self.style)
        if self.untouched < LEAST_DISTANCE:
            raise ImageError(
                f"content and style have the same texture (distance {self.untouched:.3f}, at least {LEAST_DISTANCE} "
                "expected); choose another pair"
            )

    def distance(self, picture: Pixels) -> float:
        """Distance of the picture's texture to the style's: 1 = the untouched content's distance, 0 = the style's.

        Blind to place, to colour and to light and dark swapped; noise and other textures can be farther than 1.
        """
        return statistics_distance(band_statistics(picture), self.style) / self.untouched


def statistics_distance(first: Statistics, second: Statistics) -> float:
    """Mean absolute difference of two statistics: octaves of energy and spread, and correlations, alike."""
    return float(np.abs(first - second).mean())


def band_statistics(picture: Pixels) -> Statistics:
    """What the luma has in each band of scale and direction: log2 of mean and spread of its magnitude, correlations.

    Source: log-Gabor filters of Field 1987; magnitudes' means, spreads and correlations as the texture statistics of
    Portilla and Simoncelli 2000. Differs from them: no correlations over space, no moments of the pixels.
    """
    grey = luma(picture).astype(np.float32)
    spectrum = fft.fft2(grey - grey.mean())
    bands = np.stack([np.abs(fft.ifft2(spectrum * band)).ravel() for band in _bank(*grey.shape)])
    # An even picture has no correlations.
    spread = bands.std(1, dtype=np.float64)
    varying = (bands - bands.mean(1, keepdims=True)) / np.maximum(spread, LEAST_MAGNITUDE)[:, None]
    correlation = (varying @ varying.T / bands.shape[1])[np.triu_indices(len(bands), 1)]
    energy = (np.log2(np.maximum(kind, LEAST_MAGNITUDE)) for kind in (bands.mean(1, dtype=np.float64), spread))
    return np.concatenate([*energy, correlation])


@lru_cache(maxsize=4)
def _bank(height: int, width: int) -> Float[np.ndarray, "bands _ _"]:
    frequency = np.meshgrid(fft.fftfreq(height), fft.fftfreq(width), indexing="ij")
    radius, angle = np.hypot(*frequency), np.arctan2(*frequency)
    octaves = np.log2(np.maximum(radius, 1 / (4 * max(height, width))))
    bank = []
    for scale in range(SCALES):
        radial = np.exp(-((octaves - np.log2(FINEST_CYCLES) + scale) ** 2) / (2 * BANDWIDTH**2))
        for turn in range(ORIENTATIONS):
            # One side of the spectrum only: the magnitude is then the envelope of the band, whatever its phase.
            aside = np.cos(angle - np.pi * turn / ORIENTATIONS)
            bank.append(radial * np.maximum(aside, 0) ** (ORIENTATIONS - 1))
    return np.stack(bank).astype(np.float32)
