"""How many images of ImageNet's usual size the preparation of a folder decodes in a second.

python -m robust_style.benchmark.decoding --processes 2 --size-px 64
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from robust_style.data.photographs import PHOTOGRAPHS, photograph
from robust_style.data.prepare_dataset import decode_images
from robust_style.data.square_image import Unusable

# px; most of ImageNet's photographs, and about the quality of their compression.
WIDTH_PX, HEIGHT_PX, QUALITY = 500, 375, 90
# Different files; more images are the same ones again, which the system then has in memory, as a fast disk would.
_FILES = 200


def write_jpegs(folder: Path, count: int) -> list[str]:
    """Paths of `count` different JPEGs of 500 x 375 px, crops of the photographs that come with scikit-image."""
    random = np.random.default_rng(0)
    paths = []
    for number in range(count):
        picture = Image.fromarray(photograph(PHOTOGRAPHS[number % len(PHOTOGRAPHS)]))
        side = random.uniform(0.5, 1.0)
        width, height = side * picture.width, side * picture.height
        left, top = random.uniform(0, picture.width - width), random.uniform(0, picture.height - height)
        crop = picture.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BICUBIC, (left, top, left + width, top + height))
        crop.save(folder / f"{number}.jpg", quality=QUALITY)
        paths.append(str(folder / f"{number}.jpg"))
    return paths


def images_per_second(paths: Sequence[str], side_px: int, processes: int) -> float:
    """The rate at which `paths` become squares of `side_px`. Raises OSError if one cannot be decoded."""
    unusable: list[Unusable] = []
    start = time.perf_counter()
    count = sum(len(piece) for piece in decode_images(paths, side_px, processes, unusable))
    if unusable:
        raise OSError(f"{unusable[0].path}: {unusable[0].reason}")
    return count / (time.perf_counter() - start)


def main() -> None:
    """Prints the rate, best and median of several rounds, and the processors' time, which others' work changes less."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size-px", type=int, default=64)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = write_jpegs(Path(folder), min(_FILES, chosen.images))
        paths = (files * (chosen.images // len(files) + 1))[: chosen.images]
        kilobytes = np.mean([Path(path).stat().st_size for path in files]) / 1000
        before = sum(os.times()[:4])
        rates = [images_per_second(paths, chosen.size_px, chosen.processes) for _ in range(chosen.rounds)]
        milliseconds = 1000 * (sum(os.times()[:4]) - before) / (chosen.rounds * len(paths))
    print(
        f"{WIDTH_PX} x {HEIGHT_PX} px ({kilobytes:.0f} kB each) -> {chosen.size_px} px, {chosen.processes} processes: "
        f"{max(rates):.0f} images/s at best, {np.median(rates):.0f} in the median of {chosen.rounds} rounds; "
        f"{milliseconds:.2f} ms of processor time an image"
    )


if __name__ == "__main__":
    main()
