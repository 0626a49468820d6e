"""Structural similarity of two pictures' lumas: the content metric, and the target of recipes with `content_target`.

NumPy and SciPy only: processes without torch import it, and the environment of the transfer has no scikit-image.
"""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

# Weights of R, G and B. SOURCE: ITU-R BT.709, rounded as in skimage.color.rgb2gray.
LUMA = (0.2125, 0.7154, 0.0721)
# SOURCE: Wang, Bovik, Sheikh and Simoncelli 2004: standard deviation of the window in px, and the two constants.
SIGMA_PX = 1.5
K1, K2 = 0.01, 0.03
# The window ends after 3.5 standard deviations, as in skimage.metrics.structural_similarity.
RADIUS_PX = 5


def luma(picture: Float[np.ndarray, "_ _ 3"]) -> Float[np.ndarray, "_ _"]:
    """Return the Rec. 709 luma of an sRGB picture, in [0, 1]."""
    grey: Float[np.ndarray, "_ _"] = picture @ np.array(LUMA, picture.dtype)
    return grey


def structural_similarity(first: Float[np.ndarray, "_ _"], second: Float[np.ndarray, "_ _"]) -> float:
    """Return the mean structural similarity of two greyscale images in [0, 1]: 1 = equal, below 0 = inverted.

    Both have the same size, at least 11 px a side; ValueError otherwise. The border of `RADIUS_PX`, where the window
    leaves the image, is left out of the mean. Equal to skimage.metrics.structural_similarity with Gaussian weights.
    """
    if first.shape != second.shape or min(first.shape) <= 2 * RADIUS_PX:
        raise ValueError(f"expected two images of one size, {2 * RADIUS_PX + 1} px or more, found {first.shape} and "
                         f"{second.shape}")  # fmt: skip
    x, y = first.astype(np.float64), second.astype(np.float64)

    def local_mean(image: Float[np.ndarray, "_ _"]) -> Float[np.ndarray, "_ _"]:
        mean: Float[np.ndarray, "_ _"] = gaussian_filter(image, SIGMA_PX, radius=RADIUS_PX)
        return mean

    mean_x, mean_y = local_mean(x), local_mean(y)
    variance_x, variance_y = local_mean(x * x) - mean_x**2, local_mean(y * y) - mean_y**2
    covariance = local_mean(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + K1**2) * (2 * covariance + K2**2)) / (
        (mean_x**2 + mean_y**2 + K1**2) * (variance_x + variance_y + K2**2)
    )
    inside = slice(RADIUS_PX, -RADIUS_PX)
    return float(similarity[inside, inside].mean(dtype=np.float64))
