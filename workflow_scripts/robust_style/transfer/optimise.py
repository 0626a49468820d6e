"""From images to pictures: group the requests of equal size, and optimise each group as the recipe says."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.compute.randomness import stream
from robust_style.model.network import NormalisedNetwork
from robust_style.transfer.colour_preservation import add_colours_of, luminance, match_luminance, recolour
from robust_style.transfer.content_target import TargetResult, target_result
from robust_style.transfer.encoder import Encoder, MakeEncoder
from robust_style.transfer.geometry import part_of
from robust_style.transfer.losses import Objective, Scene, Style
from robust_style.transfer.optimisers.adam import minimise_by_adam
from robust_style.transfer.optimisers.lbfgs import minimise
from robust_style.transfer.optimisers.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.optimisers.problem import Outcome, Problem
from robust_style.transfer.optimisers.trajectory import BestSoFar, Report, Trajectory, eight_bit
from robust_style.transfer.parameterisation import parameterisation_of
from robust_style.transfer.recipe import Recipe
from robust_style.transfer.transformation import Transformation

# Loads an image with its shorter side at so many px, 1 x 3 x height x width in [0, 1].
LoadImage = Callable[[int], Float[Tensor, "1 3 _ _"]]


@dataclass(frozen=True)
class StyleSource:
    """A style image at any size, its weight, and an optional mask of the picture (white where it applies)."""

    image: LoadImage
    weight: float = 1.0
    mask: LoadImage | None = None


@dataclass(frozen=True)
class Observer:
    """What to record of one optimisation: pictures at the iterations `keep`; `report` is called at each iteration.

    An exception from `report` or a signal handler ends the optimisation; `best` then has the best picture.
    """

    keep: Collection[int]
    report: Report
    best: BestSoFar | None = None


@dataclass(frozen=True)
class PaintingRequest:
    """One picture to paint. Its random numbers depend on `name` and `seed` only, not on network, epoch or recipe."""

    name: tuple[str, ...]
    seed: int
    content: LoadImage
    styles: Sequence[StyleSource]
    observer: Observer


@dataclass(frozen=True)
class Randomness:
    """The random generators of one picture: of its start, and of its transformations."""

    start: torch.Generator
    transformations: torch.Generator


@dataclass(frozen=True)
class Painting:
    """The result of an optimisation.

    `picture` is clamped to [0, 1], once, at the end; `out_of_range_fraction` is the share of its pixels with a channel
    outside before that. `stopped` is the reason of the end: iterations, converged or diverged. `coarse` are the
    trajectories at the coarse scales, in order. `target` is the result of a content target, None for a recipe
    without one.
    """

    picture: UInt8[Tensor, "3 height width"]
    trajectory: Trajectory
    stopped: str
    out_of_range_fraction: float
    coarse: list[Trajectory] = field(default_factory=list)
    target: TargetResult | None = None


def paint(
    network: NormalisedNetwork,
    recipe: Recipe,
    requests: Sequence[PaintingRequest],
    *,
    size_px: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Iterator[tuple[Sequence[int], list[Painting]]]:
    """Paint all `requests`, in one batch those of equal size and number of regions; yield the numbers of each batch.

    `dtype` is that of the feature maps; losses are at least float32, and so are the last iterations of `lbfgs`.
    Raises ConfigError for a layer that the network lacks, ImageError and Divergence as `optimise` does.
    """
    encoder = encoders_of(network, recipe, device)
    load_scene = scene_loader(recipe, size_px, device)
    groups: dict[object, list[int]] = {}
    for number, request in enumerate(requests):
        scene = load_scene(request, 1.0)
        groups.setdefault((scene.content.shape, len(scene.regions)), []).append(number)
    for numbers in groups.values():
        group = [requests[number] for number in numbers]
        paintings = optimise(
            encoder,
            recipe,
            lambda scale, group=group: [load_scene(request, scale) for request in group],  # type: ignore[misc]
            dtype=dtype,
            randomness=[
                Randomness(
                    stream(request.seed, "noise", *request.name), stream(request.seed, "transformations", *request.name)
                )
                for request in group
            ],
            observers=[request.observer for request in group],
        )
        yield numbers, paintings


def encoders_of(network: NormalisedNetwork, recipe: Recipe, device: torch.device) -> MakeEncoder:
    """A function that makes the recipe's encoder of a dtype."""

    def make(dtype: torch.dtype) -> Encoder:
        return Encoder(
            network, recipe.layers, pooling=recipe.pooling, padding=recipe.padding, dtype=dtype, device=device
        )

    return make


