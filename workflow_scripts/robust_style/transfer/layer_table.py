"""The layers of a network in a table: what they are called, how large their maps are, and which recipe looks there."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch

from robust_style.model.layers import is_vgg, layer_indices
from robust_style.model.network import NormalisedNetwork
from robust_style.model.tap_names import tap_names
from robust_style.model.traced import TracedNetwork
from robust_style.transfer.features import Encoder
from robust_style.transfer.stand_ins import StandIns, recipe_for

SIDES_PX = (32, 224, 512)

Shape = tuple[int, int, int]


def map_shapes(network: NormalisedNetwork, layers: Sequence[str], side_px: int) -> dict[str, Shape]:
    """Channels, height and width of each layer's map of a picture of `side_px` x `side_px` px, none of it computed."""
    shadow = deepcopy(network).to("meta").train(False)
    encoder = Encoder(shadow, layers, pooling="max", device=torch.device("meta"))
    maps = encoder(torch.empty(1, 3, side_px, side_px, device="meta"))
    return {layer: (maps[layer].shape[1], maps[layer].shape[2], maps[layer].shape[3]) for layer in layers}


def layer_table(
    network: NormalisedNetwork, architecture: str, recipes: Mapping[str, Mapping[str, Any]], stand_ins: StandIns
) -> Iterator[str]:
    """A line of tab-separated columns for each layer, in the order of the forward pass, after a line of heads.

    `recipes` are looked at as `architecture` paints by them.
    """
    inner = network.network
    there = (
        layer_indices(inner.get_submodule("features").children()) if is_vgg(inner) else TracedNetwork(inner).taps
    )  # of a file that is cut off, the first ones
    layers = [layer for layer in tap_names(architecture) if layer in there]
    shapes = [map_shapes(network, layers, side) for side in SIDES_PX]
    looks = _looks(architecture, recipes, stand_ins)
    yield "\t".join(["layer", "channels", *(f"of {side} px" for side in SIDES_PX), "style of", "content of"])
    for layer in layers:
        sizes = [f"{shape[layer][1]} x {shape[layer][2]}" for shape in shapes]
        seen = [" ".join(name for name, where in looks[kind].items() if layer in where) or "-" for kind in looks]
        yield "\t".join([layer, str(shapes[0][layer][0]), *sizes, *seen])


def _looks(
    architecture: str, recipes: Mapping[str, Mapping[str, Any]], stand_ins: StandIns
) -> dict[str, dict[str, list[str]]]:
    settled = {name: recipe_for(recipe, architecture, stand_ins) for name, recipe in recipes.items()}
    return {key: {name: recipe[key] for name, recipe in settled.items()} for key in ("style_layers", "content_layers")}
