"""How much of the content's structure a picture keeps."""

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage import filters, metrics

from robust_style.score.image import Luma, Pixels, luma

# Wide enough that only masses of light and dark are left; part of the shorter side.
BLUR = 1 / 32


def content_ssim(picture: Pixels, content: Pixels) -> float:
    """Structural similarity of the two lumas, in [-1, 1]: 1 = the untouched content, below 0 = inverted.

    Both pictures are sRGB in [0, 1] and of one size, at least 11 px a side; ValueError otherwise. It forgives fine
    ripples more than moved outlines, so it never stands alone.
    Source: Wang, Bovik, Sheikh and Simoncelli 2004, with their Gaussian window (standard deviation 1.5 px).
    """
    return _ssim(luma(picture), luma(content))


def content_edge_ssim(picture: Pixels, content: Pixels) -> float:
    """Structural similarity of the two maps of edges (Sobel magnitude of the luma), 1 = the untouched content's.

    Sizes as for `content_ssim`. Blind to light and dark swapped and to a checkerboard, so it never stands alone.
    """
    first, second = (filters.sobel(luma(image)) for image in (picture, content))  # type: ignore[no-untyped-call]
    return _ssim(first, second)


def luma_correlation(picture: Pixels, content: Pixels) -> float:
    """Correlation of the two blurred lumas, in [-1, 1]: 1 = the content's light and dark, below 0 = swapped.

    Pearson's; blurred with a standard deviation of 1/32 of the shorter side, so that it is blind to texture and
    detail. 0 where one of the two is even.
    """
    first, second = (gaussian_filter(grey, BLUR * min(grey.shape)).ravel() for grey in (luma(picture), luma(content)))
    if min(first.std(), second.std()) <= np.finfo(np.float64).eps:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _ssim(first: Luma, second: Luma) -> float:
    similarity: float = metrics.structural_similarity(  # type: ignore[no-untyped-call]
        first, second, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(similarity)
