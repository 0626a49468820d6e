"""Paint a photo from the command line: an image file, a checkpoint and a recipe in, one picture out."""

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
from robust_style.model.convert import network_to_paint_with
from robust_style.signals import Interrupted, uninterruptible
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
from robust_style.transfer.input_image import resized
from robust_style.transfer.optimise import LoadImage, Observer, PaintingRequest, StyleSource, paint
from robust_style.transfer.optimisers.trajectory import BestSoFar, Trajectory
from robust_style.transfer.picture_file import QUALITY, as_text, frame_iterations, write_animation, write_painting
from robust_style.transfer.recipe import Recipe, precision_of, recipe_from_settings
from robust_style.transfer.stand_ins import StandIns, recipe_for
from robust_style.workflow.resources import largest_size_px, painting_bytes

ANIMATION_PX = 320
ANIMATION_FRAMES = 24
# The random streams of all pictures have the same name: noise depends on seed and size only, and the frames of a video
# do not flicker.
_RANDOM_STREAM = ("picture",)
# The reason of the end in words.
_STOPPED_TEXT = {
    "iterations": "finished all",
    "converged": "converged after",
    "diverged": "diverged and kept the last usable picture after",
}
# The value of `stopped` for a picture that a signal interrupted.
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class PhotoRequest:
    """Inputs and outputs of one picture; `masks` has a file or None for each style.

    `output` ends with one of `picture_endings`; `settings` are stored in the file.
    """

    content: Path
    styles: Sequence[Path]
    weights: Sequence[float]
    masks: Sequence[Path | None]
    output: Path
    animation: Path | None
    settings: Mapping[str, Any]


def paint_photo_file(
    request: PhotoRequest,
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
    """Paint one picture, write it, and return a sentence about it. The rule `stylize` uses the same function `paint`.

    The recipe's layers are replaced by the corresponding layers of the checkpoint's network. `say` is called with a
    sentence for each conversion of an image. Content and styles are cropped to the shape of the painting, never
    stretched; masks are cropped like the content. With `keep_alpha` the picture has the content's transparency.

    Raises ConfigError for an unusable recipe, layer or size, or too little memory; CheckpointError, ImageError and
    Divergence as the rule does; nothing is written then. On Interrupted the best picture so far is written, and the
    exception names its file.
    """
    make_deterministic(threads)
    where = choose_device(device)
    network, header = network_to_paint_with(checkpoint)
    settings = recipe_from_settings(recipe_for(recipe, header.architecture, stand_ins))
    arithmetic = choose_precision(precision_of(settings, precision), where)
    frames = frame_iterations(settings.iterations, ANIMATION_FRAMES) if request.animation else ()
    content = read_image(request.content, keep_alpha=keep_alpha)
    styles = [_style_image(path, say) for path in request.styles]
    _refuse_beyond_memory(Image.fromarray(content.pixels), styles, size_px, header, settings, where)
    photo = _Photo.of(request.content, content, size_px, say, keep_alpha=keep_alpha)
    style_px = part_of(size_px, settings.style_scale)
    best = BestSoFar()
    progress = _Progress(request.content.name, settings.iterations)
    painting_request = PaintingRequest(
        _RANDOM_STREAM,
        seed,
        photo.source(),
        [
            StyleSource(_style_source(path, image, style_px), weight, photo.mask_source(mask, say) if mask else None)
            for path, image, weight, mask in zip(request.styles, styles, request.weights, request.masks, strict=True)
        ],
        Observer(frames, progress, best),
    )
    try:
        ((_, (painting,)),) = paint(
            network, settings, [painting_request], size_px=size_px, dtype=dtype_of(arithmetic), device=where
        )
    except Divergence as error:
        raise Divergence(f"{request.content}: {error}") from None
    except Interrupted as interruption:
        interruption.kept = f"{request.content}: nothing was painted yet"
        if best.iterations:
            with uninterruptible():
                assert best.trajectory is not None
                _write(request, photo, best.picture(), best.trajectory, best.iterations, INTERRUPTED, quality)
            budget = settings.iterations + sum(scale.iterations for scale in settings.coarse_scales)
            interruption.kept = (
                f"{request.output}: the best picture so far, after {best.iterations} of {budget} iterations"
            )
        raise
    finally:
        progress.close()
    trajectory = painting.trajectory
    with uninterruptible():
        _write(request, photo, painting.picture, trajectory, best.iterations, painting.stopped, quality)
    height, width = painting.picture.shape[1:]
    # With lbfgs only rejected steps rise; the picture never does.
    rises = settings.optimiser != "lbfgs" and trajectory.worst_rise > 1
    rise = f", rose {trajectory.worst_rise:.3g}-fold on the way" if rises else ""
    target = f"; {painting.target.words}" if painting.target else ""
    return (
        f"{request.output}: {width} x {height} px, loss {trajectory.total[0]:.4g} -> {trajectory.total[-1]:.4g} "
        f"({_STOPPED_TEXT[painting.stopped]} {trajectory.last} iterations{rise}){target}"
    )


def check_pictures(images: Sequence[Path], masks: Sequence[Path]) -> None:
    """Raise ImageError for the first file that is unusable as a style or a mask."""
    for path in dict.fromkeys(images):
        read_image(path)
    for path in dict.fromkeys(masks):
        read_mask(path)


@dataclass(frozen=True)
class _Photo:
    """The content image; `box` is the part that is painted, `painted` the width and height of the painting, px."""

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

    def source(self) -> LoadImage:
        # One box for all sizes, so that the coarse scales of a recipe show the same part.
        return partial(_resized, self.path, self.image, self.box)

    def mask_source(self, path: Path, say: Callable[[str], None]) -> LoadImage:
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


def _style_source(path: Path, image: Image.Image, size_px: int) -> LoadImage:
    return partial(_resized, path, image, central_box(*image.size, painting_size(*image.size, size_px)))


def _resized(path: Path, image: Image.Image, box: Box, size_px: int) -> Tensor:
    return resized(path, image, size_px, box)


def _write(
    request: PhotoRequest,
    photo: _Photo,
    picture: UInt8[Tensor, "3 height width"],
    trajectory: Trajectory,
    iterations: int,
    stopped: str,
    quality: int,
) -> None:
    """Write the picture, and the animation that ends with it, both with settings and result."""
    record = {"settings": request.settings, "result": {"iterations": iterations, "stopped": stopped}}
    write_painting(request.output, picture, record, quality, photo.painted_alpha())
    if request.animation:
        earlier = [trajectory.pictures[number] for number in sorted(trajectory.pictures) if number < trajectory.last]
        write_animation(request.animation, [*earlier, picture], ANIMATION_PX, as_text(record))


def _refuse_beyond_memory(
    content: Image.Image,
    styles: Sequence[Image.Image],
    size_px: int,
    header: Checkpoint,
    recipe: Recipe,
    device: torch.device,
) -> None:
    """Raise ConfigError, with the largest size that fits, if the estimated memory is not available."""
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
    """A progress bar with loss and remaining time on a terminal, a line every 50 iterations elsewhere."""

    def __init__(self, name: str, iterations: int) -> None:
        self.name, self.iterations = name, iterations
        is_terminal = sys.stderr.isatty()
        self.bar: Any = tqdm(total=iterations, desc=name, unit="iteration", leave=False) if is_terminal else None

    def __call__(self, iteration: int, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.4g}", refresh=False)
            self.bar.update(iteration - self.bar.n)
        elif iteration % 50 == 0 or iteration == self.iterations:
            print(f"{self.name} · iteration {iteration}/{self.iterations} · loss {loss:.4g}", file=sys.stderr)

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
