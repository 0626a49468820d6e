"""Metrics of one picture, independent of the networks under test: structure, colours, artefacts; `texture` has another.

Pictures are sRGB arrays in [0, 1]. None of the metrics is sufficient alone; docs/measures.md says what each cannot see.
"""

import numpy as np
from jaxtyping import Float
from scipy import fft
from scipy.ndimage import gaussian_filter
from skimage import filters
from skimage.color import rgb2lab

from robust_style.errors import ImageError
from robust_style.transfer.structural_similarity import luma, structural_similarity

# Height x width x sRGB channel; `_` because two pictures need not have the same size.
Pixels = Float[np.ndarray, "_ _ 3"]
Luma = Float[np.ndarray, "_ _"]
Directions = Float[np.ndarray, "count 3"]
Quantiles = Float[np.ndarray, "directions quantiles"]

# Standard deviation of the blur as a fraction of the shorter side: only large areas of light and dark are left.
BLUR = 1 / 32

# With 64 evenly spread directions the distance of the controls changes by less than 1 % against 1024 directions.
DIRECTIONS = 64
# Quantiles, so that pictures of different sizes can be compared; 1024 is finer than 8-bit lightness steps.
QUANTILES = 1024
# A tenth of a just noticeable difference in Lab: below it content and style have the same colours.
LEAST_LAB_DISTANCE = 0.1

# Cycles per pixel; 0.5 is the finest there is. Brush strokes of three pixels and more lie below 0.35.
HIGH_FREQUENCY = 0.35
# Cycles over the shorter side; slower changes are lighting, and would make the share depend on the composition.
SLOWEST_CYCLES = 2
# Share of high frequencies that rounding to 8 bits gives an otherwise smooth picture; less cannot be told from none.
LEAST_HIGH_FREQUENCY = 1e-4
# Radius around each Nyquist peak in cycles per pixel: a pattern that fades in and out has a peak as wide as this.
PEAK_RADIUS = 0.03
# Share of 8-bit rounding in these peaks.
LEAST_CHECKERBOARD = 1e-6


def content_ssim(picture: Pixels, content: Pixels) -> float:
    """Return the structural similarity of the two lumas, in [-1, 1]: 1 = the unchanged content, below 0 = inverted.

    Both pictures have the same size, at least 11 px a side; ValueError otherwise. Less sensitive to fine ripples than
    to moved outlines. SOURCE: Wang, Bovik, Sheikh and Simoncelli 2004, with their Gaussian window (standard deviation
    1.5 px).
    """
    return structural_similarity(luma(picture), luma(content))


def content_edge_ssim(picture: Pixels, content: Pixels) -> float:
    """Return the structural similarity of the two edge maps (Sobel magnitude of the luma), 1 = the content's edges.

    Sizes as for `content_ssim`. Blind to light and dark swapped and to a checkerboard.
    """
    first, second = (filters.sobel(luma(image)) for image in (picture, content))  # type: ignore[no-untyped-call]
    return structural_similarity(first, second)


def luma_correlation(picture: Pixels, content: Pixels) -> float:
    """Return Pearson's correlation of the two blurred lumas, in [-1, 1]: 1 = the content, below 0 = inverted.

    Blurred with a standard deviation of 1/32 of the shorter side, hence blind to texture and detail. 0 if one of the
    two is constant.
    """
    first, second = (gaussian_filter(grey, BLUR * min(grey.shape)).ravel() for grey in (luma(picture), luma(content)))
    if min(first.std(), second.std()) <= np.finfo(np.float64).eps:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


class StyleColours:
    """Distances of pictures' colours to those of `style`, in units of the distance of `content`; any sizes.

    The sliced 1-Wasserstein distance in CIE Lab; `of_content` is that of the content, in Lab units.
    SOURCE: Rabin, Peyré, Delon and Bernot 2011. Differs from it: an even grid of directions instead of random ones and
    quantile functions on a common grid. It is therefore deterministic, and the sizes may differ.
    Raises ImageError if content and style have the same colours.
    """

    def __init__(self, content: Pixels, style: Pixels) -> None:
        self.style = _quantiles(style)
        self.of_content = _mean_difference(_quantiles(content), self.style)
        if self.of_content < LEAST_LAB_DISTANCE:
            raise ImageError(
                f"content and style have the same colours (Lab distance {self.of_content:.3f}, at least "
                f"{LEAST_LAB_DISTANCE} expected); choose another pair"
            )

    def distance(self, picture: Pixels) -> float:
        """Return the distance to the style's colours: 1 = the unchanged content, 0 = the style.

        Blind to position: matching histograms suffices.
        """
        return _mean_difference(_quantiles(picture), self.style) / self.of_content


