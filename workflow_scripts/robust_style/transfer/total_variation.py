"""How much neighbouring pixels differ."""

from jaxtyping import Float
from torch import Tensor


def total_variation(image: Float[Tensor, "batch channels height width"]) -> Float[Tensor, " batch"]:
    """Mean squared difference of vertical neighbours plus that of horizontal ones, of each picture.

    Source: cgebbe/demo_style_gatys, `calc_loss`. Differs from it: there the horizontal one compares every column with
    the last, a slip.
    """
    vertical = (image[:, :, 1:, :] - image[:, :, :-1, :]).square().mean((1, 2, 3))
    horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean((1, 2, 3))
    return vertical + horizontal
