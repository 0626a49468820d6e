"""The network in a checkpoint, and what differs where the weights do not fit."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor, nn

from robust_style.errors import CheckpointError, ConfigError
from robust_style.files.checkpoint import Checkpoint, load_checkpoint
from robust_style.model.architectures import is_pretrained
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import build_pretrained

# An error message lists this many weights of each kind.
_LISTED_WEIGHTS = 3


def restore_network(path: Path) -> tuple[NormalisedNetwork, Checkpoint]:
    """Load the checkpoint `path` and build its network: on the CPU, float32, in evaluation mode, frozen.

    Raises CheckpointError if the file is missing or damaged, or if its weights do not fit its architecture.
    """
    checkpoint = load_checkpoint(path)
    try:
        network = network_of(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return network.train(False).requires_grad_(False), checkpoint


def network_of(checkpoint: Checkpoint) -> NormalisedNetwork:
    """The network with the weights of `checkpoint`: on the CPU, in training mode, its parameters trainable.

    Raises CheckpointError naming the weights that do not fit the architecture; callers add the file's name.
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
    # Other weights, a width beyond memory, an unknown architecture, or a mean that is not three numbers.
    except (RuntimeError, TypeError, ConfigError) as error:
        faults = [] if network is None else weight_differences(network.state_dict(), checkpoint.weights)
        reason = "; ".join(faults) or " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{checkpoint.network}, seed {checkpoint.seed}, epoch {checkpoint.epoch}: expected the weights of "
            f"{architecture} at width {width}, found others ({reason}); "
            "delete the file and run the workflow again"
        ) from None


def weight_differences(
    expected: Mapping[str, Tensor], weights: Mapping[str, Tensor], *, optional: str = ""
) -> list[str]:
    """A phrase each for the first missing, unexpected and differently shaped weights; empty where all fit.

    Weights whose name ends in `optional` may be missing.
    """
    missing = [name for name in expected if name not in weights and not (optional and name.endswith(optional))]
    unexpected = [name for name in weights if name not in expected]
    reshaped = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(expected[name].shape)}"
        for name in expected
        if name in weights and weights[name].shape != expected[name].shape
    ]
    return [*_listed("missing", missing), *_listed("unexpected", unexpected), *_listed("of another shape", reshaped)]


def _listed(kind: str, names: Sequence[str]) -> list[str]:
    more = f" and {len(names) - _LISTED_WEIGHTS} more" if len(names) > _LISTED_WEIGHTS else ""
    # Names in other programs' files may hold control characters or be long.
    return [f"{kind} {', '.join(ascii(name)[1:-1][:100] for name in names[:_LISTED_WEIGHTS])}{more}"] if names else []
