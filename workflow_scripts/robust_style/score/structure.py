"""How much of the content's structure a picture keeps."""

from skimage import metrics

from robust_style.score.image import Pixels, luma


def content_ssim(picture: Pixels, content: Pixels) -> float:
    """Structural similarity of the two lumas, in [-1, 1]: 1 = the untouched content, below 0 = inverted.

    Both pictures are sRGB in [0, 1] and of one size, at least 11 px a side; ValueError otherwise. It forgives fine
    ripples more than moved outlines, so it never stands alone.
    Source: Wang, Bovik, Sheikh and Simoncelli 2004, with their Gaussian window (standard deviation 1.5 px).
    """
    similarity: float = metrics.structural_similarity(  # type: ignore[no-untyped-call]
        luma(picture), luma(content), data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(similarity)