def scene_loader(recipe: Recipe, size_px: int, device: torch.device) -> Callable[[PaintingRequest, float], Scene]:
    """A function that loads the scene of a request at a fraction of its full size (1.0 is full)."""
    # Requests of one job share images; the same tensor object lets them share targets.
    loaded: dict[tuple[int, int], Tensor] = {}

    def image(load: LoadImage, side: int) -> Tensor:
        key = (id(load), side)
        if key not in loaded:
            loaded[key] = load(side).to(device)
        return loaded[key]

    def load_scene(request: PaintingRequest, scale: float) -> Scene:
        side = part_of(size_px, scale)
        style_side = part_of(size_px, scale * recipe.style_scale)
        content = image(request.content, side)
        return Scene(
            content,
            [
                Style(
                    image(style.image, style_side),
                    style.weight,
                    None if style.mask is None else _mask(image(style.mask, side), content),
                )
                for style in request.styles
            ],
        )

    return load_scene


def optimise(
    encoder: MakeEncoder,
    recipe: Recipe,
    scenes: Callable[[float], Sequence[Scene]],
    *,
    dtype: torch.dtype,
    randomness: Sequence[Randomness],
    observers: Sequence[Observer],
) -> list[Painting]:
    """Paint some scenes of equal size by `recipe`, in one batch but independent of each other.

    `scenes` returns them at a fraction of their full size (1.0 is full); `encoder` makes an encoder of a dtype; `dtype`
    is that of most iterations. Raises Divergence if a loss is not finite at the start, ImageError for images that the
    recipe cannot use.
    """
    previous: Tensor | None = None
    coarse: list[list[Trajectory]] = [[] for _ in observers]
    for scale in recipe.coarse_scales:
        stage = _Stage(encoder, recipe, scenes(scale.scale), dtype, randomness)
        without_pictures = [Observer((), observer.report, observer.best) for observer in observers]
        trajectories = stage.trajectories(scale.iterations, without_pictures)
        previous = stage.images(stage.run(stage.start(previous), trajectories))
        for coarse_trajectories, trajectory in zip(coarse, trajectories, strict=True):
            coarse_trajectories.append(trajectory)
    stage = _Stage(encoder, recipe, scenes(1.0), dtype, randomness)
    trajectories = stage.trajectories(recipe.iterations, observers)
    outcomes = stage.run(stage.start(previous), trajectories)
    pictures = [stage.developer(row)(outcome.parameters) for row, outcome in enumerate(outcomes)]
    return [
        Painting(
            pictures[row],
            trajectories[row],
            outcome.stopped,
            _out_of_range_fraction(stage.parameterisation.decode(outcome.parameters)),
            coarse[row],
            stage.target_result(row, pictures[row]),
        )
        for row, outcome in enumerate(outcomes)
    ]


