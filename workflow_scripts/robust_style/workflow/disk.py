"""How much room the configured results take: rough, to stop before a disk is full of halves. Standard library only."""

from pathlib import Path
from typing import Any

from robust_style.model.architectures import relative_costs
from robust_style.model.kinds import Block, is_imported, is_trained
from robust_style.workflow.dataset import FOLDER, bytes_of_images
from robust_style.workflow.settings import checkpoints, pairs

# MEASURED (VGG19, quarter width: 10.1 MB with the optimiser's momentum, half of it before training).
CHECKPOINT_BYTES = 162e6
# MEASURED (128 px, mean of 324 pictures): PNG, each snapshot, each pixel of a frame of the animation.
PNG_BYTES_PER_PIXEL, SNAPSHOT_BYTES_PER_PIXEL, FRAME_BYTES_PER_PIXEL = 2.8, 2.7, 1.1
# Trace, preview, score, and what the page holds of a picture.
BYTES_PER_PICTURE = 110e3
CIFAR10_BYTES = 360e6  # archive and arrays
ASPECT = 1.35  # longer over shorter side of a usual photograph
# Figures, tables, images, logs.
BASE_BYTES = 60e6


def needed_bytes(config: dict[str, Any]) -> float:
    """Bytes of all results of the configuration, the largest parts reckoned, the rest guessed."""
    transfer = config["transfer"]
    total: float = BASE_BYTES
    if config["dataset"]["name"] == "cifar10":
        total += CIFAR10_BYTES
    elif config["dataset"]["name"] == FOLDER:
        total += bytes_of_images(config)
    painted = len(checkpoints(config)) * len(pairs(config))
    pixels = ASPECT * transfer["size_px"] ** 2
    frames = transfer["animation_frames"] * ASPECT * min(transfer["animation_px"], transfer["size_px"]) ** 2
    for recipe in transfer["recipes"].values():
        each = pixels * (PNG_BYTES_PER_PIXEL + SNAPSHOT_BYTES_PER_PIXEL * len(recipe["snapshots"]))
        total += painted * (each + frames * FRAME_BYTES_PER_PIXEL + BYTES_PER_PICTURE)
    for name, _, epoch in checkpoints(config):
        network = config["networks"][name]
        share = 0.5 if epoch == 0 or is_imported(network) else 1.0
        total += share * _checkpoint_bytes(network)
    # A state to go on from beside each segment under way.
    total += sum(_checkpoint_bytes(network) for network in config["networks"].values() if is_trained(network))
    return total


def _checkpoint_bytes(network: Block) -> float:
    parameters, _, _ = relative_costs(network["architecture"], network["width"])
    return CHECKPOINT_BYTES * parameters


def bytes_below(folder: Path) -> int:
    """Bytes of the files below `folder`, which need not exist; files that vanish meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.lstat().st_size
        except OSError:
            continue
    return total
