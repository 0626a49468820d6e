"""A style made of several images, as one picture to look at and to compare colours with."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from robust_style.artefact.atomic import whole_file
from robust_style.errors import ImageError

# As large as most paintings of the catalogue; twice as wide as high, so that two squares fit side by side.
HEIGHT_PX = 512
WIDTH_PX = 1024


def prepare_blend(*, parts: Sequence[Path], weights: Sequence[float], image: Path) -> None:
    """Writes the prepared images `parts` side by side as one PNG, each as wide as its share of the `weights`.

    So the colours of the whole are those of the mixture. A part is cropped about its centre to its place, never
    distorted. Raises ImageError for a part that cannot be read.
    """
    sheet = Image.new("RGB", (WIDTH_PX, HEIGHT_PX))
    left, done = 0, 0.0
    for part, weight in zip(parts, weights, strict=True):
        done += weight
        right = round(WIDTH_PX * done / sum(weights))
        if right > left:
            sheet.paste(ImageOps.fit(_opened(part), (right - left, HEIGHT_PX), Image.Resampling.LANCZOS), (left, 0))
        left = right
    with whole_file(image) as unfinished:
        sheet.save(unfinished, format="PNG")


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(
            f"{path}: expected a prepared image, found {error}; delete the file and run the workflow again"
        ) from None
