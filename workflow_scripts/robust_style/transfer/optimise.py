"""From a start to a picture: one optimisation, as its recipe wants it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.course import Course, eight_bit
from robust_style.transfer.lbfgs import minimise
from robust_style.transfer.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.losses import Losses
from robust_style.transfer.recipe import Recipe


@dataclass(frozen=True)
class Painting:
    """A finished optimisation.

    `picture` is projected onto [0, 1], once, at the end; `out_of_range_fraction` is the share of its pixels with a
    channel outside before that. `stopped` says why it ended: evaluations, converged or diverged.
    """

    picture: UInt8[Tensor, "3 height width"]
    course: Course
    stopped: str
    out_of_range_fraction: float


def optimise(
    objective: Callable[[Tensor], Losses],
    recipe: Recipe,
    start: Float[Tensor, "1 3 height width"],
    *,
    keep: Collection[int],
    report: Callable[[int, float], None],
) -> Painting:
    """The picture that `recipe` makes of `start`, with the pictures at the evaluations `keep` on the way.

    `report` is called with the number of each evaluation and its total loss. Raises Divergence if the loss is not
    finite at the start.
    """
    course = Course(recipe.evaluations, keep, report)
    run = minimise if recipe.optimiser == "lbfgs" else minimise_unguarded
    point, stopped = run(objective, start, course)
    outside = ((point.image < 0) | (point.image > 1)).any(dim=1)
    return Painting(eight_bit(point.image), course, stopped, outside.float().mean().item())


def start_image(
    recipe: Recipe, content: Float[Tensor, "1 3 height width"], generator: torch.Generator
) -> Float[Tensor, "1 3 height width"]:
    """Where the optimisation starts: the content image, or uniform noise in [0, 1] from `generator` (on the CPU)."""
    if recipe.initialisation == "content":
        return content.clone()
    return torch.rand(content.shape, generator=generator).to(content)
