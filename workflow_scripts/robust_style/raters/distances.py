"""Distances between two pictures in the feature space of a network."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.gram import gram_matrix

# Two Gram matrices that differ by less (relative) differ by rounding only.
_LEAST_SPAN = 1e-12
# As in LPIPS: a position without any activation stays zero.
_LEAST_NORM = 1e-10

# One tensor of feature maps per layer.
Maps = Sequence[Float[Tensor, "1 _ _ _"]]


def style_distance(picture: Maps, content: Maps, style: Maps) -> float:
    """Return the distance of the Gram matrices of `picture` to those of `style`: 0 = the style, 1 = the content.

    Per layer the Frobenius norm of the difference over that of content and style, then the mean over layers: neither
    the scale nor the number of channels of a layer matters. Raises ImageError if content and style have the same Gram
    matrix in a layer. SOURCE: Gatys et al. 2016, eq. 3 and 4. Differs from them: relative, and not squared.
    """
    ratios = []
    for of_picture, of_content, of_style in zip(picture, content, style, strict=True):
        target = gram_matrix(of_style, "positions")
        span = torch.linalg.matrix_norm(gram_matrix(of_content, "positions") - target)
        if float(span) <= _LEAST_SPAN * float(torch.linalg.matrix_norm(target)):
            raise ImageError("expected content and style to look different to the rater, found the same Gram matrix")
        ratios.append(float(torch.linalg.matrix_norm(gram_matrix(of_picture, "positions") - target) / span))
    return sum(ratios) / len(ratios)


def perceptual_distance(picture: Maps, content: Maps) -> float:
    """Return the distance of the feature maps position by position: 0 = the content; no upper limit.

    The channels at each position are scaled to unit length; squared differences are summed over channels and averaged
    over positions, then over layers. SOURCE: Zhang et al. 2018, eq. 1. Differs from LPIPS: all weights w are equal
    (their baseline), and another network.
    """
    distances = []
    for of_picture, of_content in zip(picture, content, strict=True):
        difference = _unit(of_picture) - _unit(of_content)
        distances.append(float(difference.square().sum(1).mean()))
    return sum(distances) / len(distances)


def _unit(maps: Float[Tensor, "1 channels height width"]) -> Float[Tensor, "1 channels height width"]:
    norm: Tensor = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
    return maps / norm.clamp_min(_LEAST_NORM)
