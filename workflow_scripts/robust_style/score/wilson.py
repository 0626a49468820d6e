"""The Wilson interval of an accuracy."""

from scipy.stats import binomtest

CONFIDENCE = 0.95


def wilson_interval(accuracy: float, images: int) -> tuple[float, float]:
    """Both ends, from 0 to 1, of the 95 % interval of `accuracy` over `images`, at least one (Wilson 1927)."""
    interval = binomtest(round(accuracy * images), images).proportion_ci(CONFIDENCE, method="wilson")
    return float(interval.low), float(interval.high)
