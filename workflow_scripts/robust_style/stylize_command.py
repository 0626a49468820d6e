"""`python -m robust_style stylize`: paint photos with a checkpoint, from the command line."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from robust_style.artefact.destination import typed_path
from robust_style.data.image_file import read_image
from robust_style.errors import ConfigError, Divergence, ImageError, RobustStyleError
from robust_style.painting_plan import Style, plan_paintings
from robust_style.transfer.by_hand import paint_by_hand
from robust_style.transfer.picture_file import QUALITY, is_lossless, picture_endings
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.defaults import built_in_recipes, fill_defaults, nearest

CONFIG = Path(__file__).resolve().parents[2] / "config"


def add_stylize(commands: Any) -> None:
    """Adds the sub-command to the parser's."""
    command = commands.add_parser("stylize", help="paint a photo, or a folder of them, with a checkpoint")
    command.add_argument("--content", type=typed_path, required=True, help="a photo, or a folder of photos")
    command.add_argument("--style", type=typed_path, nargs="+", required=True, help="a painting, or several")
    command.add_argument("--style-weights", type=float, nargs="+", help="one for each style (default: equal)")
    command.add_argument("--mask", nargs="+", help="for each style a picture, white where it is wanted, or `none`")
    command.add_argument("--checkpoint", type=typed_path, required=True, help="of ours; others: `convert` first")
    command.add_argument(
        "--output",
        required=True,
        dest="destination",
        help=f"a picture ({', '.join(picture_endings())}), or a folder (existing, with a slash, or for a folder)",
    )
    command.add_argument("--force", action="store_true", help="replace existing files (inputs are never replaced)")
    command.add_argument(
        "--format",
        choices=[ending[1:] for ending in picture_endings()],
        help="of the pictures in a folder (default: png); otherwise the ending of --output chooses it",
    )
    command.add_argument(
        "--quality", type=_quality, metavar="N", help=f"of JPEG, WebP and AVIF, 1 to 100 (default: {QUALITY})"
    )
    command.add_argument("--gif", action="store_true", help="also save an animated GIF of the optimisation")
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


def _quality(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 100")
    return int(text)


def _stylize(chosen: argparse.Namespace) -> None:
    recipe = _recipe(chosen.recipe, chosen.set)
    styles = _styles(chosen)
    plan = plan_paintings(
        chosen.content,
        styles,
        chosen.checkpoint,
        output=chosen.destination,
        ending=chosen.format and f".{chosen.format}",
        animation=chosen.gif,
        force=chosen.force,
        settings={
            "recipe": chosen.recipe,
            "recipe_settings": recipe,
            "size": chosen.size,
            "seed": chosen.seed,
            "precision": chosen.precision,
        },
    )
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    if chosen.quality is not None and any(is_lossless(sitting.output) for sitting in plan.sittings):
        print("note: --quality has no effect on PNG and TIFF, which are lossless", file=sys.stderr)
    for picture in dict.fromkeys(path for style in styles for path in (style.image, style.mask) if path):
        # once, and before the first photo
        read_image(picture, str(picture))
    photos, faults = len(plan.sittings) + len(plan.faults), plan.faults
    for sitting in plan.sittings:
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
                quality=chosen.quality or QUALITY,
            )
            print(said, flush=True)
        except (ImageError, Divergence) as error:
            # one bad photo of a folder does not stop the others
            faults.append(str(error))
    if faults:
        were = "was" if len(faults) == 1 else "were"
        summary = f"{len(faults)} of {photos} photos {were} not painted: " if photos > 1 else ""
        raise RobustStyleError(summary + "\n".join(faults))


def _styles(chosen: argparse.Namespace) -> list[Style]:
    weights = chosen.style_weights or [1.0] * len(chosen.style)
    masks = [None if mask == "none" else typed_path(mask) for mask in chosen.mask or ["none"] * len(chosen.style)]
    for option, given in (("--style-weights", weights), ("--mask", masks)):
        if len(given) != len(chosen.style):
            raise ConfigError(f"{option}: expected one for each of {len(chosen.style)} styles, found {len(given)}")
    if not all(weight > 0 for weight in weights):
        raise ConfigError(f"--style-weights: expected numbers above 0, found {weights}")
    return [Style(*parts) for parts in zip(chosen.style, weights, masks, strict=True)]


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
