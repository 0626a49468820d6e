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

from robust_style.data.image_file import read_image
from robust_style.errors import Divergence
from robust_style.model.restore import restore_network
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.precision import choose_precision, dtype_of
from robust_style.training.interruption import Interrupted, uninterruptible
from robust_style.transfer.animation import frame_evaluations, write_animation
from robust_style.transfer.course import BestSoFar, Course
from robust_style.transfer.optimise import Watch
from robust_style.transfer.paint import Order, StyleSource, paint
from robust_style.transfer.picture import resized
from robust_style.transfer.picture_file import QUALITY, as_text, write_painting
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.stand_ins import StandIns, recipe_for

ANIMATION_PX = 320
ANIMATION_FRAMES = 24
# what `stopped` says of a picture whose painting a signal ended
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
    quality: int = QUALITY,
) -> str:
    """Paints one picture and writes it; gives what there is to say of it. The same function as the rule `stylize`.

    The recipe's layers are those of the checkpoint's network that stand for them, its `layers_of` looked at.
    Pictures may be of any format and mode that the catalogue takes. Raises ConfigError for an unusable recipe, layer
    or size, CheckpointError, ImageError and Divergence as the rule does; nothing is written then. When Interrupted is
    raised on the way, the best picture so far is written, and the exception says where it is.
    """
    make_deterministic(threads)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = restore_network(checkpoint)
    settings = recipe_from_settings(recipe_for(recipe, header.architecture, stand_ins))
    shown = frame_evaluations(settings.evaluations, ANIMATION_FRAMES) if sitting.animation else ()
    best = BestSoFar()
    progress = _Progress(sitting.content.name, settings.evaluations)
    order = Order(
        (sitting.content.stem, *(style.stem for style in sitting.styles)),
        seed,
        _source(sitting.content),
        [
            StyleSource(_source(style), weight, None if mask is None else _source(mask))
            for style, weight, mask in zip(sitting.styles, sitting.weights, sitting.masks, strict=True)
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
        if best.evaluations:
            with uninterruptible():
                assert best.course is not None
                _write(sitting, best.picture(), best.course, best.evaluations, INTERRUPTED, quality)
            budget = settings.evaluations + sum(scale.evaluations for scale in settings.coarse_scales)
            interruption.kept = (
                f"{sitting.output}: the best picture so far, after {best.evaluations} of {budget} evaluations"
            )
        raise
    finally:
        progress.close()
    course = painting.course
    with uninterruptible():
        _write(sitting, painting.picture, course, best.evaluations, painting.stopped, quality)
    height, width = painting.picture.shape[1:]
    rise = f", rose {course.worst_rise:.3g}-fold on the way" if course.worst_rise > 1 else ""
    return (
        f"{sitting.output}: {width} x {height} px, loss {course.total[0]:.4g} -> {course.total[-1]:.4g} "
        f"in {course.last} evaluations ({painting.stopped}{rise})"
    )


def _write(
    sitting: Sitting,
    picture: UInt8[Tensor, "3 height width"],
    course: Course,
    evaluations: int,
    stopped: str,
    quality: int,
) -> None:
    """Write the picture, and the animation that ends with it, both with settings and result."""
    record = {"settings": sitting.settings, "result": {"evaluations": evaluations, "stopped": stopped}}
    write_painting(sitting.output, picture, record, quality)
    if sitting.animation:
        before = [course.pictures[number] for number in sorted(course.pictures) if number < course.last]
        write_animation(sitting.animation, [*before, picture], ANIMATION_PX, as_text(record))


def _source(path: Path) -> Callable[[int], Tensor]:
    return partial(_read, path, Image.fromarray(read_image(path, str(path))))


def _read(path: Path, image: Image.Image, size_px: int) -> torch.Tensor:
    return resized(path, image, size_px)


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
