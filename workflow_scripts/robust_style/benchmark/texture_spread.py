"""The spread of each texture statistic over photographs: the unit of `score.texture.StyleTexture`.

python -m robust_style.benchmark.texture_spread    (writes score/texture_spread.json)
"""

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.files.atomic import write_text
from robust_style.score import texture
from robust_style.score.metrics import Pixels

# Grey photographs of one material. ASSUME: a spread over scenes says more about paintings. MEASURED (four pairs of
# paintings and photographs, 256 px): with them, noise with a painting's spectrum is a fifth closer to the painting.
MATERIALS = ("brick", "grass", "gravel")
DIGITS = 4


def reference_pictures(side: int) -> Iterator[Pixels]:
    """Yield the reference pictures, `side` x `side` px: central square and four corners of each colour photograph."""
    for name in PHOTOGRAPHS:
        if name in MATERIALS:
            continue
        pixels = photograph(name)
        height, width = pixels.shape[:2]
        square = min(height, width)
        corner = max(max(texture.SCALES), square // 2)
        places = [((height - square) // 2, (width - square) // 2, square)]
        places += [(top, left, corner) for top in (0, height - corner) for left in (0, width - corner)]
        for top, left, length in places:
            part = Image.fromarray(pixels[top : top + length, left : left + length])
            yield np.asarray(part.resize((side, side), Image.Resampling.LANCZOS), np.float64) / 255


def measured_spread(side: int) -> texture.Statistics:
    """Return the standard deviation of each statistic over the reference pictures at one of `texture.SCALES`."""
    statistics = [texture.texture_statistics(picture, side) for picture in reference_pictures(side)]
    spread: texture.Statistics = np.std(statistics, axis=0)
    return spread


def main() -> int:
    """Entry point of the command line."""
    numbers = {side: [float(f"{value:.{DIGITS}g}") for value in measured_spread(side)] for side in texture.SCALES}
    lists = [f'"{side}": {json.dumps(values)}' for side, values in numbers.items()]
    path = Path(texture.__file__).with_name(texture.SPREAD_FILE)
    write_text(path, "{\n" + ",\n".join(textwrap.fill(text, 120) for text in lists) + "\n}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
