"""`robust-style layers`: what the layers of a network are called, from the command line."""

import argparse
from pathlib import Path
from typing import Any

import torch

from robust_style.commands.parser import number
from robust_style.files.destination import typed_input
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.convert import network_to_paint_with
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.transfer.layer_table import layer_table
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.defaults import CONFIG, built_in_recipes


def add_layers(commands: Any) -> None:
    """Adds the sub-command to the parser's."""
    command = commands.add_parser(
        "layers",
        help="the layers of a network: names, sizes, and which built-in recipe looks at them",
        description="Tab-separated: names for style_layers and content_layers, channels, height and width of "
        "their maps of a picture of 32, 224 and 512 px, and the built-in recipes that look at style or content there.",
    )
    command.add_argument(
        "network",
        type=_checkpoint_or_architecture,
        metavar="NETWORK",
        help=f"a checkpoint, or {', '.join(ARCHITECTURES)}",
    )
    command.add_argument(
        "--width", type=number(0, 4, above=True), default=1.0, help="of an architecture, factor on the channels (1.0)"
    )
    command.set_defaults(run=_layers)


def _checkpoint_or_architecture(text: str) -> str:
    typed_input(text)
    return text


def _layers(chosen: argparse.Namespace) -> None:
    # A path where it looks like one; a misspelt architecture is not to be told as a missing file.
    if Path(chosen.network).is_file() or "/" in chosen.network or "." in chosen.network:
        network, checkpoint = network_to_paint_with(Path(chosen.network))
        architecture = checkpoint.architecture
    else:
        architecture = chosen.network
        with torch.device("meta"):
            network = NormalisedNetwork(build_network(architecture, chosen.width, 10), (0.5,) * 3, (0.5,) * 3)
    recipes = built_in_recipes(CONFIG / "recipes.yaml")
    lines = layer_table(network, architecture, recipes, read_stand_ins(CONFIG / "layers.yaml"))
    # At once: whoever reads on may stop before the end.
    print("\n".join(lines))
