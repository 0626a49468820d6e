"""What a stylization says about itself: labels, settings, losses."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from robust_style.transfer.optimise import Painting
from robust_style.transfer.optimisers.trajectory import Trajectory
from robust_style.transfer.recipe import Recipe


def trace_of(
    painting: Painting,
    *,
    labels: Mapping[str, object],
    recipe: Recipe,
    size_px: int,
    device: str,
    threads: int,
    precision: str,
    batch_size: int,
) -> dict[str, object]:
    """The trace of one stylization as plain, finite data.

    `total_loss`, `content_loss`, `style_loss` and `total_variation` belong to the picture at each iteration: for
    `lbfgs` the best so far, for the others the one evaluated; total is the sum of the others times their weights in
    the recipe, and a loss without weight is 0. From iteration `float32_from` on losses are computed in float32
    (null: in `precision` throughout). `coarse` has the total losses at the sizes before. `batch_size` pictures were
    painted together, which moves each by rounding. `snapshots` are the iterations that the strip really shows: those
    of the recipe, or the last where it ended earlier. Nothing in it depends on the time or the place of the run.
    """
    course = painting.trajectory
    height_px, width_px = painting.picture.shape[1:]
    return {
        "labels": dict(labels),
        "size_px": size_px,
        "width_px": width_px,
        "height_px": height_px,
        "iteration": list(range(len(course.total))),
        "total_loss": course.total,
        "content_loss": [losses.content for losses in course.losses],
        "style_loss": [losses.style for losses in course.losses],
        "total_variation": [losses.total_variation for losses in course.losses],
        "float32_from": course.exact_from,
        "coarse": [_coarse(course) for course in painting.coarse],
        "snapshots": [min(iteration, course.last) for iteration in recipe.snapshots],
        "worst_rise": course.worst_rise,
        "final_over_best": course.final_over_best,
        "out_of_range_fraction": painting.out_of_range_fraction,
        "precision": precision,
        "threads": threads,
        "device": device,
        "batch_size": batch_size,
        "stopped": painting.stopped,
        "recipe": _plain(asdict(recipe)),
    }


def _coarse(course: Trajectory) -> dict[str, object]:
    return {"total_loss": course.total, "worst_rise": course.worst_rise}


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
