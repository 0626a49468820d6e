"""Score pictures that no network painted: what a style transfer must beat."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from skimage.exposure import match_histograms

from robust_style.compute.determinism import make_deterministic
from robust_style.files.trace import Labels
from robust_style.score.columns import CONTROL_RECIPE, CONTROL_REGIME, CONTROLS
from robust_style.score.metrics import Pixels
from robust_style.score.pair import Pair
from robust_style.score.picture_files import read_pair, read_pixels
from robust_style.score.score_files import PictureScores, save_scores


def score_controls(
    *, pairs: Sequence[tuple[str, str]], size_px: int, images: Sequence[Path], scores: Path, threads: int
) -> None:
    """Write the scores of each control of each of `pairs` to the JSON file `scores`.

    `pairs` are names of content and style; `images` are the prepared ones, at full resolution. `size_px` is the shorter
    side of the paintings. `threads` of torch decide the last digits. Raises ImageError if an image is missing or
    damaged.
    """
    make_deterministic(threads)
    prepared = {path.stem: path for path in images}
    scored = []
    for content, style in pairs:
        pair = read_pair(prepared[content], prepared[style], size_px)
        pictures = control_pictures(pair, prepared[style])
        for name in CONTROLS:
            labels = Labels(CONTROL_RECIPE, name, CONTROL_REGIME, 0, 0, content, style)
            scored.append(PictureScores(labels, pair.measures(pictures[name]), None, []))
    save_scores(scores, scored)


def control_pictures(pair: Pair, style_path: Path) -> dict[str, Pixels]:
    """Return the control pictures of a pair, each of the content's size, by name (`columns.CONTROLS`).

    The untouched content; the content with the style's histogram of red, green and blue; this one and the style, a half
    each. For the blend, the central part of the style image at `style_path` is resized to the content's size.
    """
    height, width, _ = pair.content.shape
    matched = match_histograms(pair.content, pair.style, channel_axis=2)
    style = read_pixels(style_path, (width, height), is_cropped=True)
    pictures = (pair.content, np.clip(matched, 0, 1), np.clip((matched + style) / 2, 0, 1))
    return dict(zip(CONTROLS, pictures, strict=True))
