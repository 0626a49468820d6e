"""One network paints some pictures: from images in memory to paintings, as many at once as have one size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.compute.randomness import stream
from robust_style.model.network import NormalisedNetwork
from robust_style.transfer.features import Encoder
from robust_style.transfer.geometry import part_of
from robust_style.transfer.optimise import Painting, Randomness, Watch, optimise
from robust_style.transfer.recipe import Recipe
from robust_style.transfer.scene import Scene, Style

# Gives an image with its shorter side at so many px, 1 x 3 x height x width in [0, 1].
Resized = Callable[[int], Float[Tensor, "1 3 _ _"]]


@dataclass(frozen=True)
class StyleSource:
    """A style image at any size, its weight, and a mask of the picture (white where it is wanted), if there is one."""

    image: Resized
    weight: float = 1.0
    mask: Resized | None = None


@dataclass(frozen=True)
class Order:
    """One picture to be painted. `name` and `seed` decide its chance: the same for every network, epoch and recipe."""

    name: tuple[str, ...]
    seed: int
    content: Resized
    styles: Sequence[StyleSource]
    watch: Watch


def paint(
    network: NormalisedNetwork,
    recipe: Recipe,
    orders: Sequence[Order],
    *,
    size_px: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Iterator[tuple[Sequence[int], list[Painting]]]:
    """Paints all `orders`, those of equal size and equally many regions together; gives the numbers of each group.

    `dtype` is that of the feature maps; losses are at least float32, and so are the last iterations of `lbfgs`.
    Raises ConfigError for a layer that the network has not, ImageError and Divergence as `optimise` does.
    """

    def encoder(kind: torch.dtype) -> Encoder:
        return Encoder(
            network, recipe.layers, pooling=recipe.pooling, padding=recipe.padding, dtype=kind, device=device
        )

    scene = scenes_of(recipe, size_px, device)
    groups: dict[object, list[int]] = {}
    for number, order in enumerate(orders):
        whole = scene(order, 1.0)
        groups.setdefault((whole.content.shape, len(whole.regions)), []).append(number)
    for numbers in groups.values():
        group = [orders[number] for number in numbers]
        paintings = optimise(
            encoder,
            recipe,
            lambda scale, group=group: [scene(order, scale) for order in group],  # type: ignore[misc]
            dtype=dtype,
            randomness=[
                Randomness(stream(order.seed, "noise", *order.name), stream(order.seed, "transformations", *order.name))
                for order in group
            ],
            watch=[order.watch for order in group],
        )
        yield numbers, paintings


def scenes_of(recipe: Recipe, size_px: int, device: torch.device) -> Callable[[Order, float], Scene]:
    """A function that gives the scene of an order at a part of its full size (1.0 is full)."""
    # pairs of one job share images, and equal tensors share their targets
    kept: dict[tuple[int, int], Tensor] = {}

    def image(source: Resized, side: int) -> Tensor:
        key = (id(source), side)
        if key not in kept:
            kept[key] = source(side).to(device)
        return kept[key]

    def scene(order: Order, scale: float) -> Scene:
        side = part_of(size_px, scale)
        style_side = part_of(size_px, scale * recipe.style_scale)
        content = image(order.content, side)
        return Scene(
            content,
            [
                Style(
                    image(style.image, style_side),
                    style.weight,
                    None if style.mask is None else _mask(image(style.mask, side), content),
                )
                for style in order.styles
            ],
        )

    return scene


def _mask(image: Tensor, content: Tensor) -> Float[Tensor, "1 1 height width"]:
    """The brightness of a mask, brought to the content's height and width."""
    size = (content.shape[2], content.shape[3])
    grey = image.mean(1, keepdim=True)
    return torch.nn.functional.interpolate(grey, size=size, mode="bilinear", align_corners=False, antialias=True)
