"""Random shifts, scalings and rotations of the picture before the network sees it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from robust_style.model.kernels.bilinear import sample_bilinear


@dataclass(frozen=True)
class Transformation:
    """The random transformation of one picture, drawn from its own `generator` (on the CPU) at every iteration.

    Uniform in shift (± `jitter_px` in each direction), in scale (1 ± `scaling`) and in angle (± `rotation_degrees`),
    about the centre; bilinear, mirrored at the edge. Patterns that appear only at one position or angle, such as
    ripples of a fixed grid, average out.

    Source: Mordvintsev et al. 2018 (Differentiable Image Parameterizations), lucid's `standard_transforms`. Differs
    from them: one affine map instead of a chain, and a mirrored edge instead of a grey one.
    """

    jitter_px: int
    scaling: float
    rotation_degrees: float
    generator: torch.Generator

    def draw(self, like: Float[Tensor, "_ 3 height width"]) -> Callable[[Tensor], Tensor]:
        """The transformation of this iteration, for any batch with the height and width of `like`."""
        across, down, scale, angle = (2 * torch.rand(4, generator=self.generator) - 1).tolist()
        zoom = 1 / (1 + self.scaling * scale)
        turn = math.radians(self.rotation_degrees * angle)
        height, width = like.shape[2:]
        # affine_grid measures both sides from -1 to 1, so a rotation depends on the aspect ratio
        matrix = like.new_tensor(
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
        grid = F.affine_grid(matrix.unsqueeze(0), [1, 3, height, width], align_corners=False)

        return partial(sample_bilinear, grid=grid)
