"""Distance of textures: Portilla and Simoncelli's statistics of the luma, each in units of its spread over pictures.

Pictures are sRGB arrays in [0, 1].
"""

import json
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from robust_style.errors import ImageError
from robust_style.score.metrics import Pixels
from robust_style.transfer.structural_similarity import luma

Statistics = Float[np.ndarray, "numbers"]

# Shorter side at which a picture is measured, px -> octaves of the steerable pyramid. The coarsest octave has waves of
# about 1/8 of the side at each of them: scales are parts of the picture, not pixels.
SCALES = {256: 4, 128: 3, 64: 2, 32: 1}
ORIENTATIONS = 4
# Width of the neighbourhood of the correlations, px of each octave. SOURCE: plenoptic before 2.0.
CORRELATION_PX = 9
# Standard deviation of the noise that rounding to 8 bits adds. This noise is added to every picture: correlations in
# an even area would otherwise be undefined, or those of rounding errors.
ROUNDING = 1 / 255 / 12**0.5
# Below it content and style have the same texture; two crops of one photograph differ by more.
LEAST_DISTANCE = 0.05
SPREAD_FILE = "texture_spread.json"


class StyleTexture:
    """Distances of pictures' textures to that of `style`, in units of the distance of `content`; any sizes.

    Raises ImageError if content and style have the same texture.
    """

    def __init__(self, content: Pixels, style: Pixels) -> None:
        self.side = measured_side(content, style)
        self.style = texture_statistics(style, self.side)
        self.of_content = self._from_style(content)
        if self.of_content < LEAST_DISTANCE:
            raise ImageError(
                f"content and style have the same texture (distance {self.of_content:.3f}, at least {LEAST_DISTANCE} "
                "expected); choose another pair"
            )

    def distance(self, picture: Pixels) -> float:
        """Return the distance to the style's texture: 1 = the unchanged content, 0 = the style.

        Blind to hue and, apart from the composition's largest shapes, to position. Noise and other textures can
        exceed 1.
        """
        return self._from_style(picture) / self.of_content

    def _from_style(self, picture: Pixels) -> float:
        difference = (texture_statistics(picture, self.side) - self.style) / spread(self.side)
        return float(np.sqrt((difference**2).mean()))


def measured_side(*pictures: Pixels) -> int:
    """Return the largest of the sides of `SCALES` that no picture's shorter side is below, px; 32 for smaller ones."""
    shorter = min(min(picture.shape[:2]) for picture in pictures)
    return max((side for side in SCALES if side <= shorter), default=min(SCALES))


def texture_statistics(picture: Pixels, side: int) -> Statistics:
    """Return the statistics of the luma with its shorter side resized to `side`, one of `SCALES`; float64.

    Moments of the luma and of its octaves; correlations over space, over directions and between octaves. 1,046 numbers
    at 256 px, 785 at 128 px, 524 at 64 px, 263 at 32 px, for any aspect ratio. SOURCE: Portilla and Simoncelli 2000,
    as the package plenoptic computes them.
    """
    import torch

    grey = luma(picture)
    multiple = 2 ** SCALES[side]
    height, width = (max(side, round(length / min(grey.shape) * side / multiple) * multiple) for length in grey.shape)
    resized = Image.fromarray(grey.astype(np.float32)).resize((width, height), Image.Resampling.LANCZOS)
    noise = np.random.default_rng(0).normal(0, ROUNDING, (height, width))
    tensor = torch.from_numpy(np.asarray(resized, np.float64) + noise)[None, None]
    with torch.inference_mode():
        statistics: Statistics = _model(height, width, SCALES[side])(tensor).flatten().numpy()
    return statistics


@lru_cache(maxsize=4)
def _model(height: int, width: int, scales: int) -> Callable[..., Any]:
    # Imported only where a texture is measured: plenoptic and torch take seconds.
    from plenoptic.models import PortillaSimoncelli

    model: Callable[..., Any] = PortillaSimoncelli((height, width), scales, ORIENTATIONS, CORRELATION_PX).double()
    return model


@lru_cache(maxsize=4)
def spread(side: int) -> Statistics:
    """Return the standard deviation of each statistic over the reference pictures (`make texture-spread`)."""
    text = files("robust_style.score").joinpath(SPREAD_FILE).read_text(encoding="utf-8")
    return np.asarray(json.loads(text)[str(side)], np.float64)
