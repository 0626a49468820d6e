"""A checkpoint's weights for other people's programs."""

import json
from pathlib import Path

from safetensors.torch import save

from robust_style.artefact.atomic import write_bytes
from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint
from robust_style.errors import CheckpointError

# The header's fields that are text already, and those that become JSON: the format's metadata are texts.
_TEXTS = ("network", "regime", "architecture", "dataset_sha256", "code", "device", "precision")
_JSON = ("width", "class_names", "seed", "epoch", "mean", "std", "settings", "threads", "determinism", "versions")

_LENGTH_BYTES = 8


def export_weights(checkpoint: Path, destination: Path) -> None:
    """Writes the weights in `checkpoint` to `destination` in the safetensors format, whole or not at all.

    Names are those of the network's state dict (`features.*`, `classifier.*`); images in [0, 1] want the metadata's
    `mean` and `std` first. Of the header all but the history is there, what is not text as JSON. Optimiser and history
    stay behind. Equal checkpoints give equal bytes.
    Raises CheckpointError if `checkpoint` is missing, damaged or not one of ours.
    """
    try:
        state = load_checkpoint(checkpoint)
    except CheckpointError as error:
        raise CheckpointError(f"{error} (a file of another program goes through `convert` first)") from None
    content = save({name: tensor.contiguous() for name, tensor in state.weights.items()}, _texts(state))
    write_bytes(destination, _in_order(content))


def _texts(state: Checkpoint) -> dict[str, str]:
    texts = {name: getattr(state, name) for name in _TEXTS}
    # `format` is what readers of the format look for: the tensors are torch's.
    return {"format": "pt"} | texts | {name: json.dumps(getattr(state, name)) for name in _JSON}


def _in_order(content: bytes) -> bytes:
    """The same file, its header in alphabetical order: the library writes the metadata in another order each time.

    Source: the format's README (length of the header in 8 bytes, JSON, tensors), which allows spaces at the end.
    """
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.dumps(json.loads(content[_LENGTH_BYTES:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # so that tensors stay aligned
    return len(header).to_bytes(_LENGTH_BYTES, "little") + header + content[end:]
