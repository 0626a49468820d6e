"""The table of controls: each measure of a picture, on alterations whose order every reader knows.

python -m robust_style.benchmark.measure_controls [--squeezenet FILE [--caffe]]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import exposure

from robust_style.data.photographs import photograph
from robust_style.raters.distances import perceptual_distance, style_distance
from robust_style.raters.squeezenet import SqueezeNetRater, read_squeezenet
from robust_style.score.metrics import (
    Pixels,
    StyleColours,
    StyleTexture,
    checkerboard_excess,
    content_edge_ssim,
    content_ssim,
    high_frequency_excess,
    luma_correlation,
)

# Far enough that nothing lies where it lay, by no divisor of the usual sides.
SHIFT = (37, 51)
NOISE, CHECKERS = 0.25, 0.12


def photograph_and_still_life(side: int) -> tuple[Pixels, Pixels]:
    """The content and the style of the table, from scikit-image's own pictures: an astronaut and a cup of coffee."""
    astronaut, coffee = (Image.fromarray(photograph(name)) for name in ("astronaut", "coffee"))
    content, style = (
        np.asarray(one.resize((side, side), Image.Resampling.BICUBIC), np.float64) / 255
        for one in (astronaut, coffee.crop((0, 0, 400, 400)))
    )
    return content, style


def controls(content: Pixels, style: Pixels) -> dict[str, Pixels]:
    """Alterations of a content towards a style, or towards an artefact; `content` and `style` must have one shape."""
    matched = exposure.match_histograms(content, style, channel_axis=2)
    random = np.random.default_rng(0)
    checkers = CHECKERS * ((np.indices(content.shape[:2]).sum(0) % 2) * 2 - 1)[..., None]
    return {
        "itself": content,
        "style": style,
        "shifted": np.roll(style, SHIFT, (0, 1)),
        "matched": matched,
        "blend": 0.4 * matched + 0.6 * style,
        "inverted": 1 - content,
        "noise": np.clip(content + random.normal(0, NOISE, content.shape), 0, 1),
        "checkerboard": np.clip(content + checkers, 0, 1),
    }


def measured(picture: Pixels, content: Pixels, style: Pixels) -> dict[str, float]:
    """Every measure of one picture that needs no network."""
    return {
        "content_ssim": content_ssim(picture, content),
        "content_edge_ssim": content_edge_ssim(picture, content),
        "luma_correlation": luma_correlation(picture, content),
        "style_colour_distance": StyleColours(content, style).distance(picture),
        "style_texture_distance": StyleTexture(content, style).distance(picture),
        "high_frequency_excess": high_frequency_excess(picture, content, style),
        "checkerboard_excess": checkerboard_excess(picture, content, style),
    }


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


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description="Each measure on pictures whose order is known.")
    parser.add_argument("--side", type=int, default=128, help="side of the pictures in px")
    parser.add_argument("--squeezenet", type=Path, metavar="FILE", help="weights of SqueezeNet 1.0, which raters too")
    parser.add_argument("--caffe", action="store_true", help="its weights expect blue, green, red from 0 to 255")
    options = parser.parse_args(arguments)
    content, style = photograph_and_still_life(options.side)
    pictures = controls(content, style)
    found = {name: measured(picture, content, style) for name, picture in pictures.items()}
    if options.squeezenet is not None:
        for name, said in rated(read_squeezenet(options.squeezenet, caffe_input=options.caffe), pictures).items():
            found[name] |= said
    print(f"{'measure':28s}" + "".join(f"{name:>13s}" for name in found))
    for measure in found["itself"]:
        print(f"{measure:28s}" + "".join(f"{scores[measure] + 0.0:13.3f}" for scores in found.values()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
