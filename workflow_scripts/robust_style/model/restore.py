"""A network as its checkpoint left it."""

from pathlib import Path

from torch import nn

from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint, load_checkpoint
from robust_style.model.architectures import is_pretrained
from robust_style.model.differences import differences
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import build_pretrained


def restore_network(path: Path) -> tuple[NormalisedNetwork, Checkpoint]:
    """The network in the checkpoint `path`, and the checkpoint: on the CPU, float32, in evaluation mode, frozen.

    Raises CheckpointError if the file is missing, damaged, or its weights do not fit its own architecture.
    """
    checkpoint = load_checkpoint(path)
    try:
        network = network_of(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return network.train(False).requires_grad_(False), checkpoint


def network_of(checkpoint: Checkpoint) -> NormalisedNetwork:
    """The network with the weights of `checkpoint`: on the CPU, in training mode, its parameters trainable.

    Raises CheckpointError naming the weights that do not fit the architecture; which file it is from, it cannot know.
    """
    architecture, width = checkpoint.architecture, checkpoint.width
    network: nn.Module | None = None
    try:
        if is_pretrained(architecture):
            network = build_pretrained(architecture, checkpoint.weights)
        else:
            network = build_network(architecture, width, len(checkpoint.class_names))
        network.load_state_dict(checkpoint.weights)
        return NormalisedNetwork(network, checkpoint.mean, checkpoint.std)
    # Other weights, a width beyond memory, an architecture that there is not, a mean of other than three numbers.
    except (RuntimeError, TypeError, ConfigError) as error:
        told = [] if network is None else differences(network.state_dict(), checkpoint.weights)
        raise CheckpointError(
            f"{checkpoint.network}, seed {checkpoint.seed}, epoch {checkpoint.epoch}: expected the weights of "
            f"{architecture} at width {width}, found others ({'; '.join(told) or ' '.join(str(error).split())[:200]}); "
            "delete the file and run the workflow again"
        ) from None
