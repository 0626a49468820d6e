"""The scores of pictures, by metrics independent of the networks under test."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from robust_style.errors import ImageError
from robust_style.files.atomic import write_json
from robust_style.files.trace import Trace
from robust_style.score.checkerboard import checkerboard_excess
from robust_style.score.colour import StyleColours
from robust_style.score.high_frequency import high_frequency_excess
from robust_style.score.image import painted_size, read_pixels, read_tiles
from robust_style.score.structure import content_edge_ssim, content_ssim, luma_correlation
from robust_style.score.texture import StyleTexture


def score_stylization(*, traces: Sequence[Path], images: Sequence[Path], scores: Sequence[Path]) -> None:
    """Writes the content, style and artefact measures of each trace's picture to a JSON file of `scores`.

    `images` are the prepared contents and styles at full resolution, named as in the traces' labels; they are resized
    as the transfer resized them. Also scored are the snapshots in the strip beside the trace, by fewer measures.
    Raises ImageError or ResultError where a file is not what it should be.
    """
    prepared = {path.stem: path for path in images}
    for trace, score in zip(traces, scores, strict=True):
        course = Trace.load(trace)
        labels = course.labels
        write_json(score, _scores(course, prepared[labels.content], prepared[labels.style]))


def _scores(course: Trace, content: Path, style: Path) -> dict[str, object]:
    painted = read_pixels(course.picture)
    height, width, _ = painted.shape
    content_pixels = read_pixels(content, (width, height))
    style_pixels = read_pixels(style, painted_size(style, course.size_px))
    try:
        colours = StyleColours(content_pixels, style_pixels)
        texture = StyleTexture(content_pixels, style_pixels)
    except ImageError as problem:
        raise ImageError(f"{content} and {style}: {problem}") from None
    return {
        "labels": asdict(course.labels),
        "content_ssim": content_ssim(painted, content_pixels),
        "content_edge_ssim": content_edge_ssim(painted, content_pixels),
        "luma_correlation": luma_correlation(painted, content_pixels),
        "style_colour_distance": colours.distance(painted),
        "style_texture_distance": texture.distance(painted),
        "high_frequency_excess": high_frequency_excess(painted, content_pixels, style_pixels),
        "checkerboard_excess": checkerboard_excess(painted, content_pixels, style_pixels),
        "worst_rise": course.worst_rise,
        "final_over_best": course.final_over_best,
        "final_content_loss": course.content_loss[-1],
        "final_style_loss": course.style_loss[-1],
        "out_of_range_fraction": course.out_of_range_fraction,
        "snapshots": [
            {
                "iteration": iteration,
                "content_ssim": content_ssim(tile, content_pixels),
                "style_colour_distance": colours.distance(tile),
                "style_texture_distance": texture.distance(tile),
            }
            for iteration, tile in zip(course.snapshots, read_tiles(course.strip, len(course.snapshots)), strict=True)
        ],
    }
