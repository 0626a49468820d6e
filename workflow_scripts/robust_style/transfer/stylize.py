"""One checkpoint paints one content image in one style: from files to files."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.artefact.json_file import write_json
from robust_style.errors import CheckpointError, Divergence, ImageError
from robust_style.model.restore import restore_network
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.precision import choose_precision, dtype_of
from robust_style.provenance.randomness import stream
from robust_style.transfer.animation import frame_evaluations, write_animation
from robust_style.transfer.features import Encoder
from robust_style.transfer.losses import Objective
from robust_style.transfer.optimise import Painting, optimise, start_image
from robust_style.transfer.picture import read_picture, write_picture, write_preview, write_strip
from robust_style.transfer.recipe import recipe_from_settings
from robust_style.transfer.trace import trace_of

# A sign of life every second or so on a CPU.
REPORT_EVERY = 25


def stylize(
    *,
    checkpoint: Path,
    content: Path,
    style: Path,
    picture: Path,
    preview: Path,
    trace: Path,
    snapshots: Path,
    animation: Path,
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
    """Writes the picture, its preview, trace, snapshot strip and animation; equal inputs give equal bytes.

    `content` and `style` are prepared images, both brought to `size_px` on their shorter side. `labels` say which
    checkpoint paints what and must agree with the checkpoint's own header. A noise start depends on `seed` and
    the pair only, so that every network, epoch and recipe starts from the same noise.

    Raises ConfigError for an unusable recipe, layer, size, device or precision; CheckpointError for a damaged or
    foreign checkpoint; ImageError for an unusable image; Divergence if the loss is not finite at the start.
    """
    make_deterministic(threads)
    settings = recipe_from_settings(recipe)
    where = choose_device(device)
    arithmetic = choose_precision(precision, where)
    network, header = restore_network(checkpoint)
    _check_labels(checkpoint, header, labels)
    content_image = read_picture(content, size_px).to(where)
    style_image = read_picture(style, size_px).to(where)
    encoder = Encoder(
        network,
        header.architecture,
        settings.layers,
        pooling=settings.pooling,
        dtype=dtype_of(arithmetic),
        device=where,
    )
    pair = f"{labels['content']}--{labels['style']}"
    shown = frame_evaluations(settings.evaluations, animation_frames)
    try:
        painting = optimise(
            Objective(encoder, settings, content_image, style_image),
            settings,
            start_image(settings, content_image, stream(seed, "noise", labels["content"], labels["style"])),
            keep=(*settings.snapshots, *shown),
            report=lambda evaluation, loss: _report(pair, evaluation, settings.evaluations, loss),
        )
    except (ImageError, Divergence) as error:
        raise type(error)(f"{checkpoint} on {pair}: {error}") from None
    _write(painting, settings.snapshots, shown, picture, preview, snapshots, animation, preview_px, animation_px)
    write_json(
        trace,
        trace_of(
            painting,
            labels=labels,
            recipe=settings,
            size_px=size_px,
            device=where.type,
            threads=threads,
            precision=arithmetic,
        ),
    )


def _check_labels(path: Path, header: Checkpoint, labels: Mapping[str, Any]) -> None:
    for key in ("network", "regime", "seed", "epoch"):
        found = getattr(header, key)
        if found != labels[key]:
            raise CheckpointError(
                f"{path}: expected {key} {labels[key]!r}, found {found!r} in its header; "
                "put the file back under its own name, or delete it and run the workflow again"
            )


def _report(pair: str, evaluation: int, evaluations: int, loss: float) -> None:
    if evaluation % REPORT_EVERY == 0 or evaluation == evaluations:
        print(f"{pair} · evaluation {evaluation}/{evaluations} · loss {loss:.6g}", file=sys.stderr, flush=True)


def _write(
    painting: Painting,
    kept: tuple[int, ...],
    shown: tuple[int, ...],
    picture: Path,
    preview: Path,
    snapshots: Path,
    animation: Path,
    preview_px: int,
    animation_px: int,
) -> None:
    course = painting.course
    write_picture(picture, painting.picture)
    write_preview(preview, painting.picture, preview_px)
    write_strip(snapshots, [course.picture_at(evaluation) for evaluation in kept])
    # A course that ended early shows its last picture once.
    frames = dict.fromkeys(min(evaluation, course.last) for evaluation in shown)
    write_animation(animation, [course.picture_at(evaluation) for evaluation in frames], animation_px)
