"""One picture of a style that blends several images, to look at and to compare colours with."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from robust_style.data.image_file import DAMAGE, open_image
from robust_style.errors import ImageError
from robust_style.files.atomic import whole_file

# The height of most paintings in the catalogue; twice as wide, so that two squares fit side by side.
HEIGHT_PX = 512
WIDTH_PX = 1024


def prepare_blend(*, parts: Sequence[Path], weights: Sequence[float], image: Path) -> None:
    """Write the prepared images `parts` side by side as one PNG, with widths proportional to `weights`.

    The colours of the sheet are thus those of the blend. Each part is cropped about its centre, not distorted. Raises
    ImageError for a part that cannot be read.
    """
    sheet = Image.new("RGB", (WIDTH_PX, HEIGHT_PX))
    left, cumulated = 0, 0.0
    for part, weight in zip(parts, weights, strict=True):
        cumulated += weight
        right = round(WIDTH_PX * cumulated / sum(weights))
        if right > left:
            sheet.paste(ImageOps.fit(_open(part), (right - left, HEIGHT_PX), Image.Resampling.LANCZOS), (left, 0))
        left = right
    with whole_file(image) as unfinished:
        sheet.save(unfinished, format="PNG")


def _open(path: Path) -> Image.Image:
    try:
        with open_image(path) as image:
            return image.convert("RGB")
    except DAMAGE as error:
        raise ImageError(f"{path}: not a prepared image ({error}). Delete it and run the workflow again.") from None
