"""The layers of another network that stand for those of VGG which a recipe names. Standard library and PyYAML only."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from robust_style.model.architectures import architecture_named

# Family -> `relu` or `conv` -> a layer for each of VGG's five blocks.
StandIns = Mapping[str, Mapping[str, Sequence[str]]]
VGG_LAYER = re.compile(r"(conv|relu)([1-5])_[1-4]")


def read_stand_ins(path: Path) -> StandIns:
    """What config/layers.yaml says."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def layer_for(layer: str, architecture: str, stand_ins: StandIns) -> str:
    """The layer of `architecture` that `layer` means: what stands for a layer of VGG, any other name itself.

    Raises ConfigError for an unknown architecture.
    """
    family = architecture_named(architecture).family
    named = VGG_LAYER.fullmatch(layer)
    if named is None or family not in stand_ins:
        return layer
    return stand_ins[family][named[1]][int(named[2]) - 1]


def own_layers(layers_of: Mapping[str, Any], architecture: str) -> list[Any]:
    """What the block says for the family of `architecture` and for itself, the more special last."""
    family = architecture_named(architecture).family
    return [layers_of[name] for name in (family, architecture) if name in layers_of]


def recipe_for(recipe: Mapping[str, Any], architecture: str, stand_ins: StandIns) -> dict[str, Any]:
    """The recipe as `architecture` paints by it: with its layers, and without `layers_of`.

    Layers that have the same stand-in become one, their weights one sum. Raises ConfigError for an unknown
    architecture.
    """
    settled = {key: value for key, value in recipe.items() if key != "layers_of"}
    for own in own_layers(recipe.get("layers_of", {}), architecture):
        settled |= own
    weights = settled.get("style_layer_weights")
    style = [layer_for(layer, architecture, stand_ins) for layer in settled["style_layers"]]
    if weights is not None and len(weights) == len(style):
        settled["style_layer_weights"] = list(_sums(style, weights).values())
    settled["style_layers"] = list(dict.fromkeys(style))
    settled["content_layers"] = list(
        dict.fromkeys(layer_for(layer, architecture, stand_ins) for layer in settled["content_layers"])
    )
    return settled


def _sums(layers: Iterable[str], weights: Iterable[int | float]) -> dict[str, int | float]:
    sums: dict[str, int | float] = {}
    for layer, weight in zip(layers, weights, strict=True):
        sums[layer] = sums[layer] + weight if layer in sums else weight
    return sums
