"""Which layers each network of the configuration paints and reconstructs with. Standard library and PyYAML only."""

from collections.abc import Iterable, Iterator
from typing import Any

from robust_style.errors import ConfigError
from robust_style.model.architectures import (
    ARCHITECTURES,
    architecture_named,
    check_layer,
    did_you_mean,
    is_pretrained,
    layer_names,
)
from robust_style.transfer.recipe import contradictions
from robust_style.transfer.stand_ins import StandIns, layer_for, own_layers, recipe_for

# Two positions of the deepest map on a side.
SMALLEST_IMAGENET_PX = 64


def painted_recipe(config: dict[str, Any], network: str, recipe: str, stand_ins: StandIns) -> dict[str, Any]:
    """The recipe of that name as the network of that name paints by it."""
    return recipe_for(config["transfer"]["recipes"][recipe], _architecture(config, network), stand_ins)


def reconstructed_layers(config: dict[str, Any], network: str, stand_ins: StandIns) -> list[str]:
    """The layers from which the network of that name reconstructs, as many of each network."""
    block, architecture = config["reconstruction"], _architecture(config, network)
    layers = [block["layers"], *own_layers(block["layers_of"], architecture)][-1]
    return layers_for(layers, architecture, stand_ins)


def rated_layers(config: dict[str, Any], network: str, layers: Iterable[str], stand_ins: StandIns) -> list[str]:
    """The layers with which the network of that name raters, where a VGG has `layers`."""
    return layers_for(layers, _architecture(config, network), stand_ins)


def layers_for(layers: Iterable[str], architecture: str, stand_ins: StandIns) -> list[str]:
    """`layer_for` of each."""
    return [layer_for(layer, architecture, stand_ins) for layer in layers]


def layer_contradictions(config: dict[str, Any], stand_ins: StandIns) -> Iterator[str]:
    """A sentence for each layer that a network of the configuration has not, and for each `layers_of` of nobody."""
    # One network of each architecture: the others would only say the same again.
    whose = {block["architecture"]: name for name, block in reversed(config["networks"].items())}
    recipes, rebuilt = config["transfer"]["recipes"], config["reconstruction"]
    for place, block in [
        *((f"transfer.recipes.{name}", recipe) for name, recipe in recipes.items()),
        ("reconstruction", rebuilt),
    ]:
        yield from _strangers(f"{place}.layers_of", block["layers_of"], stand_ins)
    for architecture, network in whose.items():
        yield from _too_small(config, network, architecture)
        for name, recipe in recipes.items():
            settled = recipe_for(recipe, architecture, stand_ins)
            yield from (f"transfer.recipes.{name}: {fault}" for fault in contradictions(settled))
            yield from _absent(f"transfer.recipes.{name}", network, architecture, _layers(settled))
        if rebuilt["checkpoints"] != "none":
            layers = reconstructed_layers(config, network, stand_ins)
            yield from _absent("reconstruction", network, architecture, layers)
            yield from _uneven(rebuilt["layers"], network, layers)


def _architecture(config: dict[str, Any], network: str) -> str:
    found: str = config["networks"][network]["architecture"]
    return found


def _layers(recipe: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys([*recipe["style_layers"], *recipe["content_layers"]]))


def _strangers(place: str, layers_of: Iterable[str], stand_ins: StandIns) -> Iterator[str]:
    known = list(dict.fromkeys([*(one.family for one in ARCHITECTURES.values()), *stand_ins, *ARCHITECTURES]))
    for name in layers_of:
        if name not in known:
            yield f"{place}.{name}: expected one of {', '.join(known)}{did_you_mean(name, known)}"


def _absent(place: str, network: str, architecture: str, layers: Iterable[str]) -> Iterator[str]:
    known = layer_names(architecture)
    for layer in layers:
        try:
            check_layer(layer, known, f"{architecture} (networks.{network})")
        except ConfigError as fault:
            yield f"{place}: {fault}"


def _too_small(config: dict[str, Any], network: str, architecture: str) -> Iterator[str]:
    """A map of one position has no structure; networks for ImageNet, but for VGG, halve a picture five times."""
    if not is_pretrained(architecture) or architecture_named(architecture).family == "vgg":
        return
    sizes = {"transfer.size_px": config["transfer"]["size_px"]}
    rebuilt = config["reconstruction"]
    if rebuilt["checkpoints"] != "none" and rebuilt["size_px"] is not None:
        sizes["reconstruction.size_px"] = rebuilt["size_px"]
    for key, found in sizes.items():
        if found < SMALLEST_IMAGENET_PX:
            yield (
                f"{key}: expected at least {SMALLEST_IMAGENET_PX} for networks.{network} ({architecture}), which "
                f"halves a picture five times, found {found}; paint larger, or take the network away"
            )


def _uneven(named: list[str], network: str, layers: list[str]) -> Iterator[str]:
    if len(layers) != len(named):
        yield (
            f"reconstruction.layers_of: expected {len(named)} layers for networks.{network}, as reconstruction.layers "
            f"has, found {len(layers)}; the figure has a column for each"
        )
    for layer in dict.fromkeys(layer for layer in layers if layers.count(layer) > 1):
        yield (
            f"reconstruction.layers: expected different layers of networks.{network}, found {layer} twice, which "
            "stands for several of VGG's; name one of each block, or others in reconstruction.layers_of"
        )
