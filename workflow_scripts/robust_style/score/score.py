"""The scores of one picture, by measures that no tested network had a hand in."""

from dataclasses import asdict
from pathlib import Path

from robust_style.artefact.json_file import write_json
from robust_style.errors import ImageError
from robust_style.score.colour import style_colour_distance
from robust_style.score.high_frequency import high_frequency_excess
from robust_style.score.image import painted_size, read_pixels
from robust_style.score.structure import content_ssim
from robust_style.score.trace import read_trace


def score_stylization(*, picture: Path, content: Path, style: Path, trace: Path, score: Path) -> None:
    """Writes the content, style and artefact measures of one picture to the JSON file `score`.

    `content` and `style` are the prepared images at full resolution; they are resized as the transfer resized them,
    the content to the picture's size, the style as the trace's `size_px` says.
    Raises ImageError or ResultError where a file is not what it should be.
    """
    course = read_trace(trace)
    painted = read_pixels(picture)
    height, width, _ = painted.shape
    content_pixels = read_pixels(content, (width, height))
    style_pixels = read_pixels(style, painted_size(style, course.size_px))
    try:
        colour_distance = style_colour_distance(painted, content_pixels, style_pixels)
    except ImageError as problem:
        raise ImageError(f"{content} and {style}: {problem}") from None
    write_json(
        score,
        {
            "labels": asdict(course.labels),
            "content_ssim": content_ssim(painted, content_pixels),
            "style_colour_distance": colour_distance,
            "high_frequency_excess": high_frequency_excess(painted, content_pixels, style_pixels),
            "worst_rise": course.worst_rise,
            "final_over_best": course.final_over_best,
            "final_content_loss": course.content_loss[-1],
            "final_style_loss": course.style_loss[-1],
            "out_of_range_fraction": course.out_of_range_fraction,
        },
    )
