"""Content, style and total-variation loss of pictures, for the features of one network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import ImageError
from robust_style.transfer.content_target import deviation_cost
from robust_style.transfer.encoder import Encoder, MakeEncoder
from robust_style.transfer.gram import gram_matrix
from robust_style.transfer.recipe import Distance, Recipe
from robust_style.transfer.root_covariance import mean_and_root_covariance
from robust_style.transfer.transformation import Transformation

# A distance below this share of the target's size is rounding of float32 feature maps ((1e-6)²).
ROUNDING = 1e-12
# Gatys et al. 2016, eq. 1 and 4: the constants before their sums of squares.
PAPER_CONTENT, PAPER_STYLE = 1 / 2, 1 / 4

# SOURCE: peiwang062/swag (6ef1ca9), resnet_swag.py: `alpha`, of the last two of its five style layers.
SCALE, SCALED_LAYERS = 1e-3, 2

# Rows of a batch; None is all rows, without a copy.
Rows = Sequence[int] | None


@dataclass(frozen=True)
class Style:
    """A style image in [0, 1], its weight among the styles of a scene, and the region of the picture it applies to.

    `mask` has the content's height and width: 1 inside the region, 0 outside. None is the whole picture.
    """

    image: Float[Tensor, "1 3 _ _"]
    weight: float = 1.0
    mask: Float[Tensor, "1 1 height width"] | None = None


@dataclass(frozen=True)
class Scene:
    """The content image and the styles of one picture; images are sRGB in [0, 1]."""

    content: Float[Tensor, "1 3 height width"]
    styles: Sequence[Style]

    @property
    def regions(self) -> list[list[Style]]:
        """The styles without a mask as one region, then one region for each mask. Each region has its own targets."""
        everywhere = [style for style in self.styles if style.mask is None]
        return [*([everywhere] if everywhere else []), *([style] for style in self.styles if style.mask is not None)]


@dataclass(frozen=True)
class Losses:
    """Losses of each picture of a batch; `total` is the sum of the others, each times its weight in the recipe.

    A loss with weight 0 is not computed and reported as 0. With a content target the total also has the cost of the
    distance to it (`content_target.deviation_cost`), times the style weight.
    """

    total: Float[Tensor, " batch"]
    content: Float[Tensor, " batch"]
    style: Float[Tensor, " batch"]
    total_variation: Float[Tensor, " batch"]


class Objective:
    """The loss that the optimiser minimises, for a batch of scenes of equal size; rows are independent.

    Content and style loss are distances of feature maps F and of Gram matrices G (or of the other `style_statistics`,
    see `root_covariance`), squared or absolute, summed over the layers with a constant factor for each that is fixed
    before the optimisation. `loss_normalisation`:

    * `mean`: one over the number of elements. Source: the original notebook, and most others since.
    * `sum`: 1/2 and 1/4, Gatys et al. 2016, eq. 1, 4 and 5. Their 1/(N² M²) is the Gram matrices' own normalisation.
    * `target_energy`: one over the target's distance to zero, averaged over layers.
    * `relative`: for style one over the distance of the content image, ‖G_content - G_style‖², so that every layer
      starts at 1 there; for content one over ‖F_content - spatial mean‖²; averaged over layers. A network that
      responds twice as strongly has the same loss.

    Most iterations use an encoder of `dtype`, the others one of float32. Targets differ by rounding, so each
    encoder has its own.
    """

    def __init__(
        self,
        encoder: MakeEncoder,
        recipe: Recipe,
        scenes: Sequence[Scene],
        *,
        dtype: torch.dtype = torch.float32,
        transformations: Sequence[Transformation] | None = None,
    ) -> None:
        """`encoder` makes an encoder of a dtype; `transformations` are one for each scene, None without any.

        Raises ImageError where `relative` would divide by zero, or for a mask that is all black.
        """
        self._make_encoder = encoder
        self._recipe = recipe
        self._scenes = scenes
        self._contents = torch.cat([scene.content for scene in scenes])
        self._transformations = transformations
        self._fast = self._targets(dtype)
        self._float32 = None if dtype == torch.bfloat16 else self._fast

    @property
    def is_float32(self) -> bool:
        """True if all iterations are computed in float32."""
        return self._float32 is self._fast

    def __call__(
        self, images: Float[Tensor, "rows 3 height width"], rows: Rows = None, in_float32: bool = False
    ) -> Losses:
        """The losses of `images`, the pictures of these `rows` of the batch; differentiable."""
        targets = self._fast
        if in_float32:
            # made on first use: many optimisations never need it
            self._float32 = targets = self._float32 or self._targets(torch.float32)
        recipe, content_maps = self._recipe, None
        encoded = images
        if self._transformations is not None:
            chosen = [self._transformations[row] for row in (range(len(images)) if rows is None else rows)]
            transforms = [transformation.draw(images) for transformation in chosen]
            pairs = zip(transforms, torch.split(images, 1), strict=True)
            encoded = torch.cat([transform(image) for transform, image in pairs])
            with torch.no_grad():
                content_pairs = zip(transforms, torch.split(_select(rows, self._contents), 1), strict=True)
                content_maps = self._maps(
                    targets.encoder, torch.cat([transform(image) for transform, image in content_pairs])
                )
        maps = self._maps(targets.encoder, encoded)
        content = images.new_zeros(len(images))
        for term in targets.content:
            target = _select(rows, term.target) if content_maps is None else _wide(content_maps[term.layer])
            difference = _wide(maps[term.layer]) - target
            content = content + _distances(difference, recipe.distance) * _select(rows, term.factor)
        style = images.new_zeros(len(images))
        for term in targets.style:
            mask = None if term.mask is None else _select(rows, term.mask)
            difference = _style_of(recipe, maps[term.layer], mask) - _select(rows, term.target)
            style = style + _distances(difference, recipe.distance) * _select(rows, term.factor)
        total = recipe.content_weight * content + recipe.style_weight * style
        if recipe.content_target is not None:
            cost = deviation_cost(images, _select(rows, self._contents), recipe.content_target)
            total = total + recipe.style_weight * cost
        variation = torch.zeros_like(content)
        if recipe.total_variation_weight:
            variation = total_variation(images)
            total = total + recipe.total_variation_weight * variation
        return Losses(total, content, style, variation)

    def _maps(self, encoder: Encoder, images: Float[Tensor, "rows 3 height width"]) -> dict[str, Tensor]:
        return smoothed(self._recipe, encoder(images))

    def _targets(self, dtype: torch.dtype) -> "_Targets":
        encoder = self._make_encoder(dtype)
        with torch.no_grad():
            maps = self._maps(encoder, self._contents)
            content = _content_terms(self._recipe, maps) if self._recipe.content_weight else []
            style = _style_terms(self._recipe, encoder, self._scenes, maps) if self._recipe.style_weight else []
            return _Targets(encoder, content, style)


def smoothed(recipe: Recipe, maps: dict[str, Float[Tensor, "batch _ _ _"]]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
    """Layer name -> feature map after the recipe's `activation_smoothing`; the same maps for `none`.

    * `softmax`: exp(F) over its sum over all channels and positions of the layer and picture, times their number, in
      float32: the mean of a map is 1. Source: Wang, Li and Vasconcelos 2021 (arXiv 2104.05623); `softmax3d` in their
      code, there without temperature and commented out. Differs from it: times the number of values. For pictures and
      styles of one size this changes losses by a constant factor, and relative losses not at all; without it Gram
      matrices would depend on the size of the style image, and their squares would be too small for float32.
    * `scale`: times 0.001 for the last two of the style layers, and for content layers that are not style layers.
      Source: the same code (peiwang062/swag), as released, where these are the last two stages of a ResNet-50. This is
      not a softmax: it only reduces the weight of these layers. Differs from it: the layers are those of the recipe.
    """
    if recipe.activation_smoothing == "softmax":
        return {
            layer: _wide(features).flatten(1).softmax(1).mul(features[0].numel()).view_as(features)
            for layer, features in maps.items()
        }
    if recipe.activation_smoothing == "scale":
        scaled = {*recipe.content_layers} - {*recipe.style_layers} | {*recipe.style_layers[-SCALED_LAYERS:]}
        return {layer: features * SCALE if layer in scaled else features for layer, features in maps.items()}
    return maps


def total_variation(image: Float[Tensor, "batch channels height width"]) -> Float[Tensor, " batch"]:
    """Mean squared difference of vertical neighbours plus that of horizontal neighbours, for each picture.

    Source: cgebbe/demo_style_gatys, `calc_loss`. Differs from it: its horizontal difference compares every column with
    the last one, an error.
    """
    vertical = (image[:, :, 1:, :] - image[:, :, :-1, :]).square().mean((1, 2, 3))
    horizontal = (image[:, :, :, 1:] - image[:, :, :, :-1]).square().mean((1, 2, 3))
    return vertical + horizontal


@dataclass(frozen=True)
class _Term:
    """One layer's part of a loss: the distance to `target` times `factor`, for each picture of a batch.

    `mask` (batch x 1 x height x width of the layer) is the region of a style term.
    """

    layer: str
    target: Tensor
    factor: Float[Tensor, " batch"]
    mask: Float[Tensor, "batch 1 _ _"] | None = None


@dataclass(frozen=True)
class _Targets:
    """An encoder, and the targets computed with it."""

    encoder: Encoder
    content: list[_Term]
    style: list[_Term]


def _content_terms(recipe: Recipe, maps: Mapping[str, Tensor]) -> list[_Term]:
    """The targets of the content loss: the content images' feature `maps`."""
    terms = []
    for layer in recipe.content_layers:
        target = _wide(maps[layer])
        size = _distances(target, recipe.distance)
        if recipe.loss_normalisation == "relative":
            divisor = _distances(target - target.mean((2, 3), keepdim=True), recipe.distance)
            _refuse_zero(
                divisor,
                size,
                f"content image: expected structure that the network sees at {layer}, found a constant feature map; "
                "choose a content image that is not one plain colour, or loss_normalisation: mean",
            )
            factor = 1 / (divisor * len(recipe.content_layers))
        else:
            factor = _factor(recipe, target, size, PAPER_CONTENT, len(recipe.content_layers))
        terms.append(_Term(layer, target, factor))
    return terms


