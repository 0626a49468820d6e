"""Every adjustment that the `robustness` library (1.2.1.post2, 2020) needs to run with today's torch.

The networks' definitions import as they are. The rest of the library (attacker, checkpoints, datasets) needs two
shims and takes seconds to import; only tests and benchmarks, which hold our code against the library's, ask for it.
"""

import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import torch


@dataclass(frozen=True)
class Robustness:
    """The library's modules that serve as oracles."""

    attacker: ModuleType
    attack_steps: ModuleType
    datasets: ModuleType
    model_utils: ModuleType


def import_vgg() -> ModuleType:
    """The library's VGG networks for CIFAR: class `VGG` and the dictionary `cfg` of their plans. Fast."""
    from robustness.cifar_models import vgg

    return vgg  # type: ignore[no-any-return]


@cache
def import_robustness() -> Robustness:
    """The library's attack, checkpoint and dataset modules, shimmed so that they import. Slow (seconds).

    What it computes on a machine without CUDA must be run inside `without_cuda`.
    """
    _define_torchvision_operators()
    _restore_torchvision_utils()
    with warnings.catch_warnings():
        # Escapes such as "\m" in its docstrings, and deprecations in what it imports: not ours to mend.
        warnings.simplefilter("ignore")
        from robustness import attack_steps, attacker, datasets, model_utils
    return Robustness(attacker=attacker, attack_steps=attack_steps, datasets=datasets, model_utils=model_utils)


@contextmanager
def without_cuda() -> Iterator[None]:
    """Inside, `.cuda()` of modules and tensors leaves them where they are if there is no CUDA device.

    The library calls it unconditionally (attacker.py:139, model_utils.py:110).
    """
    if torch.cuda.is_available():
        yield
        return
    module_cuda, tensor_cuda = torch.nn.Module.cuda, torch.Tensor.cuda
    torch.nn.Module.cuda = _stay  # type: ignore[method-assign,assignment]
    torch.Tensor.cuda = _stay  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        torch.nn.Module.cuda = module_cuda  # type: ignore[method-assign]
        torch.Tensor.cuda = tensor_cuda  # type: ignore[method-assign]


def _stay(self: object, *_: object, **__: object) -> object:
    return self


@cache
def _define_torchvision_operators() -> torch.library.Library | None:
    """Lets a torchvision built for CUDA be imported beside a torch built without; cached, for it must stay alive."""
    if torch.version.cuda is not None:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # already defined: a torchvision of the same build was imported before
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
    return library


def _restore_torchvision_utils() -> None:
    """Puts back `torchvision.models.utils`, removed in torchvision 0.11 and imported by imagenet_models/vgg.py:3."""
    name = "torchvision.models.utils"
    if name not in sys.modules:
        module = types.ModuleType(name)
        module.load_state_dict_from_url = torch.hub.load_state_dict_from_url  # type: ignore[attr-defined]
        sys.modules[name] = module
