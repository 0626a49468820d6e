"""`robust-style paint`: paint photos with a checkpoint, from the command line."""

import argparse
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from robust_style.commands.painting_plan import Style, plan_paintings
from robust_style.commands.parser import number, whole_number
from robust_style.compute.memory import within_memory
from robust_style.errors import ConfigError, Divergence, ImageError, RobustStyleError
from robust_style.files.destination import typed_input
from robust_style.messages import quoted
from robust_style.transfer.paint_photo import check_pictures, paint_photo_file
from robust_style.transfer.picture_file import QUALITY, alpha_endings, is_lossless, picture_endings
from robust_style.transfer.recipe import inert_settings, seed_is_inert
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.schema import (
    CONFIG,
    built_in_recipes,
    device_error,
    fill_defaults,
    nearest,
    schema_errors,
    unknown_key,
    with_numbers,
)

# As transfer.threads in config/schema.yaml. More threads than cores are allowed, because the number of threads decides
# how sums are rounded: it is needed to repeat a picture of a larger machine.
_MAX_THREADS = 256
# Recipe keys with options of their own.
_RECIPE_OPTIONS = {
    "style_weight": "--style-weight",
    "content_weight": "--content-weight",
    "iterations": "--iterations",
}


def add_paint(commands: Any) -> None:
    """Add the sub-command `paint` to the parser."""
    command = commands.add_parser(
        "paint",
        help="paint a photo, or a folder of them, with a checkpoint",
        renamed={
            "--style-weights": "is called --style-blend-weights (one for each of several styles); the weight of the "
            "style loss is --style-weight"
        },
    )
    command.add_argument("--content", type=typed_input, required=True, help="a photo, or a folder of photos")
    command.add_argument("--style", type=typed_input, nargs="+", required=True, help="a painting, or several")
    command.add_argument(
        "--style-blend-weights", type=number(0, 1e12, above=True), nargs="+", metavar="WEIGHT",
        help="of several styles, one for each (default: equal)",
    )  # fmt: skip
    command.add_argument(
        "--mask", type=typed_input, nargs="+", help="for each style a picture, white where it is wanted, or `none`"
    )
    command.add_argument(
        "--checkpoint", type=typed_input, required=True, help="a checkpoint of this project or of another program"
    )
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
        "--quality", type=whole_number(1, 100), metavar="N",
        help=f"of JPEG, WebP and AVIF, 1 to 100 (default: {QUALITY})",
    )  # fmt: skip
    command.add_argument("--gif", action="store_true", help="also save an animated GIF of the optimisation")
    command.add_argument(
        "--keep-alpha", action="store_true", help=f"keep the photo's transparency ({', '.join(alpha_endings())})"
    )
    _add_recipe_options(command)
    command.add_argument(
        "--size", type=whole_number(32, 10**9), default=512, help="shorter side, px, a multiple of 16 (default: 512)"
    )
    command.add_argument(
        "--seed", type=whole_number(0, 10**18), help="of a start from noise and random transformations (default: 0)"
    )
    command.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    command.add_argument(
        "--threads", type=whole_number(1, _MAX_THREADS), default=min(os.cpu_count() or 1, _MAX_THREADS),
        help=f"1 to {_MAX_THREADS} (default: all cores)",
    )  # fmt: skip
    command.add_argument("--precision", default="auto", choices=["auto", "float32", "bfloat16"])
    command.set_defaults(run=_paint)


def _paint(chosen: argparse.Namespace) -> None:
    if (error := device_error(chosen.device)) is not None:
        raise ConfigError(f"device: {error}")
    recipe, changed = _recipe(chosen)
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
            "seed": chosen.seed or 0,
            "precision": chosen.precision,
            "keep_alpha": chosen.keep_alpha,
        },
    )
    for note in plan.notes:
        print(f"note: {note}", file=sys.stderr)
    for warning in _warnings(chosen, recipe, changed):
        print(f"warning: {warning}", file=sys.stderr)
    outputs = [sitting.output for sitting in plan.sittings]
    if chosen.keep_alpha and (opaque := [path for path in outputs if path.suffix.lower() not in alpha_endings()]):
        raise ConfigError(
            f"--keep-alpha: {opaque[0]} cannot store transparency. Name an output with {', '.join(alpha_endings())}."
        )
    if chosen.quality is not None and any(map(is_lossless, outputs)):
        print("note: --quality has no effect on PNG and TIFF, which are lossless", file=sys.stderr)
    if outputs:
        # A missing style is one error before the first photo, not one per photo.
        check_pictures([style.image for style in styles], [style.mask for style in styles if style.mask])

    @cache  # a note on a style or mask is printed once, not for each photo
    def say(note: str) -> None:
        print(f"note: {note}", file=sys.stderr, flush=True)

    photos, faults = len(plan.sittings) + len(plan.faults), plan.faults
    for sitting in plan.sittings:
        try:
            with within_memory("--size", chosen.size, "choose a smaller --size"):
                summary = paint_photo_file(
                    sitting,
                    checkpoint=chosen.checkpoint,
                    recipe=recipe,
                    stand_ins=read_stand_ins(CONFIG / "layers.yaml"),
                    size_px=chosen.size,
                    seed=chosen.seed or 0,
                    device=chosen.device,
                    threads=chosen.threads,
                    precision=chosen.precision,
                    quality=chosen.quality or QUALITY,
                    keep_alpha=chosen.keep_alpha,
                    say=say,
                )
            print(summary, flush=True)
        except (ImageError, Divergence) as error:
            # One bad photo of a folder does not stop the others.
            faults.append(str(error))
    if faults:
        were = "was" if len(faults) == 1 else "were"
        summary = f"{len(faults)} of {photos} photos {were} not painted: " if photos > 1 else ""
        raise RobustStyleError(summary + "\n".join(faults))


