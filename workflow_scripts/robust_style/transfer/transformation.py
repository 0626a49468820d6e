"""Random shifts, scalings and rotations that the network sees the picture through."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from robust_style.transfer.bilinear import seen_through
from robust_style.transfer.recipe import Recipe


@dataclass(frozen=True)
class Transformation:
    """What one picture is seen through: drawn anew from its own `generator` (on the CPU) at every iteration.

    Uniform in shift (± `jitter_px` in each direction), in scale (1 ± `scaling`) and in angle (± `rotation_degrees`),
    about the centre; bilinear, the edge mirrored. A pattern that only shows at one position or angle, such as ripple
    of a fixed grid, averages out.

    Source: Mordvintsev et al. 2018 (Differentiable Image Parameterizations), lucid's `standard_transforms`. Differs
    from them: one affine map instead of a chain, and a mirrored edge instead of a grey one.
    """

    jitter_px: int
    scaling: float
    rotation_degrees: float
    generator: torch.Generator

    def draw(self, like: Float[Tensor, "_ 3 height width"]) -> Callable[[Tensor], Tensor]:
        """The transformation of this iteration, for any batch of `like`'s height and width."""
        across, down, scale, angle = (2 * torch.rand(4, generator=self.generator) - 1).tolist()
        zoom = 1 / (1 + self.scaling * scale)
        turn = math.radians(self.rotation_degrees * angle)
        height, width = like.shape[2:]
        # affine_grid measures both sides from -1 to 1, so that turning by an angle needs the shape of the picture
        map_ = like.new_tensor(
            [
                [
                    zoom * math.cos(turn),
                    -zoom * math.sin(turn) * height / width,
                    2 * self.jitter_px * across / width,
                ],
                [
                    zoom * math.sin(turn) * width / height,
                    zoom * math.cos(turn),
                    2 * self.jitter_px * down / height,
                ],
            ]
        )
        grid = F.affine_grid(map_.unsqueeze(0), [1, 3, height, width], align_corners=False)

        return partial(seen_through, grid=grid)


def transformation_of(recipe: Recipe, generator: torch.Generator) -> Transformation:
    """What `recipe` looks through."""
    return Transformation(recipe.jitter_px, recipe.scaling, recipe.rotation_degrees, generator)
