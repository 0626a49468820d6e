"""Paint some pairs of images with one checkpoint and one recipe: from files to files."""

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.compute.memory import within_memory
from robust_style.errors import CheckpointError, Divergence, ImageError
from robust_style.files.checkpoint import Checkpoint
from robust_style.files.trace import Labels, Trace
from robust_style.model.restore import restore_network
from robust_style.transfer.geometry import check_mask_shape, painting_size, rounding_note
from robust_style.transfer.input_image import picture_size, read_picture
from robust_style.transfer.optimise import LoadImage, Observer, Painting, PaintingRequest, StyleSource, paint
from robust_style.transfer.picture_file import (
    as_image,
    frame_iterations,
    write_animation,
    write_picture,
    write_preview,
    write_strip,
)
from robust_style.transfer.recipe import Recipe, precision_of, recipe_from_settings

# Iterations between two lines of the log: about a second on a CPU.
REPORT_EVERY = 25


@dataclass(frozen=True)
class Products:
    """The output files of one picture."""

    picture: Path
    preview: Path
    trace: Path
    snapshots: Path
    animation: Path

    @classmethod
    def of_each(cls, *kinds: Iterable[str]) -> "list[Products]":
        """The files of each picture, from lists of paths of each kind in the order of the fields."""
        return [cls(*map(Path, files)) for files in zip(*kinds, strict=True)]


def stylize(
    *,
    checkpoint: Path,
    images: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    products: Sequence[Products],
    labels: Mapping[str, Any],
    recipe: Mapping[str, Any],
    size_px: int,
    preview_px: int,
    animation_px: int,
    animation_frames: int,
    seed: int,
    device: str,
    threads: int,
    precision: str,
) -> None:
    """Write each pair's picture, preview, trace, snapshot strip and animation; equal inputs give equal bytes.

    `images` are prepared images with the names used in `pairs`; their shorter side is resized to `size_px`. A style
    named in `blends` consists of several: a list of `image`, `weight` and `mask` (a name or None). `labels` name
    checkpoint and recipe and must agree with the checkpoint's header. A noise start depends on `seed` and the pair
    only, so it is the same for every network, epoch and recipe. Pairs of equal size are painted in one batch, which
    changes a picture by rounding only; the trace has the batch size.

    Raises ConfigError for an unusable recipe, layer, size, device or precision, or too little memory; CheckpointError
    for a damaged or foreign checkpoint; ImageError for an unusable image; Divergence if the loss is not finite at the
    start.
    """
    make_deterministic(threads)
    settings = recipe_from_settings(recipe)
    where = choose_device(device)
    arithmetic = choose_precision(precision_of(settings, precision), where)
    network, header = restore_network(checkpoint)
    check_labels(checkpoint, header, labels)
    frames = frame_iterations(settings.iterations, animation_frames)
    requests = _requests(images, pairs, blends, seed, settings, frames)
    with (
        named(f"{checkpoint} on {', '.join('--'.join(pair) for pair in pairs)}"),
        within_memory(
            "transfer.size_px", size_px, f"lower it, or transfer.pairs_per_job ({len(pairs)} here), or set device: cpu"
        ),
    ):
        for note in _size_notes(images, pairs, blends, size_px):
            print(note, file=sys.stderr, flush=True)
        for numbers, paintings in paint(
            network, settings, requests, size_px=size_px, dtype=dtype_of(arithmetic), device=where
        ):
            for number, painting in zip(numbers, paintings, strict=True):
                if painting.target:
                    print(f"{'--'.join(pairs[number])} · {painting.target.words}", file=sys.stderr, flush=True)
                content, style = pairs[number]
                files = products[number]
                _write(painting, settings, frames, files, preview_px, animation_px)
                _trace_of(
                    painting,
                    settings,
                    path=files.trace,
                    labels=Labels(**labels, content=content, style=style),
                    size_px=size_px,
                    device=where.type,
                    threads=threads,
                    precision=arithmetic,
                    batch_size=len(numbers),
                ).save()


@contextmanager
def named(what: str) -> Iterator[None]:
    """Add `what` to the message of an ImageError or Divergence."""
    try:
        yield
    except (ImageError, Divergence) as error:
        raise type(error)(f"{what}: {error}") from None


def check_labels(path: Path, header: Checkpoint, labels: Mapping[str, Any]) -> None:
    """Raise CheckpointError if network, regime, seed or epoch of `labels` differ from the checkpoint `header`."""
    for key in ("network", "regime", "seed", "epoch"):
        value = getattr(header, key)
        if value != labels[key]:
            raise CheckpointError(
                f"{path}: expected {key} {labels[key]!r}, found {value!r} in its header; "
                "put the file back under its own name, or delete it and run the workflow again"
            )