def _mean_difference(first: Quantiles, second: Quantiles) -> float:
    return float(np.abs(first - second).mean(dtype=np.float64))


def _quantiles(picture: Pixels) -> Quantiles:
    """Return the quantile function of the colours along each direction."""
    points = rgb2lab(picture).reshape(-1, 3).astype(np.float32)
    # Whole rows sorted in float32: MEASURED (AMD EPYC, n = 1) 20 times as fast as numpy.quantile's selection.
    along = np.sort(_spread_directions(DIRECTIONS).astype(np.float32) @ points.T, axis=1)
    place = (np.arange(QUANTILES) + 0.5) / QUANTILES * (along.shape[1] - 1)
    below = np.minimum(place.astype(np.int64), along.shape[1] - 2) if along.shape[1] > 1 else np.zeros(QUANTILES, int)
    fraction = (place - below).astype(np.float32)
    above = np.minimum(below + 1, along.shape[1] - 1)
    quantiles: Quantiles = along[:, below] * (1 - fraction) + along[:, above] * fraction
    return quantiles


def _spread_directions(count: int) -> Directions:
    # A Fibonacci lattice on the half sphere; a direction and its opposite give the same distance.
    index = np.arange(count) + 0.5
    height = index / count
    angle = np.pi * (1 + np.sqrt(5)) * index
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1)


def high_frequency_excess(picture: Pixels, content: Pixels, style: Pixels) -> float:
    """Return log2 of the picture's high-frequency share over the larger of content's and style's: above 0 = artefacts.

    +1 means twice the share that either image has. Details near the border, which the window suppresses, change it by
    about a half. Any sizes.
    """
    share_of_sources = max(high_frequency_share(content), high_frequency_share(style), LEAST_HIGH_FREQUENCY)
    return float(np.log2(max(high_frequency_share(picture), LEAST_HIGH_FREQUENCY) / share_of_sources))


def high_frequency_share(picture: Pixels) -> float:
    """Return the share of the luma's energy above 0.35 cycles per pixel, in [0, 1]; 0 for a picture without detail."""
    grey = luma(picture)
    power = _power_spectrum(grey)
    frequency = np.hypot(*np.meshgrid(*(fft.fftfreq(side) for side in grey.shape), indexing="ij"))
    detail = power[frequency > SLOWEST_CYCLES / min(grey.shape)].sum()
    if detail <= np.finfo(np.float64).eps * grey.size:
        return 0.0
    return float(power[frequency > HIGH_FREQUENCY].sum() / detail)


def checkerboard_excess(picture: Pixels, content: Pixels, style: Pixels) -> float:
    """Return log2 of the picture's share at the Nyquist peaks over the larger of content's and style's; above 0 = bad.

    Any sizes. Blind to ripples of other wavelengths than two pixels, which `high_frequency_excess` sees. SOURCE of the
    pattern: Odena, Dumoulin and Olah 2016.
    """
    share_of_sources = max(checkerboard_share(content), checkerboard_share(style), LEAST_CHECKERBOARD)
    return float(np.log2(max(checkerboard_share(picture), LEAST_CHECKERBOARD) / share_of_sources))


def checkerboard_share(picture: Pixels) -> float:
    """Return the share of the luma's energy near (1/2, 1/2), (1/2, 0) and (0, 1/2) cycles per pixel, in [0, 1].

    0 for a constant picture.
    """
    grey = luma(picture)
    power = _power_spectrum(grey)
    rows, columns = (np.abs(fft.fftfreq(side)) for side in grey.shape)
    total = power.sum()
    if total <= np.finfo(np.float64).eps * grey.size:
        return 0.0
    near = np.zeros_like(power, dtype=bool)
    for row, column in ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5)):
        near |= np.hypot(rows[:, None] - row, columns[None] - column) <= PEAK_RADIUS
    return float(power[near].sum() / total)


def _power_spectrum(grey: Luma) -> Luma:
    """Return |FFT|^2 without the mean, under a periodic Hann window: opposite borders, which do not match, drop out."""
    window = np.outer(*(np.hanning(side + 1)[:-1] for side in grey.shape))
    power: Luma = np.abs(fft.fft2((grey - (grey * window).sum() / window.sum()) * window)) ** 2
    return power
