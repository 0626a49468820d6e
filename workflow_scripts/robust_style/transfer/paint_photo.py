"""Paint a photo: images, a painter and a recipe in, a picture out. The command, the app and Python use `paint`."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from robust_style.compute.determinism import deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.compute.memory import available_bytes, within_memory
from robust_style.data.image_file import ImageContent, read_image, read_mask
from robust_style.errors import ConfigError, Divergence, ImageError
from robust_style.files.destination import typed_path
from robust_style.messages import quoted
from robust_style.transfer import optimise
from robust_style.transfer.geometry import (
    MULTIPLE_PX,
    SMALLEST_PX,
    Box,
    central_box,
    check_mask_shape,
    nearest_size,
    painting_size,
    part_of,
    rounding_note,
    scaled_box,
)
from robust_style.transfer.input_image import resized
from robust_style.transfer.optimise import LoadImage, Observer, PaintingRequest, StyleSource
from robust_style.transfer.optimisers.trajectory import BestSoFar
from robust_style.transfer.painter import Painter
from robust_style.transfer.picture_file import as_image
from robust_style.transfer.recipe import Recipe, precision_of, recipe_from_settings
from robust_style.transfer.stand_ins import read_stand_ins, recipe_for
from robust_style.workflow.resources import largest_size_px, painting_bytes
from robust_style.workflow.schema import (
    CONFIG,
    built_in_recipes,
    fill_defaults,
    nearest,
    schema_errors,
    unknown_key,
    with_numbers,
)

# The key of the result in the `info` of a picture.
RESULT = "robust_style"
# An image file, an image of Pillow, or a tensor (3 x height x width in [0, 1]).
Picture = str | Path | Image.Image | Tensor
# The random streams of all pictures have the same name: noise depends on seed and size only, and the frames of a video
# do not flicker.
_RANDOM_STREAM = ("picture",)


@dataclass(frozen=True)
class Progress:
    """The state of a painting at one iteration; iteration 0 is the start. `iterations` is their number over all sizes.

    `loss` is the total loss. The start of each size of a coarse-to-fine recipe is reported too, with the number of
    iterations so far. A picture is made only when a method is called, and has the present size.
    """

    iteration: int
    iterations: int
    loss: float
    _best: BestSoFar
    _finish: Callable[[UInt8[Tensor, "3 height width"]], Image.Image]

    def picture(self) -> Image.Image:
        """The picture of this iteration."""
        return self._finish(self._best.latest_picture())

    def best_picture(self) -> Image.Image:
        """The picture of the smallest loss at the present size so far."""
        return self._finish(self._best.picture())


def paint(
    photo: Picture,
    paintings: Picture | Sequence[Picture],
    painter: Painter,
    *,
    recipe: str = "painterly",
    settings: Mapping[str, Any] | None = None,
    size_px: int = 512,
    seed: int = 0,
    weights: Sequence[float] | None = None,
    masks: Sequence[Picture | None] | None = None,
    keep_alpha: bool = False,
    device: str = "auto",
    threads: int | None = None,
    callback: Callable[[Progress], None] | None = None,
    say: Callable[[str], None] | None = None,
) -> Image.Image:
    """Paint `photo` in the style of `paintings` and return the picture: RGB, 8 bit, sRGB.

    Each image is a path, an image of Pillow, or a tensor (3 x height x width in [0, 1]). Its orientation and colour
    profile are applied; transparency is composed on white, or kept with `keep_alpha` (the picture then is RGBA).
    Several paintings are one style, with `weights` (default: equal). `masks` has an image or None for each painting,
    white where its style is wanted, in the shape of the photo.

    `recipe` is the name of a built-in recipe, `settings` changes its keys (config/README.md, `transfer.recipes`); with
    `iterations` alone, those of its coarse scales change in proportion. `size_px` is the shorter side, 32 or more,
    rounded to a multiple of 16; the photo is cropped centrally by the few pixels that do not fit. `device` is auto,
    cpu, cuda, cuda:N or mps (experimental); `threads` is the number of CPU threads (default: torch's).

    `callback` is called at each iteration; an exception in it ends the painting. `say` is called with a sentence for
    each conversion of an image. `info["robust_style"]` of the picture has `iterations` (over all sizes), `stopped`
    (iterations, converged or diverged), the `loss` at start and end at the full size, `worst_rise` of the loss, and
    `target`: a sentence for recipes with a content target, else None.

    Equal arguments give the same picture on the same machine (on mps: not promised). Raises ConfigError for an unknown
    recipe, setting, layer or device, an unusable size, or too little memory; ImageError for an unusable image;
    Divergence if the loss is not finite at the start.
    """
    say = say or (lambda note: None)
    chosen = recipe_from_settings(
        recipe_for(
            recipe_settings(recipe, settings or {}), painter.architecture, read_stand_ins(CONFIG / "layers.yaml")
        )
    )
    if size_px < SMALLEST_PX:
        raise ConfigError(f"size: expected {SMALLEST_PX} px or more, found {size_px}")
    if nearest_size(size_px) != size_px:
        say(f"size {size_px}: painted at {nearest_size(size_px)} px, the nearest multiple of {MULTIPLE_PX} px")
        size_px = nearest_size(size_px)
    where = choose_device(device)
    sources = [paintings] if isinstance(paintings, Picture) else list(paintings)
    weights = [1.0] * len(sources) if weights is None else weights
    masks = [None] * len(sources) if masks is None else masks
    if not sources or not len(sources) == len(weights) == len(masks):
        raise ConfigError(
            f"expected at least one painting, with one weight and one mask for each; found {len(sources)} paintings, "
            f"{len(weights)} weights and {len(masks)} masks"
        )
    if not all(0 < weight < math.inf for weight in weights):
        raise ConfigError(f"weights: expected finite numbers above 0, found {list(weights)}")
    content = _read(photo, "photo", say, keep_alpha=keep_alpha)
    names = [_name(image, f"painting {number}") for number, image in enumerate(sources, 1)]
    styles = [Image.fromarray(_read(image, name, say).pixels) for image, name in zip(sources, names, strict=True)]
    _refuse_beyond_memory(Image.fromarray(content.pixels), styles, size_px, painter, chosen, where)
    subject = _Photo.of(_name(photo, "photo"), content, size_px, say, keep_alpha=keep_alpha)
    style_px = part_of(size_px, chosen.style_scale)
    best = BestSoFar()
    iterations = chosen.iterations + sum(scale.iterations for scale in chosen.coarse_scales)

    def report(_: int, loss: float) -> None:
        if callback is not None:
            callback(Progress(best.iterations, iterations, loss, best, subject.finish))

    request = PaintingRequest(
        _RANDOM_STREAM,
        seed,
        subject.source(),
        [
            StyleSource(
                _style_source(name, image, style_px), weight, None if mask is None else subject.mask_source(mask, say)
            )
            for name, image, weight, mask in zip(names, styles, weights, masks, strict=True)
        ],
        Observer((), report, best),
    )
    dtype = dtype_of(choose_precision(precision_of(chosen, "auto"), where))
    with within_memory("size", size_px, "choose a smaller size"), deterministic(threads):
        if where.type == "mps":
            # Which operations are deterministic there is not known.
            torch.set_deterministic_debug_mode("default")
        try:
            painted = optimise.paint(painter.network, chosen, [request], size_px=size_px, dtype=dtype, device=where)
            ((_, (painting,)),) = painted
        except Divergence as error:
            raise Divergence(f"{subject.name}: {error}") from None
    picture = subject.finish(painting.picture)
    picture.info[RESULT] = {
        "iterations": best.iterations,
        "stopped": painting.stopped,
        "loss": (painting.trajectory.total[0], painting.trajectory.total[-1]),
        "worst_rise": painting.trajectory.worst_rise,
        "target": painting.target and painting.target.words,
    }
    return picture


def recipe_settings(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The complete settings of the built-in recipe `name` with `changes`. Text that spells a number becomes a number.

    With `iterations` and without `coarse_scales` among the changes, the iterations of the coarse scales change in
    proportion. Raises ConfigError for an unknown recipe or key, and for a value that the schema does not allow.
    """
    recipes = built_in_recipes(CONFIG / "recipes.yaml")
    if name not in recipes:
        hint = "; it is called original now" if name == "seed" else nearest(name, recipes)
        raise ConfigError(f"there is no recipe {quoted(name)}{hint}")
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    block = schema["properties"]["transfer"]["properties"]["recipes"]["additionalProperties"]
    known = {key: part for key, part in block["properties"].items() if key != "based_on"}
    settings = dict(recipes[name])
    fill_defaults(settings, block)
    read: dict[str, Any] = {}
    for key, value in changes.items():
        if key not in known:
            raise ConfigError(f"setting {quoted(key)}: {unknown_key(f'transfer.recipes.any.{key}', known)}")
        part = {"type": "object", "properties": {key: known[key]}, "$defs": schema["$defs"]}
        read |= with_numbers({key: value}, part, schema)
        for error in schema_errors({key: read[key]}, part):
            raise ConfigError(f"setting {error}; {known[key]['description']}")
    if "iterations" in read and "coarse_scales" not in read:
        ratio = read["iterations"] / settings["iterations"]
        settings["coarse_scales"] = [
            scale | {"iterations": max(1, round(scale["iterations"] * ratio))} for scale in settings["coarse_scales"]
        ]
    # Only the workflow writes snapshots.
    return settings | read | {"snapshots": [0]}


@dataclass(frozen=True)
class _Photo:
    """The content image; `box` is the part that is painted."""

    name: str
    image: Image.Image
    alpha: Image.Image | None
    box: Box

    @classmethod
    def of(
        cls, name: str, content: ImageContent, size_px: int, say: Callable[[str], None], *, keep_alpha: bool
    ) -> "_Photo":
        if keep_alpha and content.alpha is None:
            say(f"{name}: opaque, so there is no transparency to keep")
        image = Image.fromarray(content.pixels)
        painted = painting_size(*image.size, size_px)
        note_on_size = rounding_note(*image.size, painted, is_cropped=True)
        if note_on_size is not None:
            say(f"{name}: {note_on_size}")
        alpha = None if content.alpha is None else Image.fromarray(content.alpha)
        return cls(name, image, alpha, central_box(*image.size, painted))

    def source(self) -> LoadImage:
        # One box for all sizes, so that the coarse scales of a recipe show the same part.
        return partial(_resized, self.name, self.image, self.box)

    def mask_source(self, mask: Picture, say: Callable[[str], None]) -> LoadImage:
        name = _name(mask, "mask")
        is_file = isinstance(mask, str | Path)
        content = read_mask(typed_path(str(mask))) if is_file else _read(mask, name, say)
        for note in content.notes if is_file else ():
            say(note)
        image = Image.fromarray(content.pixels)
        try:
            check_mask_shape(image.size, self.image.size)
        except ImageError as error:
            raise ImageError(f"{name}: {error}") from None
        return partial(_resized, name, image, scaled_box(self.box, self.image.size, image.size))

    def finish(self, pixels: UInt8[Tensor, "3 height width"]) -> Image.Image:
        """The picture, with the photo's transparency if that is kept."""
        picture = as_image(pixels)
        if self.alpha is not None:
            picture.putalpha(self.alpha.resize(picture.size, Image.Resampling.LANCZOS, self.box))
        return picture


def _name(picture: Picture, role: str) -> str:
    return str(typed_path(str(picture))) if isinstance(picture, str | Path) else role


def _read(picture: Picture, role: str, say: Callable[[str], None], *, keep_alpha: bool = False) -> ImageContent:
    image = _tensor_image(picture, role) if isinstance(picture, Tensor) else picture
    held = image if isinstance(image, Image.Image) else None
    content = read_image(Path(_name(picture, role)), keep_alpha=keep_alpha, picture=held)
    for note in content.notes:
        say(note)
    return content


def _tensor_image(tensor: Tensor, role: str) -> Image.Image:
    is_picture = tensor.dim() == 3 and tensor.shape[0] == 3 and tensor.is_floating_point()
    if not is_picture or not tensor.numel() or not bool(((tensor >= 0) & (tensor <= 1)).all()):
        raise ImageError(
            f"{role}: expected a floating-point tensor of 3 x height x width with values from 0 to 1, found "
            f"{tensor.dtype} of {tuple(tensor.shape)}{' with other values' if is_picture else ''}"
        )
    return as_image(tensor.detach().float().mul(255).round().to("cpu", torch.uint8))


def _style_source(name: str, image: Image.Image, size_px: int) -> LoadImage:
    return partial(_resized, name, image, central_box(*image.size, painting_size(*image.size, size_px)))


def _resized(name: str, image: Image.Image, box: Box, size_px: int) -> Tensor:
    return resized(name, image, size_px, box)


def _refuse_beyond_memory(
    content: Image.Image,
    styles: Sequence[Image.Image],
    size_px: int,
    painter: Painter,
    recipe: Recipe,
    device: torch.device,
) -> None:
    """Raise ConfigError, with the largest size that fits, if the estimated memory is not available."""
    constant, growing = painting_bytes(
        size_px**2 * _aspect(content),
        (size_px * recipe.style_scale) ** 2 * max(map(_aspect, styles)),
        architecture=painter.architecture,
        width=painter.width,
        optimiser=recipe.optimiser,
    )
    available = available_bytes(device)
    if available is None or constant + growing <= available:
        return
    largest = largest_size_px(size_px, constant, growing, available, MULTIPLE_PX)
    fits = f"size {largest} fits" if largest and largest >= SMALLEST_PX else "no size fits; free some memory"
    raise ConfigError(
        f"size {size_px}: needs about {(constant + growing) / 1e9:,.1f} GB of memory, available are "
        f"{available / 1e9:,.1f} GB on the {'GPU' if device.type == 'cuda' else 'CPU'}; {fits}"
    )


def _aspect(image: Image.Image) -> float:
    return max(image.size) / min(image.size)
