"""Fine ripples and speckle that neither content nor style has."""

import numpy as np
from scipy import fft
from scipy.signal import get_window

from robust_style.score.image import Pixels, luma

# Cycles per pixel; 0.5 is the finest there is. Brush strokes of three pixels and more lie below 0.35.
HIGH_FREQUENCY = 0.35
# Cycles over the shorter side; slower changes are lighting, and would make the share depend on the composition.
SLOWEST_CYCLES = 2
# The share of rounding to 8 bits in an otherwise smooth picture is of this order, so less cannot be told from none.
LEAST_SHARE = 1e-4


def high_frequency_excess(picture: Pixels, content: Pixels, style: Pixels) -> float:
    """log2 of the picture's high-frequency share over the larger of content's and style's: above 0 = an artefact.

    +1 means twice the share that either image has; where details happen to lie under the window moves it by about a
    half. Pictures are sRGB in [0, 1], of any sizes and shapes.
    """
    share_of_sources = max(high_frequency_share(content), high_frequency_share(style), LEAST_SHARE)
    return float(np.log2(max(high_frequency_share(picture), LEAST_SHARE) / share_of_sources))


def high_frequency_share(picture: Pixels) -> float:
    """Share of the luma's energy above 0.35 cycles per pixel, in [0, 1]; 0 for a picture without any detail.

    Under a periodic Hann window, which keeps the borders, where opposite sides do not match, out of the spectrum.
    """
    grey = luma(picture)
    window = np.outer(*(get_window("hann", side) for side in grey.shape))
    varying = grey - (grey * window).sum() / window.sum()
    power = np.abs(fft.fft2(varying * window)) ** 2
    frequency = np.hypot(*np.meshgrid(*(fft.fftfreq(side) for side in grey.shape), indexing="ij"))
    detail = power[frequency > SLOWEST_CYCLES / min(grey.shape)].sum()
    if detail <= np.finfo(np.float64).eps * grey.size:
        return 0.0
    return float(power[frequency > HIGH_FREQUENCY].sum() / detail)
