"""Score pictures by metrics independent of the networks under test."""

from collections.abc import Sequence
from pathlib import Path

from robust_style.compute.determinism import make_deterministic
from robust_style.files.trace import Trace
from robust_style.score.columns import ITERATION
from robust_style.score.picture_files import read_pair, read_pixels, read_tiles
from robust_style.score.score_files import PictureScores


def score_stylization(
    *,
    pictures: Sequence[Path],
    snapshots: Sequence[Path],
    traces: Sequence[Path],
    images: Sequence[Path],
    scores: Sequence[Path],
    threads: int,
) -> None:
    """Write the scores of each of `pictures`, and of the tiles in its strip of `snapshots`, to a JSON file of `scores`.

    `traces` are those of the pictures, in the same order. `images` are the prepared contents and styles at full
    resolution, named as in the traces' labels; they are resized as the transfer resized them. `threads` of torch
    decide the last digits. Raises ImageError or ResultError if a file is missing, damaged or of another kind.
    """
    make_deterministic(threads)
    prepared = {path.stem: path for path in images}
    for picture, strip, path, score in zip(pictures, snapshots, traces, scores, strict=True):
        trace = Trace.load(path)
        content, style = prepared[trace.labels.content], prepared[trace.labels.style]
        _scores(picture, strip, trace, content, style).save(score)


def _scores(picture_path: Path, strip: Path, trace: Trace, content: Path, style: Path) -> PictureScores:
    picture = read_pixels(picture_path)
    height, width, _ = picture.shape
    pair = read_pair(content, style, trace.size_px, (width, height))
    of_trace = {
        "worst_rise": trace.worst_rise,
        "final_over_best": trace.final_over_best,
        "final_content_loss": trace.content_loss[-1],
        "final_style_loss": trace.style_loss[-1],
        "out_of_range_fraction": trace.out_of_range_fraction,
    }
    return PictureScores(
        labels=trace.labels,
        measures=pair.measures(picture) | of_trace,
        target_reached=trace.target_is_reached,
        snapshots=[
            {ITERATION: iteration, **pair.snapshot_measures(tile)}
            for iteration, tile in zip(trace.snapshots, read_tiles(strip, len(trace.snapshots)), strict=True)
        ],
    )
