"""What several processes compute together, beside what one computes alone: epochs in both floats, and batch norm.

Started by torch's launcher it does its share and leaves what it found in the folder given.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import torch.distributed as dist
from torch import Tensor, nn

from robust_style.attack import pgd as pgd_module
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.training import step as step_module
from robust_style.training.epoch import train_epoch
from robust_style.training.global_batch_norm import with_global_batch_norm
from robust_style.training.processes import ALONE, Processes
from robust_style.training.regime import view_of
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.trainee import make_optimiser
from tiny_training import ADVERSARIAL, NOISE, STANDARD, TRAINING, tinted

RESIDUAL = {"architecture": "resnet18", "width": 0.0625}
BLOCKS: dict[str, dict[str, Any]] = {
    "standard": STANDARD,
    "adversarial": ADVERSARIAL | {"random_start": True},
    "linf": ADVERSARIAL | {"constraint": "linf", "epsilon": 0.03, "step_size": 0.01},
    "noise": NOISE,
    "residual": STANDARD | RESIDUAL,
    "residual_adversarial": ADVERSARIAL | RESIDUAL,
}
# Batches of 24, 24 and 3, the last cut into 1 and 2.
IMAGES = 51


def epoch(block: dict[str, Any], among: Processes, *, in_float64: bool) -> dict[str, Tensor]:
    """Weights, statistics, loss and accuracy after an epoch.

    All of it in float64, where rounding flips no ReLU; or as it is trained, in a single step.
    """
    images, labels = (torch.from_numpy(array) for array in tinted(IMAGES, 0))
    made = build_network(block["architecture"], block["width"], 4, seed=1)
    network = NormalisedNetwork(made, (0.3,) * 3, (0.15,) * 3)
    network = network.double() if in_float64 else network
    settings = TrainingSettings.from_config(TRAINING | ({} if in_float64 else {"batch_size": IMAGES}))
    optimiser = make_optimiser(network, settings)
    if not among.is_alone:
        with_global_batch_norm(network)
    with ExitStack() as stack:
        whole = {"logits_of": lambda net, x, _: net(x), "unit_scale": lambda x, _: x.double() / 255}
        if in_float64:
            for name, function in whole.items():
                stack.enter_context(mock.patch.object(step_module, name, function))
            stack.enter_context(mock.patch.object(pgd_module, "constant", lambda net, *_: net))
        view = view_of(NetworkSettings.from_config("n", block), "float32")
        layout = torch.contiguous_format
        step = step_module.Step(network, optimiser, settings.augmentation, view, "float32", layout, among)
        result = train_epoch(step, images, labels, settings=settings, seed=0, epoch=1, name="n")
    told = {"loss": torch.tensor(result.loss), "accuracy": torch.tensor(result.accuracy)}
    return {**network.state_dict(), **told}


def batch_norm(dtype: torch.dtype, among: Processes) -> dict[str, Tensor]:
    """Two passes over 7 images, forward and backward: what batch norm gives for the share of this process."""
    generator = torch.Generator().manual_seed(3)
    x, weights = (torch.randn((7, 5, 3, 4), generator=generator, dtype=torch.float64) for _ in range(2))
    scale = torch.rand((5,), generator=generator, dtype=torch.float64)
    network = nn.Sequential(nn.BatchNorm2d(5)).to(torch.float64 if dtype == torch.float64 else torch.float32)
    network[0].weight.data.copy_(scale)
    if not among.is_alone:
        with_global_batch_norm(network)
    share = among.share(len(x))
    x = (10 + x[share]).to(dtype).requires_grad_(True)
    for _ in range(2):
        network.zero_grad()
        y = network(x)
        (gradient,) = torch.autograd.grad((y.double() ** 2 * weights[share]).sum(), [x], retain_graph=True)
        (y.double() ** 2 * weights[share]).sum().backward()
        among.sum_up((parameter.grad for parameter in network.parameters()), torch.zeros(()))
    evaluated = network.train(False)(x)
    gradients = {f"gradient of {name}": parameter.grad for name, parameter in network.named_parameters()}
    return {"y": y, "evaluated": evaluated, "gradient": gradient, **gradients, **network.state_dict()}


def everything(among: Processes) -> dict[str, dict[str, Tensor]]:
    """All of it by name."""
    norms = {str(dtype): batch_norm(dtype, among) for dtype in (torch.float64, torch.float32, torch.bfloat16)}
    epochs = {name: epoch(block, among, in_float64=True) for name, block in BLOCKS.items()}
    steps = {f"{name}, a step": epoch(block, among, in_float64=False) for name, block in BLOCKS.items()}
    return norms | epochs | steps


def alone() -> dict[str, dict[str, Tensor]]:
    """What one process finds."""
    return everything(ALONE)


def main() -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    among = Processes.of_default_group()
    torch.save(everything(among), Path(sys.argv[1]) / f"{among.rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
