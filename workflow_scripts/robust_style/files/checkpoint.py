"""Checkpoints: a network after n epochs, the optimiser's state, and a header that says how they were made.

The file has the layout of the `robustness` library (Engstrom et al. 2019), so its `make_and_restore_model` loads it,
and one more key: `robust_style`, the header. It holds only tensors and plain data: reading it runs no code. The header
repeats what the record of the training job says of device, switches and versions, because a checkpoint is passed on
without its record.
"""

import hashlib
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from robust_style.errors import CheckpointError
from robust_style.files.atomic import write_bytes
from robust_style.files.foreign import kind_of

FORMAT_VERSION = 1
_HEADER = "robust_style"
_KEYS = frozenset({"model", "optimizer", "schedule", "epoch", "amp", _HEADER})
# The library's AttackerModel, wrapped in DataParallel, refers to its one network under two names.
_NETWORK_PREFIXES = ("module.model.", "module.attacker.model.")
_NORMALISER_PREFIXES = ("module.normalizer.", "module.attacker.normalize.")
ANEW = "delete the file and run the workflow again to make it anew"
# The fields of the header and their JSON types.
_HEADER_TYPES: dict[str, type | tuple[type, ...]] = {
    "network": str,
    "regime": str,
    "architecture": str,
    "width": (int, float),
    "class_names": list,
    "seed": int,
    "epoch": int,
    "settings": dict,
    "dataset_sha256": str,
    "code": str,
    "device": str,
    "precision": str,
    "threads": int,
    "determinism": dict,
    "versions": dict,
    "mean": list,
    "std": list,
    "history": list,
}


