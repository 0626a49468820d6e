"""`python -m robust_style stylize`: paint photos with a checkpoint, from the command line."""

import argparse
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from robust_style.errors import ConfigError, ImageError, RobustStyleError
from robust_style.transfer.by_hand import Sitting, paint_by_hand
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.defaults import built_in_recipes, fill_defaults, nearest

CONFIG = Path(__file__).resolve().parents[2] / "config"


def add_stylize(commands: Any) -> None:
    """Adds the sub-command to the parser's."""
    command = commands.add_parser("stylize", help="paint a photo, or a folder of them, with a checkpoint")
    command.add_argument("--content", type=Path, required=True, help="a photo, or a folder of photos")
    command.add_argument("--style", type=Path, nargs="+", required=True, help="a painting, or several")
    command.add_argument("--style-weights", type=float, nargs="+", help="one for each style (default: equal)")
    command.add_argument("--mask", nargs="+", help="for each style a picture, white where it is wanted, or `none`")
    command.add_argument("--checkpoint", type=Path, required=True, help="of ours; others: `convert` first")
    command.add_argument(
        "--output", type=Path, required=True, dest="destination", help="a PNG, or a folder for a folder"
    )
    command.add_argument("--gif", action="store_true", help="also the optimisation as a film, beside the picture")
    command.add_argument(
        "--keep-alpha", action="store_true", help="the photo's transparency in the picture (PNG, WebP or TIFF)"
    )
    command.add_argument("--recipe", default="fair", help=f"built in: {', '.join(_built_in())} (default: fair)")
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a key of the recipe, see config/README.md"
    )
    command.add_argument("--size", type=int, default=512, help="shorter side, px, a multiple of 16 (default: 512)")
    command.add_argument("--seed", type=int, default=0, help="of a start from noise (default: 0)")
    command.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    command.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="(default: all cores)")
    command.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    command.set_defaults(run=_stylize)


def _stylize(chosen: argparse.Namespace) -> None:
    recipe = _recipe(chosen.recipe, chosen.set)
    faults = []

    @cache  # a style or mask of many photos is spoken of once
    def say(note: str) -> None:
        print(note, file=sys.stderr, flush=True)

    for sitting in _sittings(chosen):
        try:
            said = paint_by_hand(
                sitting,
                checkpoint=chosen.checkpoint,
                recipe=recipe,
                stand_ins=read_stand_ins(CONFIG / "layers.yaml"),
                size_px=chosen.size,
                seed=chosen.seed,
                device=chosen.device,
                threads=chosen.threads,
                precision=chosen.precision,
                keep_alpha=chosen.keep_alpha,
                say=say,
            )
            print(said, flush=True)
        except ImageError as error:
            # one bad photo of a folder does not stop the others
            faults.append(str(error))
    if faults:
        raise RobustStyleError("\n".join(faults))


def _sittings(chosen: argparse.Namespace) -> Iterator[Sitting]:
    weights = chosen.style_weights or [1.0] * len(chosen.style)
    masks = [None if mask == "none" else Path(mask) for mask in chosen.mask or ["none"] * len(chosen.style)]
    for option, given in (("--style-weights", weights), ("--mask", masks)):
        if len(given) != len(chosen.style):
            raise ConfigError(f"{option}: expected one for each of {len(chosen.style)} styles, found {len(given)}")
    if not all(weight > 0 for weight in weights):
        raise ConfigError(f"--style-weights: expected numbers above 0, found {weights}")
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


def _built_in() -> dict[str, dict[str, Any]]:
    return built_in_recipes(CONFIG / "recipes.yaml")


def _recipe(name: str, changes: list[str]) -> dict[str, Any]:
    recipes = _built_in()
    if name not in recipes:
        raise ConfigError(f"--recipe: expected one of {', '.join(recipes)}, found {name!r}{nearest(name, recipes)}")
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    block = schema["properties"]["transfer"]["properties"]["recipes"]["additionalProperties"]
    known = block["properties"]
    recipe = dict(recipes[name])
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or key not in known or key == "based_on":
            raise ConfigError(
                f"--set: expected KEY=VALUE with a key of a recipe, found {change!r}{nearest(key, known)}"
            )
        recipe[key] = yaml.safe_load(value)
        validator = jsonschema.Draft202012Validator({**known[key], "$defs": schema["$defs"]})
        for error in validator.iter_errors(recipe[key]):
            raise ConfigError(f"--set {change}: {error.message}; {known[key]['description']}")
    fill_defaults(recipe, block)
    # pictures on the way are the workflow's
    return recipe | {"snapshots": [0]}
