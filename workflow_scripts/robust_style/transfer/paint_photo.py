"""A photo painted by hand: any picture file in, a checkpoint, a recipe, one picture out."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.compute.memory import available_bytes
from robust_style.data.image_file import ImageContent, read_image, read_mask
from robust_style.errors import ConfigError, Divergence, ImageError
from robust_style.files.checkpoint import Checkpoint
from robust_style.model.painter import network_to_paint_with
from robust_style.signals import Interrupted, uninterruptible
from robust_style.transfer.animation import frame_iterations, write_animation
from robust_style.transfer.course import BestSoFar, Course
from robust_style.transfer.geometry import (
    MULTIPLE_PX,
    SMALLEST_PX,
    Box,
    central_box,
    check_mask_shape,
    painting_size,
    part_of,
    rounding_note,
    scaled_box,
)
from robust_style.transfer.optimise import Watch
from robust_style.transfer.paint import Order, Resized, StyleSource, paint
from robust_style.transfer.picture import resized
from robust_style.transfer.picture_file import QUALITY, as_text, write_painting
from robust_style.transfer.recipe import Recipe, recipe_from_settings
from robust_style.transfer.stand_ins import StandIns, recipe_for
from robust_style.workflow.resources import largest_size_px, painting_bytes

ANIMATION_PX = 320
ANIMATION_FRAMES = 24
# Names the random streams: the same for all pictures, so that noise depends on seed and size only and the frames of a
# film do not flicker.
_RANDOM_STREAM = ("picture",)
# Why an optimisation stopped.
_ENDED = {
    "iterations": "finished all",
    "converged": "converged after",
    "diverged": "diverged and kept the last usable picture after",
}
# What `stopped` says of a picture whose painting a signal ended.
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Sitting:
    """What one picture is painted of, and where to; `masks` has a file or None for each style.

    `output` is a name of `picture_endings`; `settings` are stored in the file.
    """

    content: Path
    styles: Sequence[Path]
    weights: Sequence[float]
    masks: Sequence[Path | None]
    output: Path
    animation: Path | None
    settings: Mapping[str, Any]


def paint_photo_file(
    sitting: Sitting,
    *,
    checkpoint: Path,
    recipe: Mapping[str, Any],
    stand_ins: StandIns,
    size_px: int,
    seed: int,
    device: str,
    threads: int,
    precision: str,
    quality: int = QUALITY,
    keep_alpha: bool = False,
    say: Callable[[str], None] = lambda note: print(note, file=sys.stderr),
) -> str:
    """Paints one picture, writes it, and returns a sentence about it. The same function as the rule `stylize`.

    The recipe's layers are those of the checkpoint's network that stand for them, its `layers_of` looked at. `say`
    gets a sentence on each conversion of an image. Contents and styles are cropped to the shape of the painting, never
    stretched, and masks are cropped as the content. With `keep_alpha` the picture has the content's transparency.

    Raises ConfigError for an unusable recipe, layer or size, or too little memory; CheckpointError, ImageError and
    Divergence as the rule does; nothing is written then. When Interrupted is raised on the way, the best picture so
    far is written, and the exception says where it is.
    """
    make_deterministic(threads)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = network_to_paint_with(checkpoint)
    settings = recipe_from_settings(recipe_for(recipe, header.architecture, stand_ins))
    shown = frame_iterations(settings.iterations, ANIMATION_FRAMES) if sitting.animation else ()
    content = read_image(sitting.content, keep_alpha=keep_alpha)
    styles = [_style_image(path, say) for path in sitting.styles]
    _refuse_beyond_memory(Image.fromarray(content.pixels), styles, size_px, header, settings, where)
    photo = _Photo.of(sitting.content, content, size_px, say, keep_alpha=keep_alpha)
    style_px = part_of(size_px, settings.style_scale)
    best = BestSoFar()
    progress = _Progress(sitting.content.name, settings.iterations)
    order = Order(
        _RANDOM_STREAM,
        seed,
        photo.source(),
        [
            StyleSource(_style_source(path, image, style_px), weight, photo.mask_source(mask, say) if mask else None)
            for path, image, weight, mask in zip(sitting.styles, styles, sitting.weights, sitting.masks, strict=True)
        ],
        Watch(shown, progress, best),
    )
    try:
        ((_, (painting,)),) = paint(
            network, settings, [order], size_px=size_px, dtype=dtype_of(arithmetic), device=where
        )
    except Divergence as error:
        raise Divergence(f"{sitting.content}: {error}") from None
    except Interrupted as interruption:
        interruption.kept = f"{sitting.content}: nothing was painted yet"
        if best.iterations:
            with uninterruptible():
                assert best.course is not None
                _write(sitting, photo, best.picture(), best.course, best.iterations, INTERRUPTED, quality)
            budget = settings.iterations + sum(scale.iterations for scale in settings.coarse_scales)
            interruption.kept = (
                f"{sitting.output}: the best picture so far, after {best.iterations} of {budget} iterations"
            )
        raise
    finally:
        progress.close()
    course = painting.course
    with uninterruptible():
        _write(sitting, photo, painting.picture, course, best.iterations, painting.stopped, quality)
    height, width = painting.picture.shape[1:]
    rise = f", rose {course.worst_rise:.3g}-fold on the way" if course.worst_rise > 1 else ""
    return (
        f"{sitting.output}: {width} x {height} px, loss {course.total[0]:.4g} -> {course.total[-1]:.4g} "
        f"({_ENDED[painting.stopped]} {course.last} iterations{rise})"
    )


def check_pictures(images: Sequence[Path], masks: Sequence[Path]) -> None:
    """Raises ImageError for the first file that cannot be used as a style or a mask."""
    for path in dict.fromkeys(images):
        read_image(path)
    for path in dict.fromkeys(masks):
        read_mask(path)


@dataclass(frozen=True)
class _Photo:
    """The content image; `box` is its part that is painted, `painted` width and height of the painting, px."""

    path: Path
    image: Image.Image
    alpha: Image.Image | None
    painted: tuple[int, int]
    box: Box

    @classmethod
    def of(
        cls, path: Path, content: ImageContent, size_px: int, say: Callable[[str], None], *, keep_alpha: bool
    ) -> "_Photo":
        for note in content.notes:
            say(note)
        if keep_alpha and content.alpha is None:
            say(f"{path}: opaque, so there is no transparency to keep")
        image = Image.fromarray(content.pixels)
        painted = painting_size(*image.size, size_px)
        note_on_size = rounding_note(*image.size, painted, is_cropped=True)
        if note_on_size is not None:
            say(f"{path}: {note_on_size}")
        alpha = None if content.alpha is None else Image.fromarray(content.alpha)
        return cls(path, image, alpha, painted, central_box(*image.size, painted))

    def source(self) -> Resized:
        # One box for all sizes: the coarse scales of a recipe show the same part.
        return partial(_resized, self.path, self.image, self.box)

    def mask_source(self, path: Path, say: Callable[[str], None]) -> Resized:
        content = read_mask(path)
        for note in content.notes:
            say(note)
        mask = Image.fromarray(content.pixels)
        try:
            check_mask_shape(mask.size, self.image.size)
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from None
        return partial(_resized, path, mask, scaled_box(self.box, self.image.size, mask.size))

    def painted_alpha(self) -> Image.Image | None:
        """The transparency at the size of the painting."""
        return self.alpha and self.alpha.resize(self.painted, Image.Resampling.LANCZOS, self.box)


def _style_image(path: Path, say: Callable[[str], None]) -> Image.Image:
    content = read_image(path)
    for note in content.notes:
        say(note)
    return Image.fromarray(content.pixels)


def _style_source(path: Path, image: Image.Image, size_px: int) -> Resized:
    return partial(_resized, path, image, central_box(*image.size, painting_size(*image.size, size_px)))


def _resized(path: Path, image: Image.Image, box: Box, size_px: int) -> Tensor:
    return resized(path, image, size_px, box)


def _write(
    sitting: Sitting,
    photo: _Photo,
    picture: UInt8[Tensor, "3 height width"],
    course: Course,
    iterations: int,
    stopped: str,
    quality: int,
) -> None:
    """Writes the picture, and the animation that ends with it, both with settings and result."""
    record = {"settings": sitting.settings, "result": {"iterations": iterations, "stopped": stopped}}
    write_painting(sitting.output, picture, record, quality, photo.painted_alpha())
    if sitting.animation:
        before = [course.pictures[number] for number in sorted(course.pictures) if number < course.last]
        write_animation(sitting.animation, [*before, picture], ANIMATION_PX, as_text(record))


def _refuse_beyond_memory(
    content: Image.Image,
    styles: Sequence[Image.Image],
    size_px: int,
    header: Checkpoint,
    recipe: Recipe,
    device: torch.device,
) -> None:
    """Raises ConfigError, with the largest size that fits, where the estimate is above what is available."""
    constant, growing = painting_bytes(
        size_px**2 * _aspect(content),
        (size_px * recipe.style_scale) ** 2 * max(map(_aspect, styles)),
        architecture=header.architecture,
        width=header.width,
        optimiser=recipe.optimiser,
    )
    available = available_bytes(device)
    if available is None or constant + growing <= available:
        return
    largest = largest_size_px(size_px, constant, growing, available, MULTIPLE_PX)
    fits = f"--size {largest} fits" if largest and largest >= SMALLEST_PX else "no size fits; free some memory"
    raise ConfigError(
        f"--size {size_px}: needs about {(constant + growing) / 1e9:,.1f} GB of memory, available are "
        f"{available / 1e9:,.1f} GB on the {'GPU' if device.type == 'cuda' else 'CPU'}; {fits}"
    )


def _aspect(image: Image.Image) -> float:
    return max(image.size) / min(image.size)


class _Progress:
    """A bar with loss and time left where somebody watches, a line now and then elsewhere."""

    def __init__(self, name: str, iterations: int) -> None:
        self.name, self.iterations = name, iterations
        watched = sys.stderr.isatty()
        self.bar: Any = tqdm(total=iterations, desc=name, unit="iteration", leave=False) if watched else None

    def __call__(self, iteration: int, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update(iteration - self.bar.n)
        elif iteration % 50 == 0 or iteration == self.iterations:
            print(f"{self.name} · iteration {iteration}/{self.iterations} · loss {loss:.4g}", file=sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
