"""The table of controls: each measure of a picture, on alterations whose order every reader knows.

python -m robust_style.benchmark.measure_controls [--squeezenet FILE [--caffe]]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage import exposure

from robust_style.data.photographs import photograph
from robust_style.raters.distances import perceptual_distance, style_distance
from robust_style.raters.squeezenet import SqueezeNetRater, read_squeezenet
from robust_style.score.metrics import Pixels
from robust_style.score.pair import Pair

# Far enough that nothing lies where it lay, by no divisor of the usual sides.
SHIFT = (37, 51)
NOISE, CHECKERS = 0.25, 0.12
# Blocks along each side of the style, and standard deviation of the blur, px.
BLOCKS, BLUR_PX = 8, 2.0


def photograph_and_still_life(side: int) -> tuple[Pixels, Pixels]:
    """The content and the style of the table, from scikit-image's own pictures: an astronaut and a cup of coffee."""
    astronaut, coffee = (Image.fromarray(photograph(name)) for name in ("astronaut", "coffee"))
    content, style = (
        np.asarray(one.resize((side, side), Image.Resampling.BICUBIC), np.float64) / 255
        for one in (astronaut, coffee.crop((0, 0, 400, 400)))
    )
    return content, style


def controls(content: Pixels, style: Pixels) -> dict[str, Pixels]:
    """Alterations of content and style whose order is known, by name.

    `content` and `style` are squares of one side, px, a multiple of 8.
    """
    matched = exposure.match_histograms(content, style, channel_axis=2)
    random = np.random.default_rng(0)
    checkers = CHECKERS * ((np.indices(content.shape[:2]).sum(0) % 2) * 2 - 1)[..., None]
    return {
        "itself": content,
        "style": style,
        "shifted": np.roll(style, SHIFT, (0, 1)),
        "matched": matched,
        "blend": 0.4 * matched + 0.6 * style,
        "mirrored": style[:, ::-1].copy(),
        "blocks": shuffled_blocks(style, random),
        "phase_noise": phase_noise(style, random),
        "style_blur": gaussian_filter(style, (BLUR_PX, BLUR_PX, 0)),
        "blur": gaussian_filter(content, (BLUR_PX, BLUR_PX, 0)),
        "inverted": 1 - content,
        "noise": np.clip(content + random.normal(0, NOISE, content.shape), 0, 1),
        "checkerboard": np.clip(content + checkers, 0, 1),
    }


def phase_noise(picture: Pixels, random: np.random.Generator) -> Pixels:
    """Return noise with the picture's power at every frequency and its mean colour: no edge or stroke is left."""
    phase = np.angle(np.fft.fft2(random.normal(size=picture.shape[:2])))
    amplitude = np.abs(np.fft.fft2(picture, axes=(0, 1)))
    # The mean has no phase: with one, it would change the colour.
    phase[0, 0] = 0
    noise: Pixels = np.clip(np.fft.ifft2(amplitude * np.exp(1j * phase)[..., None], axes=(0, 1)).real, 0, 1)
    return noise


def shuffled_blocks(picture: Pixels, random: np.random.Generator) -> Pixels:
    """Return the picture, whose sides are multiples of 8 px, cut into 8 x 8 blocks in random order."""
    rows = [np.split(row, BLOCKS, axis=1) for row in np.split(picture, BLOCKS)]
    blocks = [block for row in rows for block in row]
    order = random.permutation(len(blocks)).reshape(BLOCKS, BLOCKS)
    shuffled: Pixels = np.block([[[blocks[at]] for at in row] for row in order])
    return shuffled


def rated(rater: SqueezeNetRater, pictures: dict[str, Pixels]) -> dict[str, dict[str, float]]:
    """Return the ratings of each of `controls`."""
    seen = {
        name: rater(torch.from_numpy(pixels).float().permute(2, 0, 1).unsqueeze(0)) for name, pixels in pictures.items()
    }
    return {
        name: {
            "style_gram_distance": style_distance(maps, seen["itself"], seen["style"]),
            "content_perceptual_distance": perceptual_distance(maps, seen["itself"]),
        }
        for name, maps in seen.items()
    }


def _short(measure: str) -> str:
    return measure.removesuffix("_distance").replace("content_", "").replace("_excess", "").replace("frequency", "freq")


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Each measure on pictures whose order is known.")
    parser.add_argument("--side", type=int, default=256, help="side of the pictures in px, a multiple of 8")
    parser.add_argument("--squeezenet", type=Path, metavar="FILE", help="weights of SqueezeNet 1.0, which raters too")
    parser.add_argument("--caffe", action="store_true", help="its weights expect blue, green, red from 0 to 255")
    options = parser.parse_args(arguments)
    content, style = photograph_and_still_life(options.side)
    pictures = controls(content, style)
    pair = Pair(content, style)
    found = {name: pair.measures(picture) for name, picture in pictures.items()}
    if options.squeezenet is not None:
        for name, said in rated(read_squeezenet(options.squeezenet, caffe_input=options.caffe), pictures).items():
            found[name] |= said
    # A row for each alteration: the table has more of them than measures.
    print(f"{'picture':14s}" + "".join(f"{_short(measure):>18s}" for measure in found["itself"]))
    for name, scores in found.items():
        print(f"{name:14s}" + "".join(f"{value + 0.0:18.3f}" for value in scores.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
