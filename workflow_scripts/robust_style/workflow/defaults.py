"""What a configuration leaves unsaid: null blocks away, recipes from the built-in ones, defaults from the schema."""

import difflib
from pathlib import Path
from typing import Any

import yaml

from robust_style.errors import ConfigError
from robust_style.workflow.numbers import with_numbers

# The package's own schemas and tables; the files are links to config/.
CONFIG = Path(__file__).resolve().parents[1] / "config"
# Of version 0.1: the original notebook's recipe.
_OLD_RECIPE = "seed"
_NEW_RECIPE = "the recipe seed is called original now; write original"


def completed(config: dict[str, Any], schema: dict[str, Any], recipes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A copy in which every key has a value, as far as null blocks, built-in `recipes` and the schema's defaults say.

    Text that spells a number (`1e-3`, `8/255`) is a number where the schema wants one.
    Raises ConfigError for a recipe based on one that there is not; whether values fit the schema is not looked at.
    """
    config = with_numbers(_without_nulls(config), schema, schema)
    _begin_with_built_in(config, recipes)
    for network in _block(config, "networks").values():
        # A default that only one kind of network has, which a schema's `default` cannot say.
        if isinstance(network, dict) and network.get("regime") == "adversarial" and "source" not in network:
            network.setdefault("random_start", False)
    fill_defaults(config, schema)
    return config


def built_in_recipes(path: Path) -> dict[str, dict[str, Any]]:
    """The recipes of config/recipes.yaml by name, each only with the keys that it names."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def fill_defaults(value: Any, schema: dict[str, Any]) -> None:
    """Gives every key that is missing the default its schema has, in place."""
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for inner in value:
            fill_defaults(inner, schema["items"])
    if not isinstance(value, dict):
        return
    for key, inner in schema.get("properties", {}).items():
        if "default" in inner and key not in value:
            value[key] = _copied(inner["default"])
        if key in value:
            fill_defaults(value[key], inner)
    if isinstance(schema.get("additionalProperties"), dict):
        for key in value.keys() - schema.get("properties", {}).keys():
            fill_defaults(value[key], schema["additionalProperties"])


def nearest(key: str, known: dict[str, Any]) -> str:
    """What a key that is not known may have meant."""
    near = difflib.get_close_matches(key, list(known), 1)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; known here: {', '.join(known)}" if known else "; names consist of a-z, 0-9 and _"


def _without_nulls(config: dict[str, Any]) -> dict[str, Any]:
    """A copy in which networks and recipes set to null are gone, with what is expected of them.

    A later file's way to take away what an earlier one names.
    """
    config = _copied(config)
    networks, recipes, expected = (
        _block(config, *at) for at in (("networks",), ("transfer", "recipes"), ("expected",))
    )
    for name in [name for name, value in networks.items() if value is None]:
        del networks[name]
        expected.pop(name, None)
    if _OLD_RECIPE in recipes and recipes[_OLD_RECIPE] is None:
        raise ConfigError(f"transfer.recipes.{_OLD_RECIPE}: {_NEW_RECIPE}")
    for name in [name for name, value in recipes.items() if value is None]:
        del recipes[name]
    return config


def _block(config: dict[str, Any], *keys: str) -> dict[Any, Any]:
    """The block at that place; an empty one where there is none, or where something else stands."""
    found: Any = config
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _begin_with_built_in(config: dict[str, Any], built_in: dict[str, dict[str, Any]]) -> None:
    """Every recipe that names a built-in one, or has its name, gets what that has and it does not."""
    recipes = _block(config, "transfer", "recipes")
    for name, recipe in recipes.items():
        if isinstance(recipe, dict) and _OLD_RECIPE in (name, recipe.get("based_on")) and _OLD_RECIPE not in built_in:
            raise ConfigError(f"transfer.recipes.{name}: {_NEW_RECIPE}")
        # What is no name stays where it is, for the schema to refuse.
        if isinstance(recipe, dict) and isinstance(recipe.get("based_on", ""), str):
            base = recipe.pop("based_on", name if name in built_in else None)
            if base is not None and base not in built_in:
                raise ConfigError(
                    f"transfer.recipes.{name}.based_on: {base!r} is no built-in recipe{nearest(str(base), built_in)}"
                )
            recipes[name] = _copied(built_in.get(base, {})) | recipe


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
