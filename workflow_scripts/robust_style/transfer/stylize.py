"""One checkpoint paints some pairs of images by one recipe: from files to files."""

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
from robust_style.transfer.animation import frame_iterations, write_animation
from robust_style.transfer.geometry import check_mask_shape, painting_size, rounding_note
from robust_style.transfer.optimise import Painting, Watch
from robust_style.transfer.paint import Order, Resized, StyleSource, paint
from robust_style.transfer.picture import picture_size, read_picture, write_picture, write_preview, write_strip
from robust_style.transfer.recipe import Recipe, recipe_from_settings

# A sign of life every second or so on a CPU.
REPORT_EVERY = 25


@dataclass(frozen=True)
class Products:
    """Where what belongs to one picture goes."""

    picture: Path
    preview: Path
    trace: Path
    snapshots: Path
    animation: Path

    @classmethod
    def of_each(cls, *kinds: Iterable[str]) -> "list[Products]":
        """Of each picture, from the paths of each kind in the order of the fields."""
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
    """Writes each pair's picture, preview, trace, snapshot strip and animation; equal inputs give equal bytes.

    `images` are prepared images, each named as in `pairs`, brought to `size_px` on their shorter side. A style named
    in `blends` is several: a list of `image`, `weight` and `mask` (a name or None). `labels` say which checkpoint
    paints by which recipe and must agree with the checkpoint's own header. A noise start depends on `seed` and the
    pair only, so that every network, epoch and recipe starts from the same noise. Pairs of equal size are painted
    together, which moves a picture by rounding only; its trace says how many they were.

    Raises ConfigError for an unusable recipe, layer, size, device or precision, or too little memory; CheckpointError
    for a damaged or foreign checkpoint; ImageError for an unusable image; Divergence if the loss is not finite at the
    start.
    """
    make_deterministic(threads)
    settings = recipe_from_settings(recipe)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = restore_network(checkpoint)
    check_labels(checkpoint, header, labels)
    shown = frame_iterations(settings.iterations, animation_frames)
    orders = _orders(images, pairs, blends, seed, settings, shown)
    with (
        named(f"{checkpoint} on {', '.join('--'.join(pair) for pair in pairs)}"),
        within_memory(
            "transfer.size_px", size_px, f"lower it, or transfer.pairs_per_job ({len(pairs)} here), or set device: cpu"
        ),
    ):
        for note in _size_notes(images, pairs, blends, size_px):
            print(note, file=sys.stderr, flush=True)
        for numbers, paintings in paint(
            network, settings, orders, size_px=size_px, dtype=dtype_of(arithmetic), device=where
        ):
            for number, painting in zip(numbers, paintings, strict=True):
                content, style = pairs[number]
                files = products[number]
                _write(painting, settings, shown, files, preview_px, animation_px)
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
    """Says of what an image or a loss that cannot be used is part."""
    try:
        yield
    except (ImageError, Divergence) as error:
        raise type(error)(f"{what}: {error}") from None


def check_labels(path: Path, header: Checkpoint, labels: Mapping[str, Any]) -> None:
    """Raises CheckpointError where network, regime, seed or epoch of `labels` are not those of the `header`."""
    for key in ("network", "regime", "seed", "epoch"):
        found = getattr(header, key)
        if found != labels[key]:
            raise CheckpointError(
                f"{path}: expected {key} {labels[key]!r}, found {found!r} in its header; "
                "put the file back under its own name, or delete it and run the workflow again"
            )


def style_sources(
    name: str, blends: Mapping[str, Sequence[Mapping[str, Any]]], source: Callable[[str], Resized]
) -> list[StyleSource]:
    """What the style of that name consists of: one image, or those of the blend; `source` gives an image by name."""
    parts = blends.get(name, [{"image": name, "weight": 1.0, "mask": None}])
    return [
        StyleSource(source(part["image"]), part["weight"], source(part["mask"]) if part["mask"] else None)
        for part in parts
    ]


def _orders(
    images: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    seed: int,
    recipe: Recipe,
    shown: Sequence[int],
) -> list[Order]:
    paths = {path.stem: path for path in images}

    @cache
    def source(name: str) -> Resized:
        return partial(read_picture, paths[name])

    return [
        Order(
            (content, style),
            seed,
            source(content),
            style_sources(style, blends, source),
            Watch((*recipe.snapshots, *shown), _reporter(f"{content}--{style}", recipe.iterations)),
        )
        for content, style in pairs
    ]


def _size_notes(
    images: Sequence[Path],
    pairs: Sequence[tuple[str, str]],
    blends: Mapping[str, Sequence[Mapping[str, Any]]],
    size_px: int,
) -> list[str]:
    """A sentence for each content that is stretched. Raises ImageError for a mask that has not its content's shape.

    Contents are stretched, not cropped, so that metrics of existing pictures stay valid.
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
    painting: Painting, recipe: Recipe, shown: Sequence[int], files: Products, preview_px: int, animation_px: int
) -> None:
    course = painting.course
    write_picture(files.picture, painting.picture)
    write_preview(files.preview, painting.picture, preview_px)
    write_strip(files.snapshots, [course.picture_at(iteration) for iteration in recipe.snapshots])
    # A course that ended early shows its last picture once.
    frames = dict.fromkeys(min(iteration, course.last) for iteration in shown)
    write_animation(files.animation, [course.picture_at(iteration) for iteration in frames], animation_px)


def _trace_of(painting: Painting, recipe: Recipe, *, path: Path, **run: Any) -> Trace:
    """The trace of one painting; `run` are the fields of `Trace` that do not depend on the optimisation."""
    course = painting.course
    height_px, width_px = painting.picture.shape[1:]
    return Trace(
        path=path,
        width_px=width_px,
        height_px=height_px,
        iteration=tuple(range(len(course.total))),
        total_loss=tuple(course.total),
        content_loss=tuple(losses.content for losses in course.losses),
        style_loss=tuple(losses.style for losses in course.losses),
        total_variation=tuple(losses.total_variation for losses in course.losses),
        float32_from=course.exact_from,
        coarse=tuple({"total_loss": coarse.total, "worst_rise": coarse.worst_rise} for coarse in painting.coarse),
        snapshots=tuple(min(iteration, course.last) for iteration in recipe.snapshots),
        worst_rise=course.worst_rise,
        final_over_best=course.final_over_best,
        out_of_range_fraction=painting.out_of_range_fraction,
        stopped=painting.stopped,
        recipe=_plain(asdict(recipe)),
        **run,
    )


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
