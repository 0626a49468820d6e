"""A photo painted by hand: any picture file in, a checkpoint, a recipe, one picture out."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from tqdm import tqdm

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.data.image_file import read_image
from robust_style.errors import ConfigError, ImageError
from robust_style.model.painter import network_to_paint_with
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.device_memory import available_bytes
from robust_style.provenance.precision import choose_precision, dtype_of
from robust_style.transfer.animation import frame_evaluations, write_animation
from robust_style.transfer.geometry import MULTIPLE_PX, SMALLEST_PX
from robust_style.transfer.optimise import Watch
from robust_style.transfer.paint import Order, StyleSource, paint
from robust_style.transfer.picture import resized, write_picture
from robust_style.transfer.recipe import Recipe, recipe_from_settings
from robust_style.transfer.stand_ins import StandIns, recipe_for
from robust_style.workflow.memory import largest_size_px, painting_bytes

ANIMATION_PX = 320
ANIMATION_FRAMES = 24
# Names the random streams: the same for all pictures, so that noise depends on seed and size only and the frames of a
# film do not flicker.
_RANDOM_STREAM = ("picture",)
# Why an optimisation stopped, after how many iterations.
_ENDED = {
    "evaluations": "finished all {} iterations",
    "converged": "converged after {} iterations",
    "diverged": "diverged after {} iterations, the last usable picture is kept",
}


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
) -> str:
    """Paints one picture and writes it; gives what there is to say of it. The same function as the rule `stylize`.

    The recipe's layers are those of the checkpoint's network that stand for them, its `layers_of` looked at.
    Pictures may be of any format and mode that the catalogue takes. Raises ConfigError for an unusable recipe, layer,
    size or output, or too little memory; CheckpointError, ImageError and Divergence as the rule does. Nothing is
    written then.
    """
    inputs = [sitting.content, *sitting.styles, *(mask for mask in sitting.masks if mask is not None)]
    if sitting.output.resolve() in [path.resolve() for path in inputs]:
        raise ConfigError(f"{sitting.output}: expected a new file, found one of the pictures; choose another --output")
    make_deterministic(threads)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = network_to_paint_with(checkpoint)
    settings = recipe_from_settings(recipe_for(recipe, header.architecture, stand_ins))
    shown = frame_evaluations(settings.evaluations, ANIMATION_FRAMES) if sitting.animation else ()
    content, *styles = [_image(path) for path in (sitting.content, *sitting.styles)]
    masks = [None if path is None else partial(resized, path, _mask_image(path)) for path in sitting.masks]
    _refuse_beyond_memory(content, styles, size_px, header, settings, where)
    progress = _Progress(sitting.content.name, settings.evaluations)
    order = Order(
        _RANDOM_STREAM,
        seed,
        partial(resized, sitting.content, content),
        [
            StyleSource(partial(resized, path, style), weight, mask)
            for path, style, weight, mask in zip(sitting.styles, styles, sitting.weights, masks, strict=True)
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
    write_picture(sitting.output, painting.picture)
    course = painting.course
    if sitting.animation:
        frames = dict.fromkeys(min(evaluation, course.last) for evaluation in shown)
        sitting.animation.parent.mkdir(parents=True, exist_ok=True)
        write_animation(sitting.animation, [course.picture_at(evaluation) for evaluation in frames], ANIMATION_PX)
    height, width = painting.picture.shape[1:]
    rise = f", rose {course.worst_rise:.3g}-fold on the way" if course.worst_rise > 1 else ""
    return (
        f"{sitting.output}: {width} x {height} px, loss {course.total[0]:.4g} -> {course.total[-1]:.4g} "
        f"({_ENDED[painting.stopped].format(course.last)}{rise})"
    )


def _image(path: Path) -> Image.Image:
    return Image.fromarray(read_image(path, str(path)))


def _mask_image(path: Path) -> Image.Image:
    mask = _image(path)
    if mask.getbbox() is None:
        raise ImageError(f"{path}: this mask is all black; paint white where the style is wanted")
    return mask


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

    def __init__(self, name: str, evaluations: int) -> None:
        self.name, self.evaluations = name, evaluations
        watched = sys.stderr.isatty()
        self.bar: Any = tqdm(total=evaluations, desc=name, unit="iteration", leave=False) if watched else None

    def __call__(self, evaluation: int, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update(evaluation - self.bar.n)
        elif evaluation % 50 == 0 or evaluation == self.evaluations:
            print(f"{self.name} · iteration {evaluation}/{self.evaluations} · loss {loss:.4g}", file=sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
