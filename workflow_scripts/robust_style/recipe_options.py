"""The recipe as the command line names it: a built-in one, changed key by key."""

import argparse
from pathlib import Path
from typing import Any

import yaml

from robust_style.command_line import number, shown, whole_number
from robust_style.errors import ConfigError
from robust_style.workflow.defaults import built_in_recipes, fill_defaults, nearest
from robust_style.workflow.numbers import with_numbers
from robust_style.workflow.schema_faults import old_key, schema_faults

CONFIG = Path(__file__).resolve().parents[2] / "config"
# Options of their own for the keys that are changed most often.
_OPTIONS = {
    "style_weight": "--style-weight",
    "content_weight": "--content-weight",
    "iterations": "--iterations",
}


def add_recipe_options(command: argparse.ArgumentParser) -> None:
    """Adds the options that choose and change the recipe."""
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


def recipe_of(chosen: argparse.Namespace) -> tuple[dict[str, Any], set[str]]:
    """The complete recipe that the options choose, and the keys that they set.

    Raises ConfigError for an unknown recipe or key, and for a value that the schema does not allow.
    """
    recipes = _built_in()
    if chosen.recipe not in recipes:
        near = "; it is called original now" if chosen.recipe == "seed" else nearest(chosen.recipe, recipes)
        raise ConfigError(f"--recipe: there is no recipe {shown(chosen.recipe)}{near}")
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    block = schema["properties"]["transfer"]["properties"]["recipes"]["additionalProperties"]
    changes = _changes(chosen.set, block["properties"], schema)
    for key, option in _OPTIONS.items():
        value = getattr(chosen, key)
        if value is not None and key in changes:
            raise ConfigError(f"{option} and --set {key}: both set the same key; give one of them")
        if value is not None:
            changes[key] = value
    recipe = recipes[chosen.recipe] | changes
    fill_defaults(recipe, block)
    # snapshots are written by the workflow only
    return recipe | {"snapshots": [0]}, set(changes)


def _built_in() -> dict[str, dict[str, Any]]:
    return built_in_recipes(CONFIG / "recipes.yaml")


def _changes(given: list[str], known: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for change in given:
        key, equals, text = change.partition("=")
        key = key.strip()
        place = f"--set {shown(change)}"
        if not key:
            raise ConfigError(f"{place}: the key is missing; write KEY=VALUE, as in iterations=200")
        if key not in known or key == "based_on":
            change_of_name = old_key(f"transfer.recipes.any.{key}")
            raise ConfigError(f"{place}: {change_of_name or 'no such key of a recipe' + nearest(key, known)}")
        if not equals or not text.strip():
            raise ConfigError(f"{place}: the value is missing; write {key}=VALUE ({known[key]['description']})")
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            raise ConfigError(f"{place}: the value is not YAML; write a list as [a, b], in quotes") from None
        part = {"type": "object", "properties": {key: known[key]}, "$defs": schema["$defs"]}
        read = with_numbers({key: value}, part, schema)
        for fault in schema_faults(read, part):
            raise ConfigError(f"--set {fault}; {known[key]['description']}")
        changes |= read
    return changes
