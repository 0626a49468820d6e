"""All adjustments that the `robustness` library (1.2.1.post2, 2020) needs to run with current torch.

The networks' definitions need none. The rest of the library (attacker, checkpoints, datasets, training) needs two
shims and takes seconds to import; only the engine `robustness` and the tests that compare with the library use it.
"""

import sys
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from types import ModuleType
from typing import Any

import torch

# The library's names for our constraints (robustness.attacker.STEPS).
CONSTRAINTS = {"l2": "2", "linf": "inf"}


@dataclass(frozen=True)
class Robustness:
    """The library's modules for training, attack and checkpoints."""

    attacker: ModuleType
    attack_steps: ModuleType
    datasets: ModuleType
    defaults: ModuleType
    model_utils: ModuleType
    train: ModuleType


def import_vgg() -> ModuleType:
    """The library's VGG networks for CIFAR: class `VGG` and the dictionary `cfg` of their plans. Fast."""
    from robustness.cifar_models import vgg

    return vgg  # type: ignore[no-any-return]


def import_resnet() -> ModuleType:
    """The library's ResNets for CIFAR: class `ResNet`, its blocks and its functions by architecture. Fast."""
    from robustness.cifar_models import resnet

    return resnet  # type: ignore[no-any-return]


def import_densenet() -> ModuleType:
    """The library's DenseNets for CIFAR: class `DenseNet` and its block. Fast."""
    from robustness.cifar_models import densenet

    return densenet  # type: ignore[no-any-return]


def import_torchvision_models() -> ModuleType:
    """torchvision's networks for ImageNet: a function for each, and the classes. Slow (a second)."""
    _define_torchvision_operators()
    from torchvision import models

    return models  # type: ignore[no-any-return]


def import_torchvision_squeezenet() -> ModuleType:
    """torchvision's SqueezeNets for ImageNet. Slow (a second)."""
    _define_torchvision_operators()
    from torchvision.models import squeezenet

    return squeezenet  # type: ignore[no-any-return]


@cache
def import_robustness() -> Robustness:
    """The library's attack, checkpoint, dataset and training modules, with the shims they need. Slow (seconds).

    Computations on the CPU must run inside `without_cuda`. Progress bars are switched off.
    """
    _define_torchvision_operators()
    _restore_torchvision_utils()
    with warnings.catch_warnings():
        # Escapes such as "\m" in its docstrings, missing apex, deprecations in its imports.
        warnings.simplefilter("ignore")
        from robustness import attack_steps, attacker, datasets, defaults, model_utils, train
    train.tqdm = partial(train.tqdm, disable=True)
    return Robustness(
        attacker=attacker,
        attack_steps=attack_steps,
        datasets=datasets,
        defaults=defaults,
        model_utils=model_utils,
        train=train,
    )


@contextmanager
def without_cuda() -> Iterator[None]:
    """Inside, no CUDA device is available, and `.cuda()` does nothing.

    The library calls it unconditionally (attacker.py:139, model_utils.py:110, train.py:298 and 446), and DataParallel
    (train.py:298) copies a network to every available CUDA device.
    """
    is_available = torch.cuda.is_available
    module_cuda, tensor_cuda = torch.nn.Module.cuda, torch.Tensor.cuda
    torch.cuda.is_available = _false
    torch.nn.Module.cuda = _do_nothing  # type: ignore[method-assign,assignment]
    torch.Tensor.cuda = _do_nothing  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        torch.cuda.is_available = is_available
        torch.nn.Module.cuda = module_cuda  # type: ignore[method-assign]
        torch.Tensor.cuda = tensor_cuda  # type: ignore[method-assign]


@contextmanager
def watched_optimiser() -> Iterator[list[torch.optim.SGD]]:
    """Inside, each optimiser that the library's `train_model` creates is also appended to the yielded list.

    The library passes only the network to its hook (train.py:375), and a resume needs the momentum.
    """
    train: Any = import_robustness().train
    make, optimisers = train.make_optimizer_and_schedule, []

    def make_and_record(*arguments: Any) -> Any:
        optimiser, schedule = make(*arguments)
        optimisers.append(optimiser)
        return optimiser, schedule

    train.make_optimizer_and_schedule = make_and_record
    try:
        yield optimisers
    finally:
        train.make_optimizer_and_schedule = make


def _false() -> bool:
    return False


def _do_nothing(self: object, *_: object, **__: object) -> object:
    return self


@cache
def _define_torchvision_operators() -> torch.library.Library | None:
    """Define operators that a CUDA build of torchvision needs beside a CPU torch; cached to keep the library alive."""
    if torch.version.cuda is not None:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        with suppress(RuntimeError):  # already defined by a torchvision of the same build
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
    return library


def _restore_torchvision_utils() -> None:
    """Restore `torchvision.models.utils`, removed in torchvision 0.11 and imported by imagenet_models/vgg.py:3."""
    name = "torchvision.models.utils"
    if name not in sys.modules:
        module = types.ModuleType(name)
        module.load_state_dict_from_url = torch.hub.load_state_dict_from_url  # type: ignore[attr-defined]
        sys.modules[name] = module