class _Stage:
    """The optimisation at one size."""

    def __init__(
        self,
        encoder: MakeEncoder,
        recipe: Recipe,
        scenes: Sequence[Scene],
        dtype: torch.dtype,
        randomness: Sequence[Randomness],
    ) -> None:
        self.recipe, self.scenes, self.randomness = recipe, scenes, randomness
        self.encoded_scenes = [_preserve_colours(recipe, scene) for scene in scenes]
        height, width = scenes[0].content.shape[2:]
        self.parameterisation = parameterisation_of(recipe, height, width)
        transformations = None
        if recipe.transforms:
            transformations = [
                Transformation(recipe.jitter_px, recipe.scaling, recipe.rotation_degrees, generators.transformations)
                for generators in randomness
            ]
        self.objective = Objective(encoder, recipe, self.encoded_scenes, dtype=dtype, transformations=transformations)
        self.problem = Problem(self.objective, self.parameterisation, self.objective.is_float32)

    def start(self, previous: Float[Tensor, "batch 3 _ _"] | None) -> Tensor:
        """The initial parameters: as the recipe says, or the enlarged pictures of the previous size."""
        contents = torch.cat([scene.content for scene in self.encoded_scenes])
        if previous is not None:
            size = (contents.shape[2], contents.shape[3])
            enlarged = F.interpolate(previous, size=size, mode="bicubic", align_corners=False, antialias=True)
            return self.parameterisation.encode(enlarged)
        if self.recipe.initialisation == "content":
            return self.parameterisation.encode(contents)
        noise = torch.cat(
            [
                self.parameterisation.noise(content, generators.start)
                for content, generators in zip(torch.split(contents, 1), self.randomness, strict=True)
            ]
        )
        if self.recipe.initialisation == "noise":
            return noise
        share = self.recipe.noise_share
        return share * noise + (1 - share) * self.parameterisation.encode(contents)

    def trajectories(self, iterations: int, observers: Sequence[Observer]) -> list[Trajectory]:
        """An empty trajectory for each row."""
        return [
            Trajectory(iterations, observer.keep, observer.report, self.developer(row), observer.best)
            for row, observer in enumerate(observers)
        ]

    def target_result(self, row: int, picture: UInt8[Tensor, "3 height width"]) -> TargetResult | None:
        """How near the picture is to the recipe's content target, None without one."""
        if self.recipe.content_target is None:
            return None
        return target_result(self.recipe.content_target, picture, eight_bit(self.scenes[row].content))

    def run(self, start: Tensor, trajectories: Sequence[Trajectory]) -> list[Outcome]:
        """Run the recipe's optimiser."""
        clamp = self.recipe.clamp and self.recipe.parameterisation == "pixel"
        if self.recipe.optimiser == "lbfgs":
            return minimise(self.problem, start, trajectories)
        if self.recipe.optimiser == "adam":
            rate = self.recipe.learning_rate
            return minimise_by_adam(self.problem, start, trajectories, learning_rate=rate, clamp=clamp)
        return minimise_unguarded(self.problem, start, trajectories, clamp=clamp, line_search=self.recipe.line_search)

    def images(self, outcomes: Sequence[Outcome]) -> Float[Tensor, "batch 3 height width"]:
        """The final pictures."""
        with torch.no_grad():
            return self.parameterisation.decode(torch.cat([outcome.parameters for outcome in outcomes]))

    def developer(self, row: int) -> Callable[[Tensor], UInt8[Tensor, "3 height width"]]:
        """A function from parameters of this row to the 8-bit picture, with the content's colours if they are kept."""

        def develop(parameters: Tensor) -> UInt8[Tensor, "3 height width"]:
            with torch.no_grad():
                image = self.parameterisation.decode(parameters)
                if self.recipe.colour_preservation == "luminance":
                    image = add_colours_of(self.scenes[row].content, image)
            return eight_bit(image)

        return develop


def _preserve_colours(recipe: Recipe, scene: Scene) -> Scene:
    """The scene as the network sees it, changed so that the picture keeps the content's colours."""
    if recipe.colour_preservation == "none":
        return scene
    change = match_luminance if recipe.colour_preservation == "luminance" else recolour
    styles = [Style(change(style.image, scene.content), style.weight, style.mask) for style in scene.styles]
    return Scene(luminance(scene.content) if recipe.colour_preservation == "luminance" else scene.content, styles)


def _mask(image: Tensor, content: Tensor) -> Float[Tensor, "1 1 height width"]:
    """The brightness of a mask, resized to the content's height and width."""
    size = (content.shape[2], content.shape[3])
    grey = image.mean(1, keepdim=True)
    return F.interpolate(grey, size=size, mode="bilinear", align_corners=False, antialias=True)


def _out_of_range_fraction(image: Tensor) -> float:
    return ((image < 0) | (image > 1)).any(dim=1).float().mean().item()
