"""One training step on one batch: ours, and the `robustness` library's own."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from robust_style.attack.pgd import Attack
from robust_style.compute.randomness import stream
from robust_style.data.cifar10 import CIFAR10_MEAN, CIFAR10_STD
from robust_style.model.compat import CONSTRAINTS, import_robustness, without_cuda
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.training.augmentation import Augmentation
from robust_style.training.batches import unit_scale
from robust_style.training.regime import input_transform
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.state import make_optimiser
from robust_style.training.step import Batch, Step, fastest_step, layout_for

# The library's defaults.
_TRAINING = TrainingSettings.from_config(
    {
        "batch_size": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 5e-4, "learning_rate_drop_every": 50,
        "learning_rate_drop_factor": 0.1, "crop_padding": 4, "flip": True, "colour_jitter": 0.25,
        "rotation": 2.0,
    }
)  # fmt: skip
_CLASSES = 10


def random_batch(batch_size: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Stored images (0 to 255) and labels; speed does not depend on what is on them."""
    generator = stream(0, "benchmark")
    images = torch.randint(256, (batch_size, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return images.to(device), torch.randint(_CLASSES, (batch_size,), generator=generator).to(device)


def our_step(
    images: Tensor, labels: Tensor, *, width: float, attack: Attack | None, precision: str
) -> Callable[[], None]:
    """Attack (if any), forward and backward pass, SGD, as `training.epoch` does them; no augmentation."""
    device = images.device
    layout = layout_for(precision, width)
    network = _network(width).to(device).to(memory_format=layout).train()  # type: ignore[call-overload]
    optimiser = make_optimiser(network, _TRAINING)
    regime = "standard" if attack is None else "adversarial"
    settings = NetworkSettings("vgg19", width, "fast", regime, passes_per_epoch=1, attack=attack, noise_epsilon=None)
    unchanged = Augmentation(crop_padding=0, flip=False, colour_jitter=0.0, rotation=0.0)
    transform = input_transform(settings, precision)
    step = fastest_step(device, Step(network, optimiser, unchanged, transform, precision, layout))
    batch = Batch(images, labels, unchanged.draw(images.shape, stream(0, "benchmark")), None).to(device)

    def take() -> None:
        step(batch)

    return take


def library_step(images: Tensor, labels: Tensor, *, width: float, attack: Attack | None) -> Callable[[], None]:
    """The same by `robustness.train._model_loop`: AttackerModel, cross-entropy, torch's SGD, float32."""
    library = import_robustness()
    device, batch = images.device, unit_scale(images)
    with without_cuda():
        dataset = library.datasets.CIFAR("unused")
        model = library.attacker.AttackerModel(_network(width).network, dataset).to(device).train()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    settings = {}
    if attack is not None:
        settings = {
            "constraint": CONSTRAINTS[attack.constraint], "eps": attack.epsilon, "step_size": attack.step_size,
            "iterations": attack.steps, "random_start": attack.random_start, "use_best": True, "do_tqdm": False,
        }  # fmt: skip

    def step() -> None:
        with without_cuda():
            logits, _ = model(batch, target=labels, make_adv=attack is not None, **settings)
        loss = F.cross_entropy(logits, labels)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()

    return step


def flops_per_image(width: float, attack: Attack | None) -> float:
    """Floating-point operations that a step needs: three passes to train, two per attack step, one to judge the last.

    A pass is counted as two operations for each multiply-add of its convolutions: 398.1 million at full width.
    """
    multiply_adds, side = 0, 32
    for module in _network(width).network.get_submodule("features").children():
        if isinstance(module, torch.nn.MaxPool2d):
            side //= 2
        elif isinstance(module, torch.nn.Conv2d):
            multiply_adds += module.in_channels * module.out_channels * 9 * side * side
    passes = 3 if attack is None else 3 + 2 * attack.steps + 1
    return 2.0 * multiply_adds * passes


def _network(width: float) -> NormalisedNetwork:
    return NormalisedNetwork(build_network("vgg19", width, _CLASSES), CIFAR10_MEAN, CIFAR10_STD)
