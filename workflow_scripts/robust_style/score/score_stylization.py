"""Score pictures by metrics independent of the networks under test."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from robust_style.compute.determinism import make_deterministic
from robust_style.files.trace import Trace
from robust_style.score.columns import ITERATION
from robust_style.score.pair import Pair
from robust_style.score.picture_files import read_pair, read_pixels, read_tiles
from robust_style.score.score_files import PictureScores, save_scores


def score_stylization(
    *,
    pictures: Sequence[Path],
    snapshots: Sequence[Path],
    traces: Sequence[Path],
    images: Sequence[Path],
    scores: Path,
    threads: int,
) -> None:
    """Write the scores of all `pictures`, and of the tiles in their strips of `snapshots`, to the JSON file `scores`.

    `traces` are those of the pictures, in the same order, in which pictures of a pair follow each other. `images` are
    the prepared contents and styles at full resolution, named as in the traces' labels; they are resized as the
    transfer resized them. `threads` of torch decide the last digits. Raises ImageError or ResultError if a file is
    missing, damaged or of another kind.
    """
    make_deterministic(threads)
    prepared = {path.stem: path for path in images}

    @lru_cache(maxsize=1)
    def pair_at(content: str, style: str, size_px: int, width_height: tuple[int, int]) -> Pair:
        return read_pair(prepared[content], prepared[style], size_px, width_height)

    save_scores(
        scores,
        [
            _scores(picture, strip, Trace.load(path), pair_at)
            for picture, strip, path in zip(pictures, snapshots, traces, strict=True)
        ],
    )


def _scores(
    picture_path: Path, strip: Path, trace: Trace, pair_at: Callable[[str, str, int, tuple[int, int]], Pair]
) -> PictureScores:
    picture = read_pixels(picture_path)
    height, width, _ = picture.shape
    pair = pair_at(trace.labels.content, trace.labels.style, trace.size_px, (width, height))
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
