"""The commands `paint`, `layers`, `export` and `convert`, and what happens around each."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from robust_style import __version__
from robust_style.commands.layers import add_layers
from robust_style.commands.paint import add_paint
from robust_style.commands.parser import CommandParser, number, whole_number
from robust_style.data.dataset import read_dataset
from robust_style.errors import RobustStyleError
from robust_style.files.checkpoint import save_checkpoint
from robust_style.files.destination import Destinations, typed_file, typed_input
from robust_style.files.digest import sha256_of_file
from robust_style.files.export import export_weights
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.convert import converted
from robust_style.signals import Interrupted, interruptible
from robust_style.workflow.entry import replace_unprintable, step

REPLACE = "replace an existing file (inputs are never replaced)"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one sub-command. A mistake of the user's is one sentence on stderr and status 1; Ctrl-C is status 130."""
    replace_unprintable()
    chosen = _parser().parse_args(arguments)
    with step(None), interruptible():
        try:
            chosen.run(chosen)
            print(end="", flush=True)
        except Interrupted as interruption:
            print(f"interrupted ({interruption.name}); {interruption.kept}", file=sys.stderr)
            raise
        except BrokenPipeError:
            # The reader of the output has ended (`| head`). Python would try to write the rest again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(128 + signal.SIGPIPE) from None
        except OSError as error:
            if not hasattr(chosen, "destination"):
                raise
            raise RobustStyleError(
                f"{chosen.destination}: expected to write there, found {error.strerror}; choose another place"
            ) from None


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="robust-style",
        description="Paint photos with networks trained by this project or others; inspect and convert networks.",
        renamed={"stylize": "this command is called paint now"},
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_paint(commands)
    add_layers(commands)
    export = commands.add_parser("export", help="the weights of a checkpoint of ours as safetensors")
    export.add_argument("checkpoint", type=typed_input, metavar="CHECKPOINT", help="results/checkpoints/…/epoch_….pt")
    export.add_argument("destination", type=typed_file, metavar="OUT.safetensors")
    export.add_argument("--force", action="store_true", help=REPLACE)
    export.set_defaults(run=_export)
    convert = commands.add_parser(
        "convert",
        help="a file of torch.save (robustness, pytorch-cifar, state dict) as a checkpoint of ours",
        description="Code in SOURCE is never run. To paint with the network, name SOURCE in the configuration instead "
        "(networks.NAME.source); this makes a checkpoint to look at, to load elsewhere or to pass on.",
    )
    convert.add_argument("source", type=typed_input, metavar="SOURCE")
    convert.add_argument("destination", type=typed_file, metavar="OUT.pt")
    convert.add_argument("--force", action="store_true", help=REPLACE)
    convert.add_argument(
        "--architecture",
        help=f"{', '.join(ARCHITECTURES)}; imagenet_... only paint (default: told from the weights)",
    )
    convert.add_argument(
        "--input",
        choices=("torchvision", "caffe"),
        default="torchvision",
        help="what an ImageNet network expects: torchvision's normalised red, green, blue (default), or blue, green, "
        "red from 0 to 255 less the mean, as the Oxford weights do in their Caffe, Keras and Lua editions",
    )
    convert.add_argument(
        "--width",
        type=number(0, 4, above=True),
        help="factor on the number of channels (default: told from the weights)",
    )
    for option, least, most, above in (("--mean", 0, 1, False), ("--std", 0, 100, True)):
        convert.add_argument(
            option,
            type=number(least, most, above=above),
            nargs=3,
            metavar=("RED", "GREEN", "BLUE"),
            help="normalisation of the network's images, pixels from 0 to 1 (default: what the file says, else that of "
            "CIFAR-10 or ImageNet); without normalisation: --mean 0 0 0 --std 1 1 1",
        )
    convert.add_argument("--regime", required=True, choices=("standard", "adversarial"), help="how it was trained")
    convert.add_argument("--epoch", type=whole_number(1, 999), help="completed epochs (default: what the file says)")
    convert.add_argument("--network", help="its name in the checkpoint (default: the regime)")
    convert.add_argument("--seed", type=whole_number(0, 10**18), default=0, help="label only (default: 0)")
    convert.add_argument(
        "--dataset",
        type=typed_input,
        help="results/data/….npz: records its class names and hash (default: classes numbered)",
    )
    convert.set_defaults(run=_convert)
    return parser


def _export(chosen: argparse.Namespace) -> None:
    destination = Destinations([chosen.checkpoint], force=chosen.force).approve(chosen.destination, [".safetensors"])
    export_weights(chosen.checkpoint, destination)
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
    knows = f"{checkpoint.classes} classes" if checkpoint.classes else "paints only"
    print(
        f"{chosen.destination}: {network}, {checkpoint.architecture} at width {checkpoint.width}, {knows}, after "
        f"{checkpoint.epoch} epochs"
    )