def _styles(chosen: argparse.Namespace) -> list[Style]:
    weights = chosen.style_blend_weights or [1.0] * len(chosen.style)
    masks = [None if mask == Path("none") else mask for mask in chosen.mask or [None] * len(chosen.style)]
    for option, given in (("--style-blend-weights", weights), ("--mask", masks)):
        if len(given) != len(chosen.style):
            raise ConfigError(f"{option}: {len(given)} values for {len(chosen.style)} styles; give one for each")
    return [Style(*parts) for parts in zip(chosen.style, weights, masks, strict=True)]


def _warnings(chosen: argparse.Namespace, recipe: dict[str, Any], changed: set[str]) -> Iterator[str]:
    """Options that have no effect."""
    yield from inert_settings(recipe, changed)
    keys = [change.partition("=")[0].strip() for change in chosen.set]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"--set {key} is given {keys.count(key)} times; the last value is used"
    if "checkpoints" in changed:
        yield "checkpoints has no effect: only the workflow paints with several checkpoints"
    if "snapshots" in changed:
        yield "snapshots has no effect: only the workflow keeps them (--gif writes the pictures on the way)"
    if chosen.seed is not None and seed_is_inert(recipe):
        yield "--seed has no effect: the recipe starts from the content and has no random transformations"
    if chosen.style_blend_weights and len(chosen.style) == 1 and len(chosen.style_blend_weights) == 1:
        yield "--style-blend-weights has no effect with one style; the weight of the style loss is --style-weight"
    if chosen.threads > (cores := os.cpu_count() or 1):
        yield f"--threads {chosen.threads}: this machine has {cores} cores; more threads than cores are slower"


def _add_recipe_options(command: argparse.ArgumentParser) -> None:
    weight = number(0, 1e12)
    command.add_argument("--recipe", default="fair", help=f"built in: {', '.join(_built_in())} (default: fair)")
    command.add_argument("--style-weight", type=weight, help="weight of the style loss (default: the recipe's)")
    command.add_argument("--content-weight", type=weight, help="weight of the content loss (default: the recipe's)")
    command.add_argument(
        "--iterations", type=whole_number(1, 100_000), dest="iterations",
        help="iterations of the optimiser, one iteration of loss and gradient each (default: the recipe's)",
    )  # fmt: skip
    command.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a key of the recipe, see config/README.md"
    )


def _recipe(chosen: argparse.Namespace) -> tuple[dict[str, Any], set[str]]:
    """The complete recipe that the options choose, and the keys that they change.

    Raises ConfigError for an unknown recipe or key, and for a value that the schema does not allow.
    """
    recipes = _built_in()
    if chosen.recipe not in recipes:
        hint = "; it is called original now" if chosen.recipe == "seed" else nearest(chosen.recipe, recipes)
        raise ConfigError(f"--recipe: there is no recipe {quoted(chosen.recipe)}{hint}")
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    block = schema["properties"]["transfer"]["properties"]["recipes"]["additionalProperties"]
    keys = {key: part for key, part in block["properties"].items() if key != "based_on"}
    changes = _changes(chosen.set, keys, schema)
    for key, option in _RECIPE_OPTIONS.items():
        value = getattr(chosen, key)
        if value is not None and key in changes:
            raise ConfigError(f"{option} and --set {key}: both set the same key; give one of them")
        if value is not None:
            changes[key] = value
    recipe = recipes[chosen.recipe] | changes
    fill_defaults(recipe, block)
    # Only the workflow writes snapshots.
    return recipe | {"snapshots": [0]}, set(changes)


def _built_in() -> dict[str, dict[str, Any]]:
    return built_in_recipes(CONFIG / "recipes.yaml")


def _changes(assignments: list[str], known: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for change in assignments:
        key, equals, text = change.partition("=")
        key = key.strip()
        place = f"--set {quoted(change)}"
        if not key:
            raise ConfigError(f"{place}: the key is missing; write KEY=VALUE, as in iterations=200")
        if key not in known:
            raise ConfigError(f"{place}: {unknown_key(f'transfer.recipes.any.{key}', known)}")
        if not equals or not text.strip():
            raise ConfigError(f"{place}: the value is missing; write {key}=VALUE ({known[key]['description']})")
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise ConfigError(f"{place}: the value is not YAML; write a list as [a, b], in quotes") from None
        part = {"type": "object", "properties": {key: known[key]}, "$defs": schema["$defs"]}
        read = with_numbers({key: value}, part, schema)
        for error in schema_errors(read, part):
            raise ConfigError(f"--set {error}; {known[key]['description']}")
        changes |= read
    return changes