def _style_terms(
    recipe: Recipe, encoder: Encoder, scenes: Sequence[Scene], content_maps: Mapping[str, Tensor]
) -> list[_Term]:
    """The targets of the style loss: the style images' Gram matrices, for every layer and region.

    All scenes have the same number of regions. Several styles of one region have one target, the weighted mean of their
    Gram matrices: for squared distances it differs from a weighted sum of losses only by a constant.
    """
    grams: dict[int, dict[str, Tensor]] = {}
    terms = []
    for number in range(len(scenes[0].regions)):
        regions = [scene.regions[number] for scene in scenes]
        shares = content_maps[recipe.style_layers[0]].new_tensor([_share(scene, number) for scene in scenes]).float()
        weights = recipe.style_layer_weights or _equal_weights(recipe)
        for layer, weight in zip(recipe.style_layers, weights, strict=True):
            target = torch.cat([_mean_gram(recipe, encoder, styles, layer, grams) for styles in regions])
            mask = _masks(regions, content_maps[layer])
            size = _distances(target, recipe.distance)
            if recipe.loss_normalisation == "relative":
                divisor = _distances(_style_of(recipe, content_maps[layer], mask) - target, recipe.distance)
                _refuse_zero(
                    divisor,
                    size,
                    "style image: expected another style than the content image's, found equal Gram matrices at "
                    f"{layer}; choose two different images, or loss_normalisation: mean",
                )
                factor = 1 / divisor
            else:
                factor = _factor(recipe, target, size, PAPER_STYLE, 1)
            terms.append(_Term(layer, target, factor * shares.to(factor) * weight, mask))
    return terms


