"""A network as its checkpoint left it."""

from pathlib import Path

from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint
from robust_style.errors import CheckpointError
from robust_style.model.vgg import NormalisedNetwork, build_network


def restore_network(path: Path) -> tuple[NormalisedNetwork, Checkpoint]:
    """The network in the checkpoint `path`, and the checkpoint: on the CPU, float32, in evaluation mode, frozen.

    Raises CheckpointError if the file is missing, damaged, or its weights do not fit its own architecture.
    """
    checkpoint = load_checkpoint(path)
    try:
        network = network_of(checkpoint)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(
            f"{path}: expected the weights of {checkpoint.architecture} at width {checkpoint.width}, found others "
            f"({reason}); delete the file and run the workflow again"
        ) from None
    return network.train(False).requires_grad_(False), checkpoint


def network_of(checkpoint: Checkpoint) -> NormalisedNetwork:
    """The network with the weights of `checkpoint`: on the CPU, in training mode, its parameters trainable.

    Raises RuntimeError (torch's, naming the keys) if the weights do not fit the architecture.
    """
    network = build_network(checkpoint.architecture, checkpoint.width, len(checkpoint.class_names))
    network.load_state_dict(checkpoint.weights)
    return NormalisedNetwork(network, checkpoint.mean, checkpoint.std)
