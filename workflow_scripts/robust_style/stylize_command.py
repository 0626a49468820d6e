"""`python -m robust_style stylize`: paint photos with a checkpoint, from the command line."""

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from robust_style.command_line import number, whole_number
from robust_style.errors import ConfigError, ImageError, RobustStyleError
from robust_style.provenance.device_memory import within_memory
from robust_style.recipe_options import CONFIG, add_recipe_options, recipe_of
from robust_style.transfer.by_hand import Sitting, paint_by_hand
from robust_style.transfer.inert_settings import inert_settings, seed_is_inert
from robust_style.transfer.stand_ins import read_stand_ins

# As transfer.threads in config/schema.yaml. More than the machine has cores is allowed, because the number of threads
# decides how sums are rounded: with it the picture of a larger machine can be made again.
MOST_THREADS = 256


def add_stylize(commands: Any) -> None:
    """Adds the sub-command to the parser's."""
    command = commands.add_parser(
        "stylize",
        help="paint a photo, or a folder of them, with a checkpoint",
        renamed={
            "--style-weights": "is called --style-blend-weights (one for each of several styles); the weight of the "
            "style loss is --style-weight"
        },
    )
    command.add_argument("--content", type=Path, required=True, help="a photo, or a folder of photos")
    command.add_argument("--style", type=Path, nargs="+", required=True, help="a painting, or several")
    command.add_argument(
        "--style-blend-weights", type=number(0, 1e12, above=True), nargs="+", metavar="WEIGHT",
        help="of several styles, one for each (default: equal)",
    )  # fmt: skip
    command.add_argument("--mask", nargs="+", help="for each style a picture, white where it is wanted, or `none`")
    command.add_argument(
        "--checkpoint", type=Path, required=True, help="a checkpoint of this project or of another program"
    )
    command.add_argument(
        "--output", type=Path, required=True, dest="destination", help="a PNG, or a folder for a folder"
    )
    command.add_argument("--gif", action="store_true", help="also the optimisation as a film, beside the picture")
    add_recipe_options(command)
    command.add_argument(
        "--size", type=whole_number(32, 10**9), default=512, help="shorter side, px, a multiple of 16 (default: 512)"
    )
    command.add_argument(
        "--seed", type=whole_number(0, 10**18), help="of a start from noise and random transformations (default: 0)"
    )
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    command.add_argument(
        "--threads", type=whole_number(1, MOST_THREADS), default=min(os.cpu_count() or 1, MOST_THREADS),
        help=f"1 to {MOST_THREADS} (default: all cores)",
    )  # fmt: skip
    command.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    command.set_defaults(run=_stylize)


def _stylize(chosen: argparse.Namespace) -> None:
    recipe, changed = recipe_of(chosen)
    for warning in _warnings(chosen, recipe, changed):
        print(f"warning: {warning}", file=sys.stderr)
    faults = []
    for sitting in _sittings(chosen):
        try:
            with within_memory("--size", chosen.size, "choose a smaller --size"):
                said = paint_by_hand(
                    sitting,
                    checkpoint=chosen.checkpoint,
                    recipe=recipe,
                    stand_ins=read_stand_ins(CONFIG / "layers.yaml"),
                    size_px=chosen.size,
                    seed=chosen.seed or 0,
                    device=chosen.device,
                    threads=chosen.threads,
                    precision=chosen.precision,
                )
            print(said, flush=True)
        except ImageError as error:
            # one bad photo of a folder does not stop the others
            faults.append(str(error))
    if faults:
        raise RobustStyleError("\n".join(faults))


def _warnings(chosen: argparse.Namespace, recipe: dict[str, Any], changed: set[str]) -> Iterator[str]:
    """What was asked for and has no effect."""
    yield from inert_settings(recipe, changed)
    if "snapshots" in changed:
        yield "snapshots has no effect: only the workflow keeps them (--gif writes the pictures on the way)"
    if chosen.seed is not None and seed_is_inert(recipe):
        yield "--seed has no effect: the recipe starts from the content and has no random transformations"
    if chosen.style_blend_weights and len(chosen.style) == 1 and len(chosen.style_blend_weights) == 1:
        yield "--style-blend-weights has no effect with one style; the weight of the style loss is --style-weight"
    if chosen.threads > (cores := os.cpu_count() or 1):
        yield f"--threads {chosen.threads}: this machine has {cores} cores; more threads than cores are slower"


def _sittings(chosen: argparse.Namespace) -> Iterator[Sitting]:
    weights = chosen.style_blend_weights or [1.0] * len(chosen.style)
    masks = [None if mask == "none" else Path(mask) for mask in chosen.mask or ["none"] * len(chosen.style)]
    for option, given in (("--style-blend-weights", weights), ("--mask", masks)):
        if len(given) != len(chosen.style):
            raise ConfigError(f"{option}: expected one for each of {len(chosen.style)} styles, found {len(given)}")
    if not chosen.content.is_dir():
        film = chosen.destination.with_suffix(".gif") if chosen.gif else None
        yield Sitting(chosen.content, chosen.style, weights, masks, chosen.destination, film)
        return
    photos = sorted(path for path in chosen.content.iterdir() if path.is_file() and not path.name.startswith("."))
    if not photos:
        raise ImageError(f"{chosen.content}: expected photos in it, found none")
    styles = "+".join(style.stem for style in chosen.style)
    for photo in photos:
        output = chosen.destination / f"{photo.stem}--{styles}.png"
        film = output.with_suffix(".gif") if chosen.gif else None
        yield Sitting(photo, chosen.style, weights, masks, output, film)
