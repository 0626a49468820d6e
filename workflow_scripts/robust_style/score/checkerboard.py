"""The pattern that strided layers leave: every second pixel another way."""

import numpy as np
from scipy import fft
from scipy.signal import get_window

from robust_style.score.image import Pixels, luma

# Around each peak, cycles per pixel: a pattern that fades in and out has a peak as wide as this.
REACH = 0.03
# The share of 8-bit rounding there, below which nothing can be told from nothing.
LEAST_SHARE = 1e-6


def checkerboard_excess(picture: Pixels, content: Pixels, style: Pixels) -> float:
    """log2 of the picture's share at the Nyquist peaks over the larger of content's and style's: above 0 = a pattern.

    Pictures are sRGB in [0, 1], of any sizes and shapes. Blind to ripples of other wavelengths than two pixels, which
    `high_frequency_excess` sees. Source of the pattern: Odena, Dumoulin and Olah 2016.
    """
    share_of_sources = max(checkerboard_share(content), checkerboard_share(style), LEAST_SHARE)
    return float(np.log2(max(checkerboard_share(picture), LEAST_SHARE) / share_of_sources))


def checkerboard_share(picture: Pixels) -> float:
    """Share of the luma's energy about (1/2, 1/2), (1/2, 0) and (0, 1/2) cycles per pixel, in [0, 1].

    0 for an even picture; under a periodic Hann window, which keeps the borders out of the spectrum.
    """
    grey = luma(picture)
    window = np.outer(*(get_window("hann", side) for side in grey.shape))
    varying = grey - (grey * window).sum() / window.sum()
    power = np.abs(fft.fft2(varying * window)) ** 2
    rows, columns = (np.abs(fft.fftfreq(side)) for side in grey.shape)
    total = power.sum()
    if total <= np.finfo(np.float64).eps * grey.size:
        return 0.0
    near = np.zeros_like(power, dtype=bool)
    for row, column in ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5)):
        near |= np.hypot(rows[:, None] - row, columns[None] - column) <= REACH
    return float(power[near].sum() / total)
