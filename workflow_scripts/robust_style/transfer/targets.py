"""What the feature maps of a picture are to become, in the eyes of one network: constants of an optimisation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.features import Encoder
from robust_style.transfer.gram import gram_matrix
from robust_style.transfer.recipe import Distance, Recipe
from robust_style.transfer.scene import Scene, Style

# A distance below this share of the target's own size is rounding of float32 feature maps ((1e-6)²), not structure.
ROUNDING = 1e-12
# Gatys et al. 2016, eq. 1 and 4: the constants before their sums of squares.
PAPER_CONTENT, PAPER_STYLE = 1 / 2, 1 / 4

Maps = Mapping[str, Tensor]


@dataclass(frozen=True)
class Term:
    """One layer's part of a loss: the distance to `target` times `factor`, for each picture of a batch.

    `mask` (batch x 1 x height x width of the layer) tells the region of a style term, `layer` where to look.
    """

    layer: str
    target: Tensor
    factor: Float[Tensor, " batch"]
    mask: Float[Tensor, "batch 1 _ _"] | None = None


def content_terms(recipe: Recipe, maps: Maps) -> list[Term]:
    """The content loss: feature maps are to be those of the content images, whose `maps` are given.

    Raises ImageError where `relative` would divide by nothing.
    """
    terms = []
    for layer in recipe.content_layers:
        target = wide(maps[layer])
        size = distances(target, recipe.distance)
        if recipe.loss_normalisation == "relative":
            divisor = distances(target - target.mean((2, 3), keepdim=True), recipe.distance)
            _refuse_nothing(
                divisor,
                size,
                f"content image: expected structure that the network sees at {layer}, found a constant feature map; "
                "choose a content image that is not one plain colour, or loss_normalisation: mean",
            )
            factor = 1 / (divisor * len(recipe.content_layers))
        else:
            factor = _factor(recipe, target, size, PAPER_CONTENT, len(recipe.content_layers))
        terms.append(Term(layer, target, factor))
    return terms


def style_terms(recipe: Recipe, encoder: Encoder, scenes: Sequence[Scene], content_maps: Maps) -> list[Term]:
    """The style loss: Gram matrices are to be those of the style images, for every layer and region.

    Scenes must have equally many regions. Several styles of one region are one target, the weighted mean of their
    Gram matrices: for squared distances that differs from a weighted sum of losses by a constant only. Raises
    ImageError where `relative` would divide by nothing, or where a mask leaves nothing of a layer.
    """
    seen: dict[int, dict[str, Tensor]] = {}
    terms = []
    for number in range(len(scenes[0].regions)):
        regions = [scene.regions[number] for scene in scenes]
        shares = content_maps[recipe.style_layers[0]].new_tensor([_share(scene, number) for scene in scenes]).float()
        weights = recipe.style_layer_weights or _equal_weights(recipe)
        for layer, weight in zip(recipe.style_layers, weights, strict=True):
            target = torch.cat([_mean_gram(recipe, encoder, styles, layer, seen) for styles in regions])
            mask = _masks(regions, content_maps[layer])
            size = distances(target, recipe.distance)
            if recipe.loss_normalisation == "relative":
                own = gram_matrix(content_maps[layer], recipe.gram_normalisation, mask)
                divisor = distances(own - target, recipe.distance)
                _refuse_nothing(
                    divisor,
                    size,
                    "style image: expected another style than the content image's, found equal Gram matrices at "
                    f"{layer}; choose two different images, or loss_normalisation: mean",
                )
                factor = 1 / divisor
            else:
                factor = _factor(recipe, target, size, PAPER_STYLE, 1)
            terms.append(Term(layer, target, factor * shares.to(factor) * weight, mask))
    return terms


def distances(difference: Tensor, distance: Distance) -> Float[Tensor, " batch"]:
    """Sum of squares, or of absolute values, of each row of a batch."""
    return (difference.square() if distance == "squared" else difference.abs()).flatten(1).sum(1)


def wide(features: Tensor) -> Tensor:
    """At least float32: a squared distance of bfloat16 numbers has two digits."""
    return features.to(torch.promote_types(features.dtype, torch.float32))


def _factor(recipe: Recipe, target: Tensor, size: Tensor, constant: float, layers: int) -> Tensor:
    if recipe.loss_normalisation == "target_energy":
        return 1 / (size.clamp_min(torch.finfo(size.dtype).tiny) * layers)
    if recipe.loss_normalisation == "sum":
        return torch.full_like(size, constant if recipe.distance == "squared" else 1.0)
    return torch.full_like(size, 1 / target[0].numel())


def _equal_weights(recipe: Recipe) -> tuple[float, ...]:
    """Means over layers where a term is a share of something, sums where it is not, as the literature has it."""
    count = len(recipe.style_layers)
    return (1 / count if recipe.loss_normalisation in ("relative", "target_energy") else 1.0,) * count


def _share(scene: Scene, region: int) -> float:
    return sum(style.weight for style in scene.regions[region]) / sum(style.weight for style in scene.styles)


def _mean_gram(
    recipe: Recipe, encoder: Encoder, styles: Sequence[Style], layer: str, seen: dict[int, dict[str, Tensor]]
) -> Tensor:
    total = sum(style.weight for style in styles)
    mean: Tensor | None = None
    for style in styles:
        # pairs of one job share their style images, which are large
        if id(style.image) not in seen:
            seen[id(style.image)] = {
                name: gram_matrix(maps, recipe.gram_normalisation)
                for name, maps in encoder(style.image).items()
                if name in recipe.style_layers
            }
        part = seen[id(style.image)][layer] * (style.weight / total)
        mean = part if mean is None else mean + part
    assert mean is not None
    return mean


def _masks(regions: Sequence[Sequence[Style]], features: Tensor) -> Tensor | None:
    """The masks of one region at the size of a layer. Source: Gatys et al. 2017, § 4.1 (simple down-sampling)."""
    if all(styles[0].mask is None for styles in regions):
        return None
    size = (features.shape[2], features.shape[3])
    whole = torch.ones(1, 1, *size, device=features.device)
    small = [
        whole if styles[0].mask is None else F.adaptive_avg_pool2d(styles[0].mask.to(whole), size) for styles in regions
    ]
    for mask in small:
        if float(mask.max()) < ROUNDING:
            raise ImageError("mask: expected some white in it, found all black; paint white where the style is wanted")
    return torch.cat(small)


def _refuse_nothing(divisor: Tensor, size: Tensor, sentence: str) -> None:
    if bool((divisor <= ROUNDING * size).any()):
        raise ImageError(sentence)
