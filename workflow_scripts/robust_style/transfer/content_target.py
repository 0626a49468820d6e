"""Painting to a chosen structural similarity to the content, so that networks are compared at equal content.

The similarity is part of the loss. A search for the style weight that leads to it was tried before: a content loss of a
deep layer does not bring lost detail back, so the search depended on its path and missed its target in some pictures.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.structural_similarity import (
    K1,
    K2,
    LUMA,
    RADIUS_PX,
    SIGMA_PX,
    luma,
    structural_similarity,
)

# Largest distance of the similarity to the target: half of the smallest difference that matters, 0.02.
TOLERANCE = 0.01
# The squared distance to the target costs as much as so many times the style loss of the untouched content.
# MEASURED (pilot networks, standard and adversarial, six pairs, 128 px): the similarity is within 0.0005 of 0.5.
PENALTY = 100.0


@dataclass(frozen=True)
class TargetResult:
    """The similarity of a finished picture, as saved, and its content; `reached`: it is within `TOLERANCE`."""

    target: float
    content_ssim: float

    @property
    def reached(self) -> bool:
        """Whether the picture may be compared with others of the same target."""
        return abs(self.content_ssim - self.target) <= TOLERANCE

    @property
    def words(self) -> str:
        """The result as a message says it."""
        return (
            f"content target {self.target} {'reached' if self.reached else 'NOT reached'}: SSIM {self.content_ssim:.3f}"
        )

    def as_json(self) -> dict[str, Any]:
        """The result as it is in a trace."""
        return {"target": self.target, "reached": self.reached, "content_ssim": self.content_ssim}


def target_result(
    target: float, picture: UInt8[Tensor, "3 height width"], content: UInt8[Tensor, "3 height width"]
) -> TargetResult:
    """The result of a finished `picture`."""
    return TargetResult(target, structural_similarity(_luma(picture), _luma(content)))


def deviation_cost(
    pictures: Float[Tensor, "batch 3 height width"], contents: Float[Tensor, "batch 3 height width"], target: float
) -> Float[Tensor, " batch"]:
    """The cost of each picture's distance to the target, in units of a relative style loss; differentiable."""
    return PENALTY * (structural_similarities(pictures, contents) - target).square()


def structural_similarities(
    pictures: Float[Tensor, "batch 3 height width"], contents: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, " batch"]:
    """Return `structural_similarity` of the lumas of each picture, clamped to [0, 1], and its content; differentiable.

    Heights and widths are 11 px or more.
    """
    distance = torch.arange(-RADIUS_PX, RADIUS_PX + 1, device=pictures.device, dtype=pictures.dtype)
    window = torch.exp(-0.5 * (distance / SIGMA_PX).square())
    window = window / window.sum()

    def local_mean(image: Float[Tensor, "batch 1 _ _"]) -> Float[Tensor, "batch 1 _ _"]:
        return F.conv2d(F.conv2d(image, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))

    weights = pictures.new_tensor(LUMA).view(1, 3, 1, 1)
    x, y = ((image.clamp(0, 1) * weights).sum(1, keepdim=True) for image in (pictures, contents))
    mean_x, mean_y = local_mean(x), local_mean(y)
    variance_x, variance_y = local_mean(x * x) - mean_x.square(), local_mean(y * y) - mean_y.square()
    covariance = local_mean(x * y) - mean_x * mean_y
    similarity = ((2 * mean_x * mean_y + K1**2) * (2 * covariance + K2**2)) / (
        (mean_x.square() + mean_y.square() + K1**2) * (variance_x + variance_y + K2**2)
    )
    return similarity.mean((1, 2, 3))


def _luma(picture: UInt8[Tensor, "3 height width"]) -> Float[np.ndarray, "height width"]:
    return luma(picture.permute(1, 2, 0).numpy().astype(np.float64) / 255)