@dataclass(frozen=True)
class Checkpoint:
    """The state of one network after `epoch` completed epochs, and how it was made.

    `weights` is the network's state dict with the library's names, `optimiser` the state of torch.optim.SGD; loaded
    tensors are on the CPU. `mean` and `std` normalise images in [0, 1]. `history` has one row per completed epoch.
    `settings` are the configured ones of network and training, `dataset_sha256` is the hash of the dataset file, `code`
    the fingerprint of the training code, `determinism` the switches of `compute.determinism`, `versions` those of torch
    and Python. Equal checkpoints are saved as equal bytes.

    For a network trained elsewhere (`model.convert`), `seed` is a label, `dataset_sha256` is that of the dataset used
    for evaluation here, and `settings` has the additional key `source`.
    """

    network: str
    regime: str
    architecture: str
    width: float
    class_names: tuple[str, ...]
    seed: int
    epoch: int
    settings: dict[str, Any]
    dataset_sha256: str
    code: str
    device: str
    precision: str
    threads: int
    determinism: dict[str, Any]
    versions: dict[str, str]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    history: list[dict[str, Any]]
    weights: dict[str, Tensor]
    optimiser: dict[str, Any]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` to `path` atomically.

    Raises ValueError if the header holds NaN or infinity, TypeError if it holds anything but plain data.
    """
    weights = {sys.intern(name): _plain_tensor(tensor) for name, tensor in checkpoint.weights.items()}
    optimiser = _canonical(checkpoint.optimiser)
    header = {name: getattr(checkpoint, name) for name in _HEADER_TYPES}
    header |= {"format_version": FORMAT_VERSION, "classes": checkpoint.classes}
    header = json.loads(json.dumps(header, allow_nan=False))
    header["content_sha256"] = _sha256_of_content(header, weights, optimiser)
    content = {
        "model": _library_state(weights, checkpoint.mean, checkpoint.std),
        "optimizer": optimiser,
        "schedule": None,  # the learning rate is a pure function of the epoch
        "epoch": checkpoint.epoch,
        "amp": None,
        _HEADER: _canonical(header),
    }
    # Into memory first: given a path, torch.save stores the file's name in the file.
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in `path`, verified against its own hash; tensors are on the CPU.

    Raises CheckpointError if the file is missing, damaged (one flipped bit is enough), or of another format.
    """
    content = _read(path)
    if not isinstance(content, dict) or set(content) != _KEYS:
        keys = ", ".join(sorted(map(str, content))) if isinstance(content, dict) else type(content).__name__
        raise _refused(path, f"a checkpoint with the keys {', '.join(sorted(_KEYS))}", keys or "none")
    header, weights = content[_HEADER], _network_state(path, content["model"])
    _check_header(path, header)
    recorded = header.pop("content_sha256", None)
    try:
        actual = _sha256_of_content(header, weights, content["optimizer"])
    # A file that this module did not write: a tensor in the header, keys that cannot be sorted, a tensor without bytes.
    except (TypeError, ValueError, RuntimeError) as error:
        raise _refused(path, "plain data and tensors", f"something else ({error})") from None
    if recorded != actual:
        raise _refused(path, "content of the SHA-256 that its header records", "another (the file is damaged)")
    tuples = {name: tuple(header[name]) for name in ("class_names", "mean", "std")}
    plain = {name: header[name] for name in _HEADER_TYPES}
    return Checkpoint(**(plain | tuples), weights=weights, optimiser=content["optimizer"])


def _read(path: Path) -> Any:
    if path.is_dir():
        raise _refused(path, "a checkpoint", "a folder", "move it away and run the workflow again")
    if not path.is_file():
        raise _refused(path, "a checkpoint", "no file", "run the workflow again to make it")
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        raise _refused(path, "a checkpoint", str(error.strerror).lower(), "permit reading it") from None
    # For a damaged file torch raises EOFError, UnpicklingError, RuntimeError or KeyError, depending on the place; for
    # code in the pickle UnpicklingError. All of them mean the same to the user.
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        reason = (str(error).strip().splitlines() or ["it ends too early"])[0]
        if reason.startswith("Weights only load failed"):
            # what follows in torch's text is the advice to run the code in the file
            reason = "not plain tensors and data"
        kind = kind_of(start)
        found = f"damage (this is {kind})" if kind else f"damage ({type(error).__name__}: {reason})"
        raise _refused(path, "a checkpoint", found) from None


def _check_header(path: Path, header: Any) -> None:
    if not isinstance(header, dict):
        raise _refused(path, f"{_HEADER} to be a dictionary", type(header).__name__)
    version = header.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        remedy = f"a newer version of this project made it: update yours, or {ANEW}"
        raise _refused(path, f"format version {FORMAT_VERSION}", str(version), remedy)
    if version != FORMAT_VERSION:
        raise _refused(path, f"format version {FORMAT_VERSION}", str(version))
    for name, kind in _HEADER_TYPES.items():
        if not isinstance(header.get(name), kind):
            actual = type(header[name]).__name__ if name in header else "nothing"
            kinds = " or ".join(cls.__name__ for cls in (kind if isinstance(kind, tuple) else (kind,)))
            raise _refused(path, f"a header with {name} ({kinds})", actual)


def _library_state(weights: dict[str, Tensor], mean: tuple[float, ...], std: tuple[float, ...]) -> dict[str, Tensor]:
    """Return the state of the library's model: the network twice (tensors shared, saved once), the normaliser twice."""
    constants = {
        "new_mean": torch.tensor(mean, dtype=torch.float32).view(-1, 1, 1),
        "new_std": torch.tensor(std, dtype=torch.float32).view(-1, 1, 1),
    }
    network = {prefix + name: tensor for prefix in _NETWORK_PREFIXES for name, tensor in weights.items()}
    return network | {prefix + name: value for prefix in _NORMALISER_PREFIXES for name, value in constants.items()}


def _network_state(path: Path, state: Any) -> dict[str, Tensor]:
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise _refused(path, "model to be a dictionary of tensors", type(state).__name__)
    prefix = _NETWORK_PREFIXES[0]
    named = {name: tensor for name, tensor in state.items() if isinstance(name, str)}
    weights = {name.removeprefix(prefix): tensor for name, tensor in named.items() if name.startswith(prefix)}
    if not weights:
        raise _refused(path, f"model with keys {prefix}*", ", ".join(map(str, list(state)[:3])) or "none")
    return weights


def _canonical(value: Any) -> Any:
    """Return equal content as equal objects (sorted keys, interned strings), so that pickling gives equal bytes.

    Pickle writes an object that it meets again as a reference. Without this, two equal states would differ in the file
    if one was computed and the other loaded.
    """
    if isinstance(value, dict):
        return {_canonical(key): _canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    if isinstance(value, Tensor):
        return _plain_tensor(value)
    return sys.intern(value) if isinstance(value, str) else value


def _plain_tensor(tensor: Tensor) -> Tensor:
    """Return a copy on the CPU with its own contiguous storage."""
    return tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)


def _sha256_of_content(header: dict[str, Any], weights: dict[str, Tensor], optimiser: Any) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for part in (weights, optimiser):
        _update(digest, part)
    return digest.hexdigest()


def _update(digest: "hashlib._Hash", value: Any) -> None:
    if isinstance(value, dict):
        for key in sorted(value):
            digest.update(f"{key}:".encode())
            _update(digest, value[key])
    elif isinstance(value, list):
        for item in value:
            _update(digest, item)
    elif isinstance(value, Tensor):
        digest.update(f"{value.dtype}{tuple(value.shape)}".encode())
        digest.update(value.contiguous().reshape(-1).view(torch.uint8).numpy().data)
    else:
        digest.update(f"{value!r};".encode())


def _refused(path: Path, expected: str, found: str, remedy: str = ANEW) -> CheckpointError:
    # `found` may quote an unknown file: one line, no control characters, at most 300 characters.
    plain = ascii(" ".join(found.split()))[1:-1][:300]
    return CheckpointError(f"{path}: expected {expected}, found {plain}; {remedy}")
