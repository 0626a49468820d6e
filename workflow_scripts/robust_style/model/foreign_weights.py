"""The weights in other people's checkpoints, under the names that the library's VGG gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from robust_style.errors import CheckpointError
from robust_style.files.inert_pickle import Placeholder
from robust_style.messages import escaped as shown

# Where a file keeps its weights, beside optimiser, epoch and the like: `robustness`, kuangliu/pytorch-cifar, others.
_PLACES = ("model", "net", "state_dict", "model_state_dict")
# What wrappers put before a name: DataParallel, the library's AttackerModel (twice the same network), torch.compile.
_WRAPPERS = frozenset({"module", "model", "attacker", "_orig_mod"})
# The library's normaliser, which its attacker holds a second time under another name.
_MEAN, _STD = "normalizer.new_mean", "normalizer.new_std"
# Other names of a normaliser: modules of their own beside the network (`mu`, `sigma`: RobustBench's), or the first of
# a torch.nn.Sequential, whose second is the network.
_ALIASES = {
    **dict.fromkeys(("normalize.new_mean", "normalize.mean", "normalizer.mean", "mean", "mu", "0.mean"), _MEAN),
    **dict.fromkeys(("normalize.new_std", "normalize.std", "normalizer.std", "std", "sigma", "0.std"), _STD),
}
# Batch norm's count of batches, which torch keeps since 0.4.1 and which no output depends on.
COUNTER = "num_batches_tracked"
_EXACT_IN_FLOAT32 = (torch.float16, torch.bfloat16, torch.float32)
_MOST_EPOCHS = 100_000


@dataclass(frozen=True)
class ForeignWeights:
    """A network of unknown architecture: `features.*` and `classifier.*`, float32 on the CPU.

    `mean` and `std` (pixel scale 0 to 1) are None where the file has no normaliser, `epoch` where it states no number
    of completed epochs.
    """

    weights: dict[str, Tensor]
    mean: tuple[float, ...] | None
    std: tuple[float, ...] | None
    epoch: int | None


def weights_in(path: Path, content: object) -> ForeignWeights:
    """The one network in `content`, as `read_foreign` gives it; `path` is for messages.

    Known are the library's layout (`model`, the network twice and its normaliser twice), kuangliu/pytorch-cifar's
    (`net`), `state_dict`, and tensors at the top; wrappers' prefixes are taken off, equal duplicates dropped.

    `epoch` in a file of the library is the number of completed epochs, though its file names count from 0: what
    `--save-ckpt-iters 25` calls `25_checkpoint.pt` holds `epoch` 26 and the state after 26 epochs (train.py:331
    saves where `epoch % 25 == 0`, train.py:320 writes `epoch + 1`). kuangliu's `epoch` is the last one trained,
    counted from 0, so that one more is completed.

    Raises CheckpointError if there is no network or more than one, if only code of the file could open it, or if a
    weight is not finite or not exact in float32.
    """
    place, state = _state_in(path, content)
    second = "1." if any(isinstance(name, str) and _unwrapped(name) == "0.mean" for name in state) else ""
    found: dict[str, Tensor] = {}
    for name, value in state.items():
        if not isinstance(name, str):
            raise _refused(path, "weights by name", f"a key of type {shown(name)}", "save the network's state_dict")
        plain = _unwrapped(name)
        plain = _ALIASES.get(plain, plain.removeprefix(second))
        tensor = _exact(path, plain, value)
        if plain in found and not _are_equal(found[plain], tensor):
            raise _refused(path, "one network", f"two that differ in {shown(plain)}", "save one of them alone")
        found[plain] = tensor
    return ForeignWeights(
        weights={name: tensor for name, tensor in found.items() if name not in (_MEAN, _STD)},
        mean=_three(path, _MEAN, found[_MEAN]) if _MEAN in found else None,
        std=_three(path, _STD, found[_STD]) if _STD in found else None,
        epoch=_completed_epochs(content, place),
    )


def _state_in(path: Path, content: object) -> tuple[str, Mapping[object, object]]:
    if isinstance(content, dict):
        states = {place: content[place] for place in _PLACES if _holds_tensors(content.get(place))}
        if len(states) == 1:
            return next(iter(states.items()))
        if states:
            raise _refused(path, "one network", f"one each in {', '.join(states)}", "save one of them alone")
        if content and all(isinstance(value, Tensor) for value in content.values()):
            return "", content
    hidden = content
    if isinstance(content, dict):
        hidden = next((content[place] for place in _PLACES if isinstance(content.get(place), Placeholder)), None)
    if isinstance(hidden, Placeholder):
        raise _hidden(path, hidden)
    keys = ", ".join(shown(key) for key in list(content)[:5]) if isinstance(content, dict) else type(content).__name__
    raise _refused(
        path, f"weights in {', '.join(_PLACES)} or at the top", keys or "nothing", "save the network's state_dict"
    )


def _holds_tensors(value: object) -> bool:
    return isinstance(value, dict) and any(isinstance(inner, Tensor) for inner in value.values())


def _are_equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and torch.equal(one, other)


def _unwrapped(name: str) -> str:
    while name.partition(".")[0] in _WRAPPERS and "." in name:
        name = name.partition(".")[2]
    return name


def _exact(path: Path, name: str, value: object) -> Tensor:
    """The tensor in float32 without loss; counts stay whole numbers."""
    if isinstance(value, Placeholder):
        raise _hidden(path, value)
    if not isinstance(value, Tensor):
        raise _refused(path, f"{shown(name)} to be a tensor", type(value).__name__, "save the network's state_dict")
    if value.dtype == torch.int64 and name.endswith(COUNTER):
        return value
    if value.dtype not in _EXACT_IN_FLOAT32:
        raise _refused(path, f"{shown(name)} in float32", str(value.dtype), "convert the weights yourself")
    if not torch.isfinite(value).all():
        raise _refused(path, "finite weights", f"NaN or infinity in {shown(name)}", "take an earlier checkpoint")
    return value.to(torch.float32)


def _three(path: Path, name: str, tensor: Tensor) -> tuple[float, ...]:
    values = tuple(float(value) for value in tensor.flatten()) if tensor.numel() == 3 else ()
    if not values or (name.endswith("std") and min(values) <= 0):
        raise _refused(path, f"{name} to be three numbers", f"shape {tuple(tensor.shape)}", "use another file")
    return values


def _completed_epochs(content: object, place: str) -> int | None:
    stated = content.get("epoch") if place and isinstance(content, dict) else None
    if type(stated) is not int or not 0 <= stated < _MOST_EPOCHS:
        return None
    return stated + 1 if place == "net" else stated


def _hidden(path: Path, found: Placeholder) -> CheckpointError:
    return _refused(
        path,
        "weights as plain tensors",
        f"them inside an object of {shown(found.origin)}, which only code named in the file could open",
        "no such code is run here; have whoever made the file save its state_dict()",
    )


def _refused(path: Path, expected: str, found: str, remedy: str) -> CheckpointError:
    return CheckpointError(f"{path}: expected {expected}, found {found}; {remedy}")
