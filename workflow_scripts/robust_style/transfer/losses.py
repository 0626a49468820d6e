"""How far a picture is from its content and from its style, in the eyes of one network."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.features import Encoder
from robust_style.transfer.gram import gram_matrix
from robust_style.transfer.recipe import Recipe

# A squared distance below this share of the squared length is rounding of float32 feature maps ((1e-6)²), not content.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Losses:
    """Losses of each picture of a batch; `total` = content_weight x `content` + style_weight x `style`."""

    total: Float[Tensor, " batch"]
    content: Float[Tensor, " batch"]
    style: Float[Tensor, " batch"]


class Objective:
    """The loss that the optimiser lowers, for one content and one style image.

    Both losses are squared distances of feature maps F (content) and Gram matrices G (style), each divided by a
    constant of its layer that is fixed before the optimisation:

    * `none`: by the number of elements (mean squared error), summed over layers. Source: the original notebook, after
      Gatys et al. 2016, eq. 1, 4 and 5. Differs from the paper: means instead of sums, no weight per layer.
    * `relative`: the style distance by that of the content image, ‖G_content − G_style‖², so that every layer starts
      at 1 there; the content distance by what makes the content more than an average colour,
      ‖F_content − spatial mean‖²; averaged over layers. A network that responds twice as strongly has the same loss.
    """

    def __init__(
        self,
        encoder: Encoder,
        recipe: Recipe,
        content: Float[Tensor, "1 3 height width"],
        style: Float[Tensor, "1 3 style_height style_width"],
    ) -> None:
        """Images are sRGB in [0, 1]. Raises ImageError where `relative` would divide by nothing."""
        self.encoder = encoder
        self.recipe = recipe
        with torch.no_grad():
            content_maps, style_maps = encoder(content), encoder(style)
        self.content_targets = {layer: _wide(content_maps[layer]) for layer in recipe.content_layers}
        self.style_targets = {layer: gram_matrix(style_maps[layer]) for layer in recipe.style_layers}
        if recipe.loss_normalisation == "relative":
            self.content_divisors = _content_variation(self.content_targets)
            self.style_divisors = _style_distance(content_maps, self.style_targets)
        else:
            self.content_divisors = {layer: float(target.numel()) for layer, target in self.content_targets.items()}
            self.style_divisors = {layer: float(target.numel()) for layer, target in self.style_targets.items()}

    def __call__(self, image: Float[Tensor, "batch 3 height width"]) -> Losses:
        """The losses of `image`; differentiable."""
        maps = self.encoder(image)
        content = torch.zeros(len(image), dtype=image.dtype, device=image.device)
        for layer, target in self.content_targets.items():
            content = content + _squares(_wide(maps[layer]) - target) / self.content_divisors[layer]
        style = torch.zeros_like(content)
        for layer, target in self.style_targets.items():
            style = style + _squares(gram_matrix(maps[layer]) - target) / self.style_divisors[layer]
        return Losses(self.recipe.content_weight * content + self.recipe.style_weight * style, content, style)


def _content_variation(targets: Mapping[str, Tensor]) -> dict[str, float]:
    divisors = {}
    for layer, target in targets.items():
        variation = float(_squares(target - target.mean((2, 3), keepdim=True)))
        if variation <= ROUNDING * float(_squares(target)):
            raise ImageError(
                f"content image: expected structure that the network sees at {layer}, found a constant feature map; "
                "choose a content image that is not one plain colour, or loss_normalisation: none"
            )
        divisors[layer] = variation * len(targets)
    return divisors


def _style_distance(content_maps: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> dict[str, float]:
    divisors = {}
    for layer, target in targets.items():
        distance = float(_squares(gram_matrix(content_maps[layer]) - target))
        if distance <= ROUNDING * float(_squares(target)):
            raise ImageError(
                f"style image: expected another style than the content image's, found equal Gram matrices at {layer}; "
                "choose two different images, or loss_normalisation: none"
            )
        divisors[layer] = distance * len(targets)
    return divisors


def _squares(difference: Tensor) -> Float[Tensor, " batch"]:
    return difference.square().flatten(1).sum(1)


def _wide(features: Tensor) -> Tensor:
    """At least float32: a squared distance of bfloat16 numbers has two digits."""
    return features.to(torch.promote_types(features.dtype, torch.float32))