def _style_of(recipe: Recipe, maps: Tensor, mask: Tensor | None = None) -> Float[Tensor, "batch _ channels"]:
    """The style of feature maps, for targets and pictures alike."""
    if recipe.style_statistics == "root_covariance":
        return mean_and_root_covariance(maps, mask)
    return gram_matrix(maps, recipe.gram_normalisation, mask)


def _distances(difference: Tensor, distance: Distance) -> Float[Tensor, " batch"]:
    """Sum of squares, or of absolute values, of each row of a batch."""
    return (difference.square() if distance == "squared" else difference.abs()).flatten(1).sum(1)


def _wide(features: Tensor) -> Tensor:
    """At least float32: a squared distance of bfloat16 numbers has two significant digits."""
    return features.to(torch.promote_types(features.dtype, torch.float32))


def _select(rows: Rows, tensor: Tensor) -> Tensor:
    """These rows of a batch; without a copy if they are all rows."""
    return tensor if rows is None or len(rows) == len(tensor) else tensor[list(rows)]


def _factor(recipe: Recipe, target: Tensor, size: Tensor, constant: float, layers: int) -> Tensor:
    if recipe.loss_normalisation == "target_energy":
        return 1 / (size.clamp_min(torch.finfo(size.dtype).tiny) * layers)
    if recipe.loss_normalisation == "sum":
        return torch.full_like(size, constant if recipe.distance == "squared" else 1.0)
    return torch.full_like(size, 1 / target[0].numel())


def _equal_weights(recipe: Recipe) -> tuple[float, ...]:
    """As in the literature: the mean over layers where each term is relative to the target, the sum otherwise."""
    count = len(recipe.style_layers)
    return (1 / count if recipe.loss_normalisation in ("relative", "target_energy") else 1.0,) * count


def _share(scene: Scene, region: int) -> float:
    return sum(style.weight for style in scene.regions[region]) / sum(style.weight for style in scene.styles)


def _mean_gram(
    recipe: Recipe, encoder: Encoder, styles: Sequence[Style], layer: str, grams: dict[int, dict[str, Tensor]]
) -> Tensor:
    total = sum(style.weight for style in styles)
    mean: Tensor | None = None
    for style in styles:
        # The scenes of one job share style images; each is encoded once.
        if id(style.image) not in grams:
            grams[id(style.image)] = {
                name: _style_of(recipe, maps)
                for name, maps in smoothed(recipe, encoder(style.image)).items()
                if name in recipe.style_layers
            }
        part = grams[id(style.image)][layer] * (style.weight / total)
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


def _refuse_zero(divisor: Tensor, size: Tensor, message: str) -> None:
    if bool((divisor <= ROUNDING * size).any()):
        raise ImageError(message)
