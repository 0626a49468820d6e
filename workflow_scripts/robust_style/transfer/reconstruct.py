"""What a checkpoint has kept: the content rebuilt from single layers, the style from more and more of them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.compute.memory import within_memory
from robust_style.errors import ImageError
from robust_style.files.reconstruction_record import Part, Reconstructions
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import restore_network
from robust_style.transfer.features import Encoder
from robust_style.transfer.losses import Objective
from robust_style.transfer.optimise import Painting, Watch
from robust_style.transfer.paint import Order, Resized, paint, scenes_of
from robust_style.transfer.picture import read_picture, write_strip
from robust_style.transfer.recipe import Recipe
from robust_style.transfer.reconstruction_recipes import content_recipes, texture_recipes
from robust_style.transfer.stylize import check_labels, named, style_sources


def reconstruct(
    *,
    checkpoint: Path,
    images: Sequence[Path],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    strip: Path,
    record: Path,
    labels: Mapping[str, Any],
    layers: Sequence[str],
    iterations: int,
    size_px: int,
    seed: int,
    device: str,
    threads: int,
    precision: str,
) -> None:
    """Writes the reconstructions side by side as one PNG `strip`, and their layers and losses as JSON `record`.

    First the content from each of `layers`, then a texture from the layers up to each. `images` are prepared images,
    named as in `labels`, which say which checkpoint sees which `content` and `style` (an image or one of `blends`).
    Each has the optimiser's first and last loss, that of the picture as shown, and its distance from the content in
    pixels. Noise starts depend on `seed` and the two names only; equal inputs give equal bytes.

    Raises ConfigError for an unusable layer, size, device or precision; CheckpointError for a damaged or foreign
    checkpoint; ImageError for an unusable image; Divergence if a loss is not finite at the start.
    """
    make_deterministic(threads)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = restore_network(checkpoint)
    check_labels(checkpoint, header, labels)
    paths = {path.stem: path for path in images}

    @cache
    def source(name: str) -> Resized:
        return partial(read_picture, paths[name])

    content, style = labels["content"], labels["style"]
    order = Order(
        (content, style), seed, source(content), style_sources(style, blends, source), Watch((), lambda *_: None)
    )
    sight = _Sight(network, size_px, dtype_of(arithmetic), where)
    pictures: list[UInt8[Tensor, "3 height width"]] = []
    parts: dict[str, list[Part]] = {"content": [], "texture": []}
    with (
        named(f"{checkpoint} on {content}, {style}"),
        within_memory("reconstruction.size_px", size_px, "lower it, or set device: cpu"),
    ):
        for kind, recipes in (
            ("content", content_recipes(layers, iterations)),
            ("texture", texture_recipes(layers, iterations)),
        ):
            for recipe in recipes:
                painting = sight.painted(recipe, order)
                pictures.append(painting.picture)
                parts[kind].append(sight.part_of(painting, recipe, order))
                print(f"{kind} from {'+'.join(recipe.layers)} · loss {painting.course.total[-1]:.4g}", file=sys.stderr)
    write_strip(strip, pictures)
    height_px, width_px = pictures[0].shape[1:]
    Reconstructions(
        path=record,
        network=labels["network"],
        regime=labels["regime"],
        seed=labels["seed"],
        epoch=labels["epoch"],
        content_name=content,
        style_name=style,
        layers=tuple(layers),
        size_px=size_px,
        width_px=width_px,
        height_px=height_px,
        content=tuple(parts["content"]),
        texture=tuple(parts["texture"]),
        precision=arithmetic,
        threads=threads,
        device=where.type,
    ).save()


@dataclass(frozen=True)
class _Sight:
    """What looks, and how."""

    network: NormalisedNetwork
    size_px: int
    dtype: torch.dtype
    device: torch.device

    def painted(self, recipe: Recipe, order: Order) -> Painting:
        """The picture that the recipe leads to."""
        ((_, (painting,)),) = paint(
            self.network, recipe, [order], size_px=self.size_px, dtype=self.dtype, device=self.device
        )
        return painting

    def losses_of(self, picture: UInt8[Tensor, "3 height width"], recipe: Recipe, order: Order) -> tuple[float, float]:
        """The recipe's loss of a picture as it is shown, in float32; and how far its pixels are from the content's.

        The optimiser's last loss is that of pixels beyond black and white, of which there may be many. The distance
        of pixels is relative as that of the feature maps: 0 is the content, 1 an even picture of its mean colour.
        """
        scene = scenes_of(recipe, self.size_px, self.device)(order, 1.0)
        shown = picture.to(self.device, torch.float32).unsqueeze(0) / 255

        def encoder(kind: torch.dtype) -> Encoder:
            return Encoder(
                self.network,
                recipe.layers,
                pooling=recipe.pooling,
                padding=recipe.padding,
                dtype=kind,
                device=self.device,
            )

        with torch.no_grad():
            loss = float(Objective(encoder, recipe, [scene])(shown).total)
        structure = float((scene.content - scene.content.mean((2, 3), keepdim=True)).square().sum())
        if structure == 0:
            raise ImageError("content image: expected more than one plain colour, found one; choose another image")
        return loss, float((shown - scene.content).square().sum()) / structure

    def part_of(self, painting: Painting, recipe: Recipe, order: Order) -> Part:
        """The record of one reconstruction."""
        course = painting.course
        shown, pixels = self.losses_of(painting.picture, recipe, order)
        return Part(
            layers=tuple(recipe.layers),
            first_loss=course.total[0],
            last_loss=course.total[-1],
            shown_loss=shown,
            pixel_loss=pixels,
            iterations=course.last,
            worst_rise=course.worst_rise,
            stopped=painting.stopped,
            out_of_range_fraction=painting.out_of_range_fraction,
        )
