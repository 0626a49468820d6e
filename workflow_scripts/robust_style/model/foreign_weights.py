"""The weights in checkpoints of other programs, without wrappers' prefixes and with one normalisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from robust_style.errors import CheckpointError
from robust_style.files.inert_pickle import Placeholder
from robust_style.messages import escaped as shown

# Keys of the weights in a file: of `robustness`, kuangliu/pytorch-cifar and others.
_WEIGHT_KEYS = ("model", "net", "state_dict", "model_state_dict")
# Prefixes of wrappers: DataParallel, the library's AttackerModel (the same network twice), torch.compile.
_WRAPPERS = frozenset({"module", "model", "attacker", "_orig_mod"})
# The library's normaliser; its attacker holds it a second time under another name.
_MEAN, _STD = "normalizer.new_mean", "normalizer.new_std"
# Other names of a normaliser: a module beside the network (RobustBench: `mu`, `sigma`), or the first module of a
# torch.nn.Sequential whose second module is the network.
_ALIASES = {
    **dict.fromkeys(("normalize.new_mean", "normalize.mean", "normalizer.mean", "mean", "mu", "0.mean"), _MEAN),
    **dict.fromkeys(("normalize.new_std", "normalize.std", "normalizer.std", "std", "sigma", "0.std"), _STD),
}
# Batch norm's count of batches (since torch 0.4.1); no output depends on it.
COUNTER = "num_batches_tracked"
_EXACT_IN_FLOAT32 = (torch.float16, torch.bfloat16, torch.float32)
_MOST_EPOCHS = 100_000


@dataclass(frozen=True)
class ForeignWeights:
    """The weights of a network of unknown architecture, float32 on the CPU.

    `mean` and `std` (pixel scale 0 to 1) are None if the file has no normaliser, `epoch` (completed epochs) if the file
    does not state it.
    """

    weights: dict[str, Tensor]
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    epoch: int | None


def weights_in(path: Path, content: object) -> ForeignWeights:
    """The network in `content`, which `read_foreign` returned; `path` is for messages.

    Known layouts: the library's (`model`, network and normaliser twice), kuangliu/pytorch-cifar's (`net`),
    `state_dict`, and tensors at the top level. Wrappers' prefixes are removed, equal duplicates dropped.

    `epoch` in a file of the library is the number of completed epochs, although its file names count from 0:
    `25_checkpoint.pt` of `--save-ckpt-iters 25` holds `epoch` 26 and the state after 26 epochs (train.py:331 saves
    where `epoch % 25 == 0`, train.py:320 writes `epoch + 1`). kuangliu's `epoch` is the last trained epoch, counted
    from 0, so one more is completed.

    Raises CheckpointError if there is no network or more than one, if it is inside an object that only code in the file
    could restore, or if a weight is not finite or not exact in float32.
    """
    key, state = _state_in(path, content)
    second = "1." if any(isinstance(name, str) and _unwrapped(name) == "0.mean" for name in state) else ""
    tensors: dict[str, Tensor] = {}
    for name, value in state.items():
        if not isinstance(name, str):
            raise _refused(path, "weights by name", f"a key of type {shown(name)}", "save the network's state_dict")
        plain = _unwrapped(name)
        plain = _ALIASES.get(plain, plain.removeprefix(second))
        tensor = _exact(path, plain, value)
        if plain in tensors and not _are_equal(tensors[plain], tensor):
            raise _refused(path, "one network", f"two that differ in {shown(plain)}", "save one of them alone")
        tensors[plain] = tensor
    return ForeignWeights(
        weights={name: tensor for name, tensor in tensors.items() if name not in (_MEAN, _STD)},
        mean=_three(path, _MEAN, tensors[_MEAN]) if _MEAN in tensors else None,
        std=_three(path, _STD, tensors[_STD]) if _STD in tensors else None,
        epoch=_completed_epochs(content, key),
    )


def _state_in(path: Path, content: object) -> tuple[str, Mapping[object, object]]:
    if isinstance(content, dict):
        states = {key: content[key] for key in _WEIGHT_KEYS if _holds_tensors(content.get(key))}
        if len(states) == 1:
            return next(iter(states.items()))
        if states:
            raise _refused(path, "one network", f"one each in {', '.join(states)}", "save one of them alone")
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return "", content
    unopened = content
    if isinstance(content, dict):
        unopened = next((content[key] for key in _WEIGHT_KEYS if isinstance(content.get(key), Placeholder)), None)
    if isinstance(unopened, Placeholder):
        raise _needs_code(path, unopened)
    keys = ", ".join(shown(key) for key in list(content)[:5]) if isinstance(content, dict) else type(content).__name__
    raise _refused(
        path, f"weights in {', '.join(_WEIGHT_KEYS)} or at the top", keys or "nothing", "save the network's state_dict"
    )


def _holds_tensors(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, Tensor) for inner in value.values())


def _are_equal(first: Tensor, second: Tensor) -> bool:
    return first.dtype == second.dtype and torch.equal(first, second)


def _unwrapped(name: str) -> str:
    while name.partition(".")[0] in _WRAPPERS and "." in name:
        name = name.partition(".")[2]
    return name


def _exact(path: Path, name: str, value: object) -> Tensor:
    """The tensor in float32 without loss; counters stay integers."""
    if isinstance(value, Placeholder):
        raise _needs_code(path, value)
    if not isinstance(value, Tensor):
        raise _refused(path, f"{shown(name)} to be a tensor", type(value).__name__, "save the network's state_dict")
    if value.dtype == torch.int64 and name.endswith(COUNTER):
        return value
    if value.dtype not in _EXACT_IN_FLOAT32:
        raise _refused(path, f"{shown(name)} in float32", str(value.dtype), "convert the weights to float32 first")
    if not torch.isfinite(value).all():
        raise _refused(path, "finite weights", f"NaN or infinity in {shown(name)}", "take an earlier checkpoint")
    return value.to(torch.float32)


def _three(path: Path, name: str, tensor: Tensor) -> tuple[float, ...]:
    values = tuple(float(value) for value in tensor.flatten()) if tensor.numel() == 3 else ()
    if not values or (name.endswith("std") and min(values) <= 0):
        raise _refused(path, f"{name} to be three numbers", f"shape {tuple(tensor.shape)}", "use another file")
    return values


def _completed_epochs(content: object, key: str) -> int | None:
    stated = content.get("epoch") if key and isinstance(content, dict) else None
    if type(stated) is not int or not 0 <= stated < _MOST_EPOCHS:
        return None
    return stated + 1 if key == "net" else stated


def _needs_code(path: Path, placeholder: Placeholder) -> CheckpointError:
    return _refused(
        path,
        "weights as plain tensors",
        f"them inside an object of {shown(placeholder.origin)}, which only code named in the file could open",
        "no such code is run here; ask the author of the file to save its state_dict()",
    )


def _refused(path: Path, expected: str, found: str, remedy: str) -> CheckpointError:
    return CheckpointError(f"{path}: expected {expected}, found {found}; {remedy}")
