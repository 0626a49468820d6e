"""How far pictures are from their content and from their style, in the eyes of one network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.transfer.features import Encoder
from robust_style.transfer.gram import gram_matrix
from robust_style.transfer.recipe import Recipe
from robust_style.transfer.scene import Scene
from robust_style.transfer.targets import Term, content_terms, distances, style_terms, wide
from robust_style.transfer.total_variation import total_variation
from robust_style.transfer.transformation import Transformation

# Rows of a batch; None is all of them, without copying any.
Rows = Sequence[int] | None


@dataclass(frozen=True)
class Losses:
    """Losses of each picture of a batch; `total` is the sum of the others, each times its weight in the recipe.

    One without weight is not computed, and 0.
    """

    total: Float[Tensor, " batch"]
    content: Float[Tensor, " batch"]
    style: Float[Tensor, " batch"]
    total_variation: Float[Tensor, " batch"]


class Objective:
    """The loss that the optimiser lowers, for one batch of scenes of equal size, each a problem of its own.

    Content and style loss are distances of feature maps F and of Gram matrices G, squared or absolute, summed over
    the layers with a constant factor for each that is fixed before the optimisation. `loss_normalisation`:

    * `mean`: one over the number of elements. Source: the original notebook, and most others since.
    * `sum`: 1/2 and 1/4, Gatys et al. 2016, eq. 1, 4 and 5. Their 1/(N² M²) is the Gram matrices' own normalisation.
    * `target_energy`: one over the target's distance to nothing, averaged over layers.
    * `relative`: one over the style distance of the content image, ‖G_content - G_style‖², so that every layer starts
      at 1 there; one over what makes the content more than an average colour, ‖F_content - spatial mean‖²; averaged
      over layers. A network that responds twice as strongly has the same loss.

    `fast` encodes in the precision of the optimisation's most part, `exact` in float32; their targets differ by
    rounding, so each has its own.
    """

    def __init__(
        self,
        encoder: Callable[[torch.dtype], Encoder],
        recipe: Recipe,
        scenes: Sequence[Scene],
        *,
        dtype: torch.dtype = torch.float32,
        transformations: Sequence[Transformation] | None = None,
    ) -> None:
        """`encoder` makes one of a dtype; `transformations`, one for each scene, are for recipes that have any.

        Raises ImageError where `relative` would divide by nothing, or for a mask that is all black.
        """
        self._make_encoder = encoder
        self._recipe = recipe
        self._scenes = scenes
        self._contents = torch.cat([scene.content for scene in scenes])
        self._transformations = transformations
        self._fast = self._view(dtype)
        self._exact = None if dtype == torch.bfloat16 else self._fast

    @property
    def is_exact(self) -> bool:
        """Whether it computes in full precision anyway."""
        return self._exact is self._fast

    def __call__(self, images: Float[Tensor, "rows 3 height width"], rows: Rows = None, exact: bool = False) -> Losses:
        """The losses of `images`, which are the pictures of these `rows` of the batch; differentiable."""
        view = self._fast
        if exact:
            # made when first wanted: many an optimisation never gets here
            self._exact = view = self._exact or self._view(torch.float32)
        recipe, content_seen = self._recipe, None
        seen = images
        if self._transformations is not None:
            chosen = [self._transformations[row] for row in (range(len(images)) if rows is None else rows)]
            grids = [transformation.draw(images) for transformation in chosen]
            seen = torch.cat([grid(image) for grid, image in zip(grids, torch.split(images, 1), strict=True)])
            with torch.no_grad():
                contents = [
                    grid(image) for grid, image in zip(grids, torch.split(of(rows, self._contents), 1), strict=True)
                ]
                content_seen = view.encoder(torch.cat(contents))
        maps = view.encoder(seen)
        content = images.new_zeros(len(images))
        for term in view.content:
            target = of(rows, term.target) if content_seen is None else wide(content_seen[term.layer])
            content = content + distances(wide(maps[term.layer]) - target, recipe.distance) * of(rows, term.factor)
        style = images.new_zeros(len(images))
        for term in view.style:
            mask = None if term.mask is None else of(rows, term.mask)
            gram = gram_matrix(maps[term.layer], recipe.gram_normalisation, mask)
            style = style + distances(gram - of(rows, term.target), recipe.distance) * of(rows, term.factor)
        total = recipe.content_weight * content + recipe.style_weight * style
        variation = torch.zeros_like(content)
        if recipe.total_variation_weight:
            variation = total_variation(images)
            total = total + recipe.total_variation_weight * variation
        return Losses(total, content, style, variation)

    def _view(self, dtype: torch.dtype) -> "_View":
        encoder = self._make_encoder(dtype)
        with torch.no_grad():
            maps = encoder(self._contents)
            content = content_terms(self._recipe, maps) if self._recipe.content_weight else []
            style = style_terms(self._recipe, encoder, self._scenes, maps) if self._recipe.style_weight else []
            return _View(encoder, content, style)


@dataclass(frozen=True)
class _View:
    """An encoder and the targets as it sees them."""

    encoder: Encoder
    content: list[Term]
    style: list[Term]


def of(rows: Rows, tensor: Tensor) -> Tensor:
    """These rows of a batch; without a copy where they are all of them."""
    return tensor if rows is None or len(rows) == len(tensor) else tensor[list(rows)]
