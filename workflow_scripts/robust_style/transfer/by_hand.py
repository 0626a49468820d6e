"""A photo painted by hand: any picture file in, a checkpoint, a recipe, one picture out."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor
from tqdm import tqdm

from robust_style.data.image_file import read_image, read_mask
from robust_style.errors import ConfigError, ImageError
from robust_style.model.restore import restore_network
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.precision import choose_precision, dtype_of
from robust_style.transfer.animation import frame_evaluations, write_animation
from robust_style.transfer.geometry import (
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
from robust_style.transfer.picture import ALPHA_SUFFIXES, resized, write_picture
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.stand_ins import StandIns, recipe_for

ANIMATION_PX = 320
ANIMATION_FRAMES = 24


@dataclass(frozen=True)
class Sitting:
    """What one picture is painted of, and where to; `masks` has a file or None for each style."""

    content: Path
    styles: Sequence[Path]
    weights: Sequence[float]
    masks: Sequence[Path | None]
    output: Path
    animation: Path | None


def paint_by_hand(
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
    keep_alpha: bool = False,
    say: Callable[[str], None] = lambda note: print(note, file=sys.stderr),
) -> str:
    """Paints one picture and writes it; gives what there is to say of it. The same function as the rule `stylize`.

    The recipe's layers are those of the checkpoint's network that stand for them, its `layers_of` looked at.
    Pictures may be of any format and mode that the catalogue takes; `say` gets a sentence on each conversion of one.
    Contents and styles are cropped to the shape of the painting, never stretched, and masks are cropped as the content.
    With `keep_alpha` the picture has the content's transparency. Raises ConfigError for an unusable recipe, layer,
    size or output, CheckpointError, ImageError and Divergence as the rule does; nothing is written then.
    """
    if keep_alpha and sitting.output.suffix.lower() not in ALPHA_SUFFIXES:
        raise ConfigError(
            f"--keep-alpha: expected an output with one of {', '.join(ALPHA_SUFFIXES)}, which store transparency, "
            f"found {sitting.output}; choose another --output"
        )
    inputs = [sitting.content, *sitting.styles, *(mask for mask in sitting.masks if mask is not None)]
    if sitting.output.resolve() in [path.resolve() for path in inputs]:
        raise ConfigError(f"{sitting.output}: expected a new file, found one of the pictures; choose another --output")
    make_deterministic(threads)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = restore_network(checkpoint)
    settings = recipe_from_settings(recipe_for(recipe, header.architecture, stand_ins))
    shown = frame_evaluations(settings.evaluations, ANIMATION_FRAMES) if sitting.animation else ()
    progress = _Progress(sitting.content.name, settings.evaluations)
    photo = _Photo.read(sitting.content, size_px, say, keep_alpha=keep_alpha)
    style_px = part_of(size_px, settings.style_scale)
    order = Order(
        (sitting.content.stem, *(style.stem for style in sitting.styles)),
        seed,
        photo.source(),
        [
            StyleSource(_style_source(style, style_px, say), weight, photo.mask_source(mask, say) if mask else None)
            for style, weight, mask in zip(sitting.styles, sitting.weights, sitting.masks, strict=True)
        ],
        Watch(shown, progress),
    )
    try:
        ((_, (painting,)),) = paint(
            network, settings, [order], size_px=size_px, dtype=dtype_of(arithmetic), device=where
        )
    finally:
        progress.close()
    sitting.output.parent.mkdir(parents=True, exist_ok=True)
    write_picture(sitting.output, painting.picture, photo.painted_alpha())
    course = painting.course
    if sitting.animation:
        frames = dict.fromkeys(min(evaluation, course.last) for evaluation in shown)
        sitting.animation.parent.mkdir(parents=True, exist_ok=True)
        write_animation(sitting.animation, [course.picture_at(evaluation) for evaluation in frames], ANIMATION_PX)
    height, width = painting.picture.shape[1:]
    rise = f", rose {course.worst_rise:.3g}-fold on the way" if course.worst_rise > 1 else ""
    return (
        f"{sitting.output}: {width} x {height} px, loss {course.total[0]:.4g} -> {course.total[-1]:.4g} "
        f"in {course.last} evaluations ({painting.stopped}{rise})"
    )


@dataclass(frozen=True)
class _Photo:
    """The content image; `box` is its part that is painted, `painted` width and height of the painting, px."""

    path: Path
    image: Image.Image
    alpha: Image.Image | None
    painted: tuple[int, int]
    box: Box

    @classmethod
    def read(cls, path: Path, size_px: int, say: Callable[[str], None], *, keep_alpha: bool) -> "_Photo":
        content = read_image(path, keep_alpha=keep_alpha)
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


def _style_source(path: Path, size_px: int, say: Callable[[str], None]) -> Resized:
    content = read_image(path)
    for note in content.notes:
        say(note)
    image = Image.fromarray(content.pixels)
    return partial(_resized, path, image, central_box(*image.size, painting_size(*image.size, size_px)))


def _resized(path: Path, image: Image.Image, box: Box, size_px: int) -> Tensor:
    return resized(path, image, size_px, box)


class _Progress:
    """A bar with loss and time left where somebody watches, a line now and then elsewhere."""

    def __init__(self, name: str, evaluations: int) -> None:
        self.name, self.evaluations = name, evaluations
        watched = sys.stderr.isatty()
        self.bar: Any = tqdm(total=evaluations, desc=name, unit="evaluation", leave=False) if watched else None

    def __call__(self, evaluation: int, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update(evaluation - self.bar.n)
        elif evaluation % 50 == 0 or evaluation == self.evaluations:
            print(f"{self.name} · evaluation {evaluation}/{self.evaluations} · loss {loss:.4g}", file=sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
