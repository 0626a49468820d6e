"""The optimisation as a small film."""

from collections.abc import Sequence
from pathlib import Path

from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from robust_style.files.atomic import whole_file
from robust_style.transfer.picture import as_image, shrunk

FRAME_MS = 120
# Long enough to look at the result before the film starts again.
LAST_FRAME_MS = 2000
# MEASURED (160 px, 19 frames, 12 pictures): 255 to 590 kB, from noise the largest; no banding to speak of.
COLOURS = 128


def frame_iterations(iterations: int, frames: int) -> tuple[int, ...]:
    """The iterations that a film of at most `frames` frames shows: from 0 to `iterations`, dense where much happens.

    The iteration of frame i grows with i², because most of the change comes early; equal ones are shown once.
    """
    if frames < 2:
        return (iterations,)
    return tuple(sorted({round(iterations * (index / (frames - 1)) ** 2) for index in range(frames)}))


def write_animation(
    path: Path, pictures: Sequence[UInt8[Tensor, "3 height width"]], longest_px: int, comment: str = ""
) -> None:
    """Writes an endless GIF of the pictures, longest side at most `longest_px`, the last frame held.

    All frames share one palette of 128 colours, chosen from all of them together, so that colours do not flicker;
    no dithering, whose noise would both crawl and defeat compression. `comment` (ASCII) is stored in the file.
    """
    frames = [shrunk(as_image(picture), longest_px) for picture in pictures]
    palette = _side_by_side(frames).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [FRAME_MS] * (len(indexed) - 1) + [LAST_FRAME_MS]
    with whole_file(path) as unfinished:
        indexed[0].save(
            unfinished,
            format="GIF",
            save_all=True,
            append_images=indexed[1:],
            duration=durations,
            loop=0,
            optimize=False,
            **({"comment": comment.encode()} if comment else {}),
        )


def _side_by_side(frames: Sequence[Image.Image]) -> Image.Image:
    width, height = frames[0].size
    sheet = Image.new("RGB", (width * len(frames), height))
    for index, frame in enumerate(frames):
        sheet.paste(frame, (width * index, 0))
    return sheet
