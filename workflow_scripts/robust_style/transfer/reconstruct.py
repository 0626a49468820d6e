"""What the layers of a checkpoint retain: content reconstructed from single layers, style from more and more layers."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from robust_style.transfer.input_image import read_picture
from robust_style.transfer.losses import Objective
from robust_style.transfer.optimise import (
    LoadImage,
    Observer,
    Painting,
    PaintingRequest,
    encoders_of,
    paint,
    scene_loader,
)
from robust_style.transfer.picture_file import write_strip
from robust_style.transfer.recipe import Recipe
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
    """Write the reconstructions side by side as one PNG `strip`, and their layers and losses as JSON `record`.

    First the content from each of `layers`, then a texture from the layers up to each. `images` are prepared images
    with the names used in `labels`: `content`, and `style` (an image or one of `blends`). The record has the
    optimiser's first and last loss, the loss of the 8-bit picture, and its distance from the content in pixels. Noise
    starts depend on `seed` and the two names only; equal inputs give equal bytes.

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
    def source(name: str) -> LoadImage:
        return partial(read_picture, paths[name])

    content, style = labels["content"], labels["style"]
    request = PaintingRequest(
        (content, style), seed, source(content), style_sources(style, blends, source), Observer((), lambda *_: None)
    )
    reconstruction = _Reconstruction(network, request, size_px, dtype_of(arithmetic), where)
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
                painting = reconstruction.paint(recipe)
                pictures.append(painting.picture)
                parts[kind].append(reconstruction.part_of(painting, recipe))
                loss = painting.trajectory.total[-1]
                print(f"{kind} from {'+'.join(recipe.layers)} · loss {loss:.4g}", file=sys.stderr)
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


def content_recipes(layers: Sequence[str], iterations: int) -> list[Recipe]:
    """The content from each layer alone. Source: Gatys et al. 2016, figure 1, content reconstructions.

    Differs from it: the loss is relative to the layer's spatial variance, so that layers and networks are comparable.
    """
    return [replace(_base_recipe(layers, iterations), content_layers=(layer,), style_weight=0.0) for layer in layers]


def texture_recipes(layers: Sequence[str], iterations: int) -> list[Recipe]:
    """The style from the layers up to each: a, a + b, a + b + c. Source: Gatys et al. 2016, figure 1, style.

    Differs from it: the loss is relative to the content's distance to the style, averaged over the layers.
    """
    return [
        replace(_base_recipe(layers, iterations), style_layers=tuple(layers[:count]), content_weight=0.0)
        for count in range(1, len(layers) + 1)
    ]


def _base_recipe(layers: Sequence[str], iterations: int) -> Recipe:
    return Recipe(
        style_layers=tuple(layers),
        content_layers=tuple(layers),
        style_layer_weights=None,
        style_weight=1.0,
        content_weight=1.0,
        total_variation_weight=0.0,
        style_statistics="gram",
        gram_normalisation="elements",
        loss_normalisation="relative",
        distance="squared",
        activation_smoothing="none",
        pooling="average",
        padding="zeros",
        optimiser="lbfgs",
        learning_rate=1.0,
        clamp=False,
        line_search="none",
        initialisation="noise",
        noise_share=1.0,
        parameterisation="pixel",
        jitter_px=0,
        scaling=0.0,
        rotation_degrees=0.0,
        colour_preservation="none",
        style_scale=1.0,
        coarse_scales=(),
        precision="auto",
        content_target=None,
        iterations=iterations,
        snapshots=(iterations,),
    )


@dataclass(frozen=True)
class _Reconstruction:
    """A network and a pair of images, to be reconstructed by several recipes."""

    network: NormalisedNetwork
    request: PaintingRequest
    size_px: int
    dtype: torch.dtype
    device: torch.device

    def paint(self, recipe: Recipe) -> Painting:
        ((_, (painting,)),) = paint(
            self.network, recipe, [self.request], size_px=self.size_px, dtype=self.dtype, device=self.device
        )
        return painting

    def part_of(self, painting: Painting, recipe: Recipe) -> Part:
        """The record of one reconstruction."""
        trajectory = painting.trajectory
        picture_loss, pixel_loss = self._losses_of(painting.picture, recipe)
        return Part(
            layers=tuple(recipe.layers),
            first_loss=trajectory.total[0],
            last_loss=trajectory.total[-1],
            shown_loss=picture_loss,
            pixel_loss=pixel_loss,
            iterations=trajectory.last,
            worst_rise=trajectory.worst_rise,
            stopped=painting.stopped,
            out_of_range_fraction=painting.out_of_range_fraction,
        )

    def _losses_of(self, picture: UInt8[Tensor, "3 height width"], recipe: Recipe) -> tuple[float, float]:
        """The recipe's loss of an 8-bit picture, in float32, and the distance of its pixels from the content's.

        The optimiser's last loss includes pixels outside [0, 1], which may be many. The distance of pixels is relative,
        as that of feature maps: 0 for the content, 1 for a plain picture of its mean colour.
        """
        scene = scene_loader(recipe, self.size_px, self.device)(self.request, 1.0)
        pixels = picture.to(self.device, torch.float32).unsqueeze(0) / 255
        encoder = encoders_of(self.network, recipe, self.device)
        with torch.no_grad():
            loss = float(Objective(encoder, recipe, [scene])(pixels).total)
        structure = float((scene.content - scene.content.mean((2, 3), keepdim=True)).square().sum())
        if structure == 0:
            raise ImageError("content image: expected more than one plain colour, found one; choose another image")
        return loss, float((pixels - scene.content).square().sum()) / structure
