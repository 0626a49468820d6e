"""From scenes to pictures: one optimisation, or one after another at growing size, as the recipe wants it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.adam import minimise_by_adam
from robust_style.transfer.colour import luminance, matched_luminance, recoloured, with_colours_of
from robust_style.transfer.course import BestSoFar, Course, Report, eight_bit
from robust_style.transfer.features import Encoder
from robust_style.transfer.lbfgs import Outcome, minimise
from robust_style.transfer.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.losses import Objective
from robust_style.transfer.parameterisation import Parameterisation, parameterisation_of
from robust_style.transfer.problem import Problem
from robust_style.transfer.recipe import Recipe
from robust_style.transfer.scene import Scene, Style
from robust_style.transfer.transformation import transformation_of


@dataclass(frozen=True)
class Painting:
    """A finished optimisation.

    `picture` is projected onto [0, 1], once, at the end; `out_of_range_fraction` is the share of its pixels with a
    channel outside before that. `stopped` says why it ended: iterations, converged or diverged. `coarse` are the
    courses at the sizes before, the smallest first.
    """

    picture: UInt8[Tensor, "3 height width"]
    course: Course
    stopped: str
    out_of_range_fraction: float
    coarse: list[Course] = field(default_factory=list)


@dataclass(frozen=True)
class Randomness:
    """Where one picture's chance comes from: that of its start, and that of what it is seen through."""

    start: torch.Generator
    transformations: torch.Generator


@dataclass(frozen=True)
class Watch:
    """What is wanted to be seen of one optimisation: pictures at the iterations `keep`; `report` at each.

    An exception that `report` raises, or a signal handler, ends the optimisation; `best` then has the best picture.
    """

    keep: Collection[int]
    report: Report
    best: BestSoFar | None = None


def optimise(
    encoder: Callable[[torch.dtype], Encoder],
    recipe: Recipe,
    scenes: Callable[[float], Sequence[Scene]],
    *,
    dtype: torch.dtype,
    randomness: Sequence[Randomness],
    watch: Sequence[Watch],
) -> list[Painting]:
    """The pictures that `recipe` makes of some scenes of equal size, together but each a problem of its own.

    `scenes` gives them at a part of their full size (1.0 is full); `encoder` an encoder of a dtype, `dtype` that of
    most of the optimisation. Raises Divergence if a loss is not finite at the start, ImageError for scenes of which
    the recipe can make nothing.
    """
    start: Tensor | None = None
    coarse: list[list[Course]] = [[] for _ in watch]
    for scale in recipe.coarse_scales:
        stage = _Stage(encoder, recipe, scenes(scale.scale), dtype, randomness)
        courses = stage.courses(scale.iterations, [Watch((), one.report, one.best) for one in watch])
        start = stage.images(stage.run(stage.start(start), courses))
        for own, course in zip(coarse, courses, strict=True):
            own.append(course)
    stage = _Stage(encoder, recipe, scenes(1.0), dtype, randomness)
    courses = stage.courses(recipe.iterations, watch)
    outcomes = stage.run(stage.start(start), courses)
    return [
        Painting(
            stage.developer(row)(outcome.parameters),
            courses[row],
            outcome.stopped,
            _outside(stage.parameterisation.decode(outcome.parameters)),
            coarse[row],
        )
        for row, outcome in enumerate(outcomes)
    ]


class _Stage:
    """The optimisation at one size."""

    def __init__(
        self,
        encoder: Callable[[torch.dtype], Encoder],
        recipe: Recipe,
        scenes: Sequence[Scene],
        dtype: torch.dtype,
        randomness: Sequence[Randomness],
    ) -> None:
        self.recipe, self.scenes, self.randomness = recipe, scenes, randomness
        self.seen = [_with_colours(recipe, scene) for scene in scenes]
        height, width = scenes[0].content.shape[2:]
        self.parameterisation: Parameterisation = parameterisation_of(recipe, height, width)
        moving = [transformation_of(recipe, one.transformations) for one in randomness] if recipe.transforms else None
        objective = Objective(encoder, recipe, self.seen, dtype=dtype, transformations=moving)
        self.problem = Problem(objective, self.parameterisation, objective.is_exact)

    def start(self, previous: Float[Tensor, "batch 3 _ _"] | None) -> Tensor:
        """The parameters of the start: as the recipe says, or the pictures of the size before, enlarged."""
        contents = torch.cat([scene.content for scene in self.seen])
        if previous is not None:
            size = (contents.shape[2], contents.shape[3])
            enlarged = F.interpolate(previous, size=size, mode="bicubic", align_corners=False, antialias=True)
            return self.parameterisation.encode(enlarged)
        if self.recipe.initialisation == "content":
            return self.parameterisation.encode(contents)
        noise = torch.cat(
            [
                self.parameterisation.noise(content, one.start)
                for content, one in zip(torch.split(contents, 1), self.randomness, strict=True)
            ]
        )
        if self.recipe.initialisation == "noise":
            return noise
        share = self.recipe.noise_share
        return share * noise + (1 - share) * self.parameterisation.encode(contents)

    def courses(self, iterations: int, watch: Sequence[Watch]) -> list[Course]:
        """An empty course for each row."""
        return [
            Course(iterations, one.keep, one.report, self.developer(row), one.best) for row, one in enumerate(watch)
        ]

    def run(self, start: Tensor, courses: Sequence[Course]) -> list[Outcome]:
        """As the recipe's optimiser does it."""
        clamp = self.recipe.clamp and self.recipe.parameterisation == "pixel"
        if self.recipe.optimiser == "lbfgs":
            return minimise(self.problem, start, courses)
        if self.recipe.optimiser == "adam":
            rate = self.recipe.learning_rate
            return minimise_by_adam(self.problem, start, courses, learning_rate=rate, clamp=clamp)
        return minimise_unguarded(self.problem, start, courses, clamp=clamp, line_search=self.recipe.line_search)

    def images(self, outcomes: Sequence[Outcome]) -> Float[Tensor, "batch 3 height width"]:
        """The pictures at the end."""
        with torch.no_grad():
            return self.parameterisation.decode(torch.cat([outcome.parameters for outcome in outcomes]))

    def developer(self, row: int) -> Callable[[Tensor], UInt8[Tensor, "3 height width"]]:
        """Parameters of this row to the picture that is shown."""

        def develop(parameters: Tensor) -> UInt8[Tensor, "3 height width"]:
            with torch.no_grad():
                image = self.parameterisation.decode(parameters)
                if self.recipe.colour_preservation == "luminance":
                    image = with_colours_of(self.scenes[row].content, image)
            return eight_bit(image)

        return develop


def _with_colours(recipe: Recipe, scene: Scene) -> Scene:
    """The scene as the network is to see it, for the content's colours to be kept."""
    if recipe.colour_preservation == "none":
        return scene
    change = matched_luminance if recipe.colour_preservation == "luminance" else recoloured
    styles = [Style(change(style.image, scene.content), style.weight, style.mask) for style in scene.styles]
    return Scene(luminance(scene.content) if recipe.colour_preservation == "luminance" else scene.content, styles)


def _outside(image: Tensor) -> float:
    return ((image < 0) | (image > 1)).any(dim=1).float().mean().item()