def style_sources(
    name: str, blends: Mapping[str, Sequence[Mapping[str, Any]]], source: Callable[[str], LoadImage]
) -> list[StyleSource]:
    """The images of the style of that name: one image, or those of the blend; `source` loads an image by name."""
    parts = blends.get(name, [{"image": name, "weight": 1.0, "mask": None}])
    return [
        StyleSource(source(part["image"]), part["weight"], source(part["mask"]) if part["mask"] else None)
        for part in parts
    ]


def _requests(
    images: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    seed: int,
    recipe: Recipe,
    frames: Sequence[int],
) -> list[PaintingRequest]:
    paths = {path.stem: path for path in images}

    @cache
    def source(name: str) -> LoadImage:
        return partial(read_picture, paths[name])

    return [
        PaintingRequest(
            (content, style),
            seed,
            source(content),
            style_sources(style, blends, source),
            Observer((*recipe.snapshots, *frames), _reporter(f"{content}--{style}", recipe.iterations)),
        )
        for content, style in pairs
    ]


def _size_notes(
    images: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    size_px: int,
) -> list[str]:
    """A sentence for each content that is stretched. Raises ImageError for a mask with another shape than its content.

    Contents are stretched, not cropped, so that scores of existing pictures stay valid.
    """
    paths = {path.stem: path for path in images}
    notes = []
    for content, style in pairs:
        size = picture_size(paths[content])
        with named(str(paths[content])):
            note = rounding_note(*size, painting_size(*size, size_px), is_cropped=False)
        if note is not None:
            notes.append(f"{content}: {note}")
        for mask in (part["mask"] for part in blends.get(style, []) if part["mask"]):
            with named(f"mask {paths[mask]}"):
                check_mask_shape(picture_size(paths[mask]), size)
    return list(dict.fromkeys(notes))


def _reporter(pair: str, iterations: int) -> Callable[[int, float], None]:
    def report(iteration: int, loss: float) -> None:
        if iteration % REPORT_EVERY == 0 or iteration == iterations:
            print(f"{pair} · iteration {iteration}/{iterations} · loss {loss:.6g}", file=sys.stderr, flush=True)

    return report


def _write(
    painting: Painting, recipe: Recipe, frames: Sequence[int], files: Products, preview_px: int, animation_px: int
) -> None:
    trajectory = painting.trajectory
    write_picture(files.picture, painting.picture)
    write_preview(files.preview, painting.picture, preview_px)
    write_strip(files.snapshots, [trajectory.picture_at(iteration) for iteration in recipe.snapshots])
    # An optimisation that ended early shows its last picture once.
    shown = dict.fromkeys(min(iteration, trajectory.last) for iteration in frames)
    write_animation(files.animation, [as_image(trajectory.picture_at(iteration)) for iteration in shown], animation_px)


def _trace_of(painting: Painting, recipe: Recipe, *, path: Path, **run: Any) -> Trace:
    """The trace of one painting; `run` are the fields of `Trace` that do not depend on the optimisation."""
    trajectory = painting.trajectory
    height_px, width_px = painting.picture.shape[1:]
    return Trace(
        path=path,
        width_px=width_px,
        height_px=height_px,
        iteration=tuple(range(len(trajectory.total))),
        total_loss=tuple(trajectory.total),
        content_loss=tuple(losses.content for losses in trajectory.losses),
        style_loss=tuple(losses.style for losses in trajectory.losses),
        total_variation=tuple(losses.total_variation for losses in trajectory.losses),
        float32_from=trajectory.float32_from,
        coarse=tuple({"total_loss": coarse.total, "worst_rise": coarse.worst_rise} for coarse in painting.coarse),
        snapshots=tuple(min(iteration, trajectory.last) for iteration in recipe.snapshots),
        worst_rise=trajectory.worst_rise,
        final_over_best=trajectory.final_over_best,
        out_of_range_fraction=painting.out_of_range_fraction,
        stopped=painting.stopped,
        content_target=None if painting.target is None else painting.target.as_json(),
        recipe=_plain(asdict(recipe)),
        evaluated_loss=(
            ()
            if trajectory.evaluated == trajectory.total
            else tuple(loss if math.isfinite(loss) else None for loss in trajectory.evaluated)
        ),
        **run,
    )


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
