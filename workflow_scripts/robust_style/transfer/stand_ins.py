"""The layers of other networks that correspond to VGG's in a recipe. Standard library and PyYAML only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from robust_style.model.architectures import architecture_named

# Family -> `relu` or `conv` -> a layer for each of VGG's five blocks.
StandIns = Mapping[str, Mapping[str, Sequence[str]]]
# Keys of a recipe in the configuration that are no settings of the painting.
_NO_SETTINGS = ("layers_of", "checkpoints")
VGG_LAYER = re.compile(r"(conv|relu)([1-5])_[1-4]")


def read_stand_ins(path: Path) -> StandIns:
    """Read config/layers.yaml."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def layer_for(layer: str, architecture: str, stand_ins: StandIns) -> str:
    """The layer of `architecture` that corresponds to a layer of VGG; any other name is returned unchanged.

    Raises ConfigError for an unknown architecture.
    """
    family = architecture_named(architecture).family
    vgg_layer = VGG_LAYER.fullmatch(layer)
    if vgg_layer is None or family not in stand_ins:
        return layer
    return stand_ins[family][vgg_layer[1]][int(vgg_layer[2]) - 1]


def own_layers(layers_of: Mapping[str, Any], architecture: str) -> list[Any]:
    """The entries of a block `layers_of` for the family of `architecture` and for itself, the more specific last."""
    family = architecture_named(architecture).family
    return [layers_of[name] for name in (family, architecture) if name in layers_of]


def recipe_for(recipe: Mapping[str, Any], architecture: str, stand_ins: StandIns) -> dict[str, Any]:
    """The settings of the recipe with the layers of `architecture`, and without `layers_of` and `checkpoints`.

    Layers with the same stand-in are merged, and their weights added. Raises ConfigError for an unknown architecture.
    """
    settings = {key: value for key, value in recipe.items() if key not in _NO_SETTINGS}
    for layers in own_layers(recipe.get("layers_of", {}), architecture):
        settings |= layers
    weights = settings.get("style_layer_weights")
    style = [layer_for(layer, architecture, stand_ins) for layer in settings["style_layers"]]
    if weights is not None and len(weights) == len(style):
        settings["style_layer_weights"] = list(_sums(style, weights).values())
    settings["style_layers"] = list(dict.fromkeys(style))
    settings["content_layers"] = list(
        dict.fromkeys(layer_for(layer, architecture, stand_ins) for layer in settings["content_layers"])
    )
    return settings


def _sums(layers: Iterable[str], weights: Iterable[int | float]) -> dict[str, int | float]:
    sums: dict[str, int | float] = {}
    for layer, weight in zip(layers, weights, strict=True):
        sums[layer] = sums[layer] + weight if layer in sums else weight
    return sums
