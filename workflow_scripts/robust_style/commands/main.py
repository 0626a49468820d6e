"""The commands `paint` (`paint.py`), `app` (`app.py`), `layers`, `export` and `convert`: options, errors, signals."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from robust_style import __version__
from robust_style.commands.app import add_app
from robust_style.commands.paint import add_paint
from robust_style.commands.parser import CommandParser, number, whole_number
from robust_style.data.dataset import read_dataset
from robust_style.errors import RobustStyleError
from robust_style.files.checkpoint import save_checkpoint
from robust_style.files.destination import Destinations, typed_file, typed_input
from robust_style.files.digest import sha256_of_file
from robust_style.files.export import export_weights
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.convert import converted, network_to_paint_with
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.signals import Interrupted, interruptible
from robust_style.transfer.layer_table import layer_table
from robust_style.transfer.stand_ins import read_stand_ins
from robust_style.workflow.entry import replace_unencodable, step
from robust_style.workflow.schema import CONFIG, built_in_recipes

_FORCE_HELP = "replace an existing file (inputs are never replaced)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one sub-command. An error of the user is one message on stderr and status 1; Ctrl-C is status 130."""
    replace_unencodable()
    chosen = _parser().parse_args(arguments)
    with step(None), interruptible():
        try:
            chosen.run(chosen)
            print(end="", flush=True)
        except Interrupted as interruption:
            print(f"interrupted ({interruption.name}); {interruption.kept}", file=sys.stderr)
            raise
        except BrokenPipeError:
            # The reader has closed the pipe (`| head`). At exit, Python would try to write the rest again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(128 + signal.SIGPIPE) from None
        except OSError as error:
            if not hasattr(chosen, "destination"):
                raise
            place = chosen.destination or chosen.photo.parent
            raise RobustStyleError(f"{place}: cannot write there ({error.strerror}). Choose another place.") from None


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="robust-style",
        description="Paint photos with networks trained by this project or others; inspect and convert networks.",
        renamed={"stylize": "this command is called paint now"},
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_paint(commands)
    add_app(commands)
    _add_layers(commands)
    _add_export(commands)
    _add_convert(commands)
    return parser


def _add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="the weights of a checkpoint of ours as safetensors")
    export.add_argument("checkpoint", type=typed_input, metavar="CHECKPOINT", help="results/checkpoints/…/epoch_….pt")
    export.add_argument("destination", type=typed_file, metavar="OUT.safetensors")
    export.add_argument("--half", action="store_true", help="convolutions and matrices in float16: half the size")
    export.add_argument("--force", action="store_true", help=_FORCE_HELP)
    export.set_defaults(run=_export)


def _add_convert(commands: Any) -> None:
    convert = commands.add_parser(
        "convert",
        help="a file of torch.save or safetensors (robustness, pytorch-cifar, state dict) as a checkpoint of ours",
        description="Code in SOURCE is never run. To paint with the network, name SOURCE in the configuration instead "
        "(networks.NAME.source); this makes a checkpoint to look at, to load elsewhere or to pass on.",
    )
    convert.add_argument("source", type=typed_input, metavar="SOURCE")
    convert.add_argument("destination", type=typed_file, metavar="OUT.pt")
    convert.add_argument("--force", action="store_true", help=_FORCE_HELP)
    convert.add_argument(
        "--architecture",
        help=f"{', '.join(ARCHITECTURES)}; imagenet_... only paint (default: inferred from the weights)",
    )
    convert.add_argument(
        "--input",
        choices=("torchvision", "caffe"),
        default="torchvision",
        help="what an ImageNet network expects: torchvision's normalised red, green, blue (default), or blue, green, "
        "red from 0 to 255 less the mean, as the Oxford weights in their Caffe, Keras and Lua editions",
    )
    convert.add_argument(
        "--width",
        type=number(0, 4, above=True),
        help="factor on the number of channels (default: inferred from the weights)",
    )
    for option, least, most, above in (("--mean", 0, 1, False), ("--std", 0, 100, True)):
        convert.add_argument(
            option,
            type=number(least, most, above=above),
            nargs=3,
            metavar=("RED", "GREEN", "BLUE"),
            help="normalisation of the network's images, pixels from 0 to 1 (default: from the file, else that of "
            "CIFAR-10 or ImageNet); without normalisation: --mean 0 0 0 --std 1 1 1",
        )
    convert.add_argument("--regime", required=True, choices=("standard", "adversarial"), help="how it was trained")
    convert.add_argument("--epoch", type=whole_number(1, 999), help="completed epochs (default: from the file)")
    convert.add_argument("--network", help="its name in the checkpoint (default: the regime)")
    convert.add_argument("--seed", type=whole_number(0, 10**18), default=0, help="label only (default: 0)")
    convert.add_argument(
        "--dataset",
        type=typed_input,
        help="results/data/….npz: records its class names and hash (default: classes numbered)",
    )
    convert.set_defaults(run=_convert)


def _add_layers(commands: Any) -> None:
    command = commands.add_parser(
        "layers",
        help="the layers of a network: names, sizes, and the built-in recipes that use them",
        description="Tab-separated: names for style_layers and content_layers, channels, height and width of "
        "their maps for a picture of 32, 224 and 512 px, and the built-in recipes with style or content losses there.",
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
    # Names with a slash or a dot are paths. A misspelt architecture must not be reported as a missing file.
    if Path(chosen.network).is_file() or "/" in chosen.network or "." in chosen.network:
        network, checkpoint = network_to_paint_with(Path(chosen.network))
        architecture = checkpoint.architecture
    else:
        architecture = chosen.network
        with torch.device("meta"):
            network = NormalisedNetwork(build_network(architecture, chosen.width, 10), (0.5,) * 3, (0.5,) * 3)
    recipes = built_in_recipes(CONFIG / "recipes.yaml")
    lines = layer_table(network, architecture, recipes, read_stand_ins(CONFIG / "layers.yaml"))
    # In one call: the reader of a pipe may stop before the end.
    print("\n".join(lines))


def _export(chosen: argparse.Namespace) -> None:
    destination = Destinations([chosen.checkpoint], force=chosen.force).approve(chosen.destination, [".safetensors"])
    export_weights(chosen.checkpoint, destination, half=chosen.half)
    print(f"{chosen.destination}: the weights of {chosen.checkpoint}")


def _convert(chosen: argparse.Namespace) -> None:
    inputs = [path for path in (chosen.source, chosen.dataset) if path]
    destination = Destinations(inputs, force=chosen.force).approve(chosen.destination, [".pt", ".pth"])
    network = chosen.network or chosen.regime
    checkpoint = converted(
        chosen.source,
        origin=chosen.source.name,
        network=network,
        architecture=chosen.architecture,
        width=chosen.width,
        regime=chosen.regime,
        seed=chosen.seed,
        epoch=chosen.epoch,
        class_names=read_dataset(chosen.dataset).class_names if chosen.dataset else None,
        dataset_sha256=sha256_of_file(chosen.dataset) if chosen.dataset else "",
        settings={
            key: getattr(chosen, key) for key in ("architecture", "width", "regime") if getattr(chosen, key) is not None
        },
        code="by hand",
        caffe_input=chosen.input == "caffe",
        mean=chosen.mean and tuple(chosen.mean),
        std=chosen.std and tuple(chosen.std),
    )
    save_checkpoint(destination, checkpoint)
    classes = f"{checkpoint.classes} classes" if checkpoint.classes else "paints only"
    print(
        f"{chosen.destination}: {network}, {checkpoint.architecture} at width {checkpoint.width}, {classes}, after "
        f"{checkpoint.epoch} epochs"
    )
