"""What a stylisation says about itself: labels, settings, losses."""

from collections.abc import Mapping
from dataclasses import asdict

from robust_style.transfer.optimise import Painting
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
) -> dict[str, object]:
    """The trace of one stylisation as plain, finite data.

    `total_loss`, `content_loss` and `style_loss` belong to the picture at each evaluation: for `lbfgs` the best so
    far, for `lbfgs_unguarded` the one evaluated; total = content_weight x content + style_weight x style.
    `snapshots` are the evaluations that the strip really shows: those of the recipe, or the last where it ended
    earlier. Nothing in it depends on the time or the place of the run.
    """
    course = painting.course
    height_px, width_px = painting.picture.shape[1:]
    return {
        "labels": dict(labels),
        "size_px": size_px,
        "width_px": width_px,
        "height_px": height_px,
        "evaluation": list(range(len(course.total))),
        "total_loss": course.total,
        "content_loss": course.content,
        "style_loss": course.style,
        "snapshots": [min(evaluation, course.last) for evaluation in recipe.snapshots],
        "worst_rise": course.worst_rise,
        "final_over_best": course.final_over_best,
        "out_of_range_fraction": painting.out_of_range_fraction,
        "precision": precision,
        "threads": threads,
        "device": device,
        "stopped": painting.stopped,
        "recipe": {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(recipe).items()},
    }
