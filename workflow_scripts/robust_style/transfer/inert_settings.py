"""Settings of a recipe that change nothing beside its other settings. Standard library only: the Snakefile reads it."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

Settings = Mapping[str, Any]


def _has_style(recipe: Settings) -> bool:
    weights = recipe["style_layer_weights"]
    return bool(recipe["style_weight"]) and (weights is None or any(weights))


def _has_transformations(recipe: Settings) -> bool:
    return any(recipe[key] for key in ("jitter_px", "scaling", "rotation_degrees"))


_NEEDS_STYLE = ("style_weight and one of style_layer_weights above 0", _has_style)
# Key -> what it needs in words, and whether a recipe has that. Keys whose only other value is refused where it has no
# effect (line_search, jitter_px, scaling, rotation_degrees: `recipe.contradictions`) are not here: setting them back to
# their defaults is the way to take away what a recipe is based on.
EFFECTIVE_WITH: dict[str, tuple[str, Callable[[Settings], bool]]] = {
    "noise_share": ("initialisation blend", lambda recipe: recipe["initialisation"] == "blend"),
    "learning_rate": ("optimiser adam", lambda recipe: recipe["optimiser"] == "adam"),
    "clamp": (
        "optimiser adam or lbfgs_unguarded and parameterisation pixel",
        lambda recipe: recipe["optimiser"] != "lbfgs" and recipe["parameterisation"] == "pixel",
    ),
    "content_layers": ("a content_weight above 0", lambda recipe: recipe["content_weight"] > 0),
    "style_layers": _NEEDS_STYLE,
    "gram_normalisation": _NEEDS_STYLE,
    "style_scale": _NEEDS_STYLE,
}


def inert_settings(recipe: Settings, changed: Collection[str]) -> Iterator[str]:
    """A sentence for each key among `changed` that has no effect in the complete `recipe`, and for a style of weight 0.

    `changed` are the keys that the user set.
    """
    for key, (needed, is_effective) in EFFECTIVE_WITH.items():
        if key in changed and not is_effective(recipe):
            yield f"{key} has no effect: it needs {needed}"
    if not _has_style(recipe) and {"style_weight", "style_layer_weights"} & set(changed):
        what = "style_weight is 0" if not recipe["style_weight"] else "all style_layer_weights are 0"
        start = "stays the content" if recipe["initialisation"] == "content" else "becomes a copy of the content"
        yield f"{what}: the picture {start}, without style"


def inert_in_configuration(given: Settings, config: Settings) -> list[str]:
    """The sentences of `inert_settings` for the recipes of the checked `config`; `given` is the same one as written."""
    blocks = given["transfer"].get("recipes") or {}
    return [
        f"transfer.recipes.{name}: {sentence}"
        for name, recipe in config["transfer"]["recipes"].items()
        for sentence in inert_settings(recipe, set(blocks.get(name) or {}))
    ]


def seed_is_inert(recipe: Settings) -> bool:
    """Whether nothing in the recipe is random."""
    return recipe["initialisation"] == "content" and not _has_transformations(recipe)
