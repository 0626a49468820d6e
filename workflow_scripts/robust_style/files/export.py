"""Export a checkpoint's weights to safetensors, for other programs."""

import json
from pathlib import Path

import torch
from safetensors.torch import save

from robust_style.errors import CheckpointError
from robust_style.files.atomic import write_bytes
from robust_style.files.checkpoint import ANEW, Checkpoint, load_checkpoint

# The format's metadata are strings: these fields of the header are strings already, those below become JSON.
_TEXTS = ("network", "regime", "architecture", "dataset_sha256", "code", "device", "precision")
_JSON = ("width", "class_names", "seed", "epoch", "mean", "std", "settings", "threads", "determinism", "versions")

_LENGTH_BYTES = 8


def export_weights(checkpoint: Path, destination: Path, *, half: bool = False) -> None:
    """Write the weights in `checkpoint` to `destination` in the safetensors format, atomically.

    `half`: matrices and convolutions in float16, which halves the file; biases and batch norm keep their precision.

    Names are those of the network's state dict (`features.*`, `classifier.*`); images in [0, 1] must be normalised with
    `mean` and `std` of the metadata. The metadata hold the header without its history, with JSON for what is not a
    string. The optimiser's state is not exported. Equal checkpoints give equal bytes.
    Raises CheckpointError if `checkpoint` is missing, damaged or of another format.
    """
    try:
        state = load_checkpoint(checkpoint)
    except CheckpointError as error:
        problem = str(error).removesuffix(f"; {ANEW}")
        anew = f"; if the workflow made it, {ANEW}" if problem != str(error) else ""
        raise CheckpointError(f"{problem} (a file of another program goes through `convert` first){anew}") from None
    weights = {
        name: (tensor.to(torch.float16) if half and tensor.ndim > 1 else tensor).contiguous()
        for name, tensor in state.weights.items()
    }
    content = save(weights, _metadata(state))
    write_bytes(destination, _with_sorted_header(content))


def _metadata(state: Checkpoint) -> dict[str, str]:
    texts = {name: getattr(state, name) for name in _TEXTS}
    # Readers look for `format`: the tensors are torch's.
    return {"format": "pt"} | texts | {name: json.dumps(getattr(state, name)) for name in _JSON}


def _with_sorted_header(content: bytes) -> bytes:
    """Return the file with its header sorted: the library writes the metadata in a different order each time.

    SOURCE: the format's README (8 bytes with the length of the header, JSON, tensors); it allows spaces at the end.
    """
    end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES], "little")
    header = json.dumps(json.loads(content[_LENGTH_BYTES:end]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _LENGTH_BYTES)  # keeps the tensors aligned
    return len(header).to_bytes(_LENGTH_BYTES, "little") + header + content[end:]
