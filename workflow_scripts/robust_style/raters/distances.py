"""How far one picture is from another in the eyes of a network."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.gram import gram_matrix

# Below, two Gram matrices differ by rounding only.
_TINY = 1e-12
# What LPIPS adds to a length, so that a position where nothing fires stays zero.
_SHORTEST = 1e-10

Maps = Sequence[Float[Tensor, "1 _ _ _"]]


def style_distance(picture: Maps, content: Maps, style: Maps) -> float:
    """Distance of the Gram matrices of `picture` from those of `style`: 0 = the style, 1 = as far as the content.

    Per layer the Frobenius norm of the difference over that of content and style, then the mean over layers, so that
    neither a layer's scale nor its number of channels weighs in. Raises ImageError if content and style have one Gram
    matrix somewhere. Source: Gatys et al. 2016, eq. 3 and 4. Differs from them: relative, and no square.
    """
    ratios = []
    for seen, of_content, of_style in zip(picture, content, style, strict=True):
        wanted = gram_matrix(of_style, "positions")
        span = torch.linalg.matrix_norm(gram_matrix(of_content, "positions") - wanted)
        if float(span) <= _TINY * float(torch.linalg.matrix_norm(wanted)):
            raise ImageError("expected content and style to look different to the rater, found the same Gram matrix")
        ratios.append(float(torch.linalg.matrix_norm(gram_matrix(seen, "positions") - wanted) / span))
    return sum(ratios) / len(ratios)


def perceptual_distance(picture: Maps, content: Maps) -> float:
    """Distance of the feature maps position by position: 0 = the content; no upper end of its own.

    Per layer every position's channels are brought to unit length; squared differences are summed over channels and
    averaged over positions, then over layers. Source: Zhang et al. 2018, eq. 1. Differs from LPIPS: all weights w are
    equal (their baseline), another network; "LPIPS-like" at most.
    """
    parts = []
    for seen, of_content in zip(picture, content, strict=True):
        difference = _unit(seen) - _unit(of_content)
        parts.append(float(difference.square().sum(1).mean()))
    return sum(parts) / len(parts)


def _unit(maps: Float[Tensor, "1 channels height width"]) -> Float[Tensor, "1 channels height width"]:
    length: Tensor = torch.linalg.vector_norm(maps, dim=1, keepdim=True)
    return maps / length.clamp_min(_SHORTEST)
