"""A table of a network's layers: names, sizes of their feature maps, and the recipes that use them."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch

from robust_style.model.architectures import layer_names
from robust_style.model.layer_graph import layers_in
from robust_style.model.network import NormalisedNetwork
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.stand_ins import StandIns, recipe_for

SIDES_PX = (32, 224, 512)

Shape = tuple[int, int, int]


def layer_table(
    network: NormalisedNetwork, architecture: str, recipes: Mapping[str, Mapping[str, Any]], stand_ins: StandIns
) -> Iterator[str]:
    """Tab-separated lines: a header, then one line for each layer in the order of the forward pass.

    The last columns name the `recipes` that use the layer when they paint with `architecture`.
    """
    available = layers_in(network)  # fewer than `architecture` has if the file is cut off
    layers = [layer for layer in layer_names(architecture) if layer in available]
    shapes = [map_shapes(network, layers, side) for side in SIDES_PX]
    settings = {name: recipe_for(recipe, architecture, stand_ins) for name, recipe in recipes.items()}
    yield "\t".join(["layer", "channels", *(f"of {side} px" for side in SIDES_PX), "style of", "content of"])
    for layer in layers:
        sizes = [f"{shape[layer][1]} x {shape[layer][2]}" for shape in shapes]
        users = [
            " ".join(name for name, recipe in settings.items() if layer in recipe[key]) or "-"
            for key in ("style_layers", "content_layers")
        ]
        yield "\t".join([layer, str(shapes[0][layer][0]), *sizes, *users])


def map_shapes(network: NormalisedNetwork, layers: Sequence[str], side_px: int) -> dict[str, Shape]:
    """Channels, height and width of each layer's map for a picture of `side_px` x `side_px` px; none is computed."""
    shadow = deepcopy(network).to("meta").train(False)
    encoder = Encoder(shadow, layers, pooling="max", device=torch.device("meta"))
    maps = encoder(torch.empty(1, 3, side_px, side_px, device="meta"))
    return {layer: (maps[layer].shape[1], maps[layer].shape[2], maps[layer].shape[3]) for layer in layers}
