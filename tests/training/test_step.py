"""A step as a CUDA graph has the bits of the step itself (on a GPU); memory formats."""

from typing import Any

import pytest
import torch

from robust_style.compute.determinism import make_deterministic
from robust_style.compute.randomness import stream
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.training.regime import input_transform
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.state import make_optimiser
from robust_style.training.step import Batch, GraphedStep, Step, fastest_step, layout_for
from tiny_training import ADVERSARIAL, NOISE, STANDARD, TRAINING, tinted

SETTINGS = TrainingSettings.from_config(TRAINING)
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")


def make_step(block: dict[str, Any], device: torch.device, precision: str) -> Step:
    layout = torch.channels_last
    network = NormalisedNetwork(build_network("vgg11", 0.125, 4, seed=1), (0.3,) * 3, (0.15,) * 3)
    network = network.to(device).to(memory_format=layout).train()  # type: ignore[call-overload]
    transform = input_transform(NetworkSettings.from_config("n", block), precision)
    return Step(network, make_optimiser(network, SETTINGS), SETTINGS.augmentation, transform, precision, layout)


def make_batches(step: Step, device: torch.device, sizes: list[int]) -> list[Batch]:
    batches = []
    for number, size in enumerate(sizes):
        images, labels = (torch.from_numpy(array) for array in tinted(size, number))
        parameters = step.augmentation.draw(images.shape, stream(0, "augmentation", number))
        random_values = step.input_transform.draw(images.shape, stream(0, "noise", number))
        batches.append(Batch(images, labels, parameters, random_values).to(device))
    return batches


def after(step: Step, device: torch.device, *, graphed: bool, rates: list[float]) -> dict[str, torch.Tensor]:
    """Weights and momentum after steps on batches; the last of each learning rate is smaller."""
    run = fastest_step(device, step) if graphed else step
    for rate in rates:
        for group in step.optimiser.param_groups:
            group["lr"] = rate
        for batch in make_batches(step, device, [24, 24, 24, 7]):
            loss, logits = run(batch)
            assert logits.shape == (len(batch.labels), 4)
            assert bool(torch.isfinite(loss))
    momenta = {str(i): state["momentum_buffer"] for i, state in enumerate(step.optimiser.state.values())}
    return {name: tensor.clone() for name, tensor in (step.network.state_dict() | momenta).items()}


def test_layout_follows_precision_and_width() -> None:
    assert layout_for("bfloat16", 1.0) == layout_for("float32", 0.25) == torch.channels_last
    assert layout_for("float32", 1.0) == torch.contiguous_format
    assert layout_for("bfloat16", 0.125, "resnet18") == torch.contiguous_format, "oneDNN crashes"
    assert layout_for("float32", 0.25, "resnet18") == torch.channels_last


@pytest.mark.gpu
@on_gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("block", [STANDARD, ADVERSARIAL, NOISE])
def test_a_graph_has_the_bits_of_the_step(block: dict[str, Any], precision: str) -> None:
    make_deterministic(1)
    device = torch.device("cuda")
    plain, first, second = (
        after(make_step(block, device, precision), device, graphed=graphed, rates=[0.05, 0.005])
        for graphed in (False, True, True)
    )
    for name, value in plain.items():
        assert torch.equal(first[name], value), name
        assert torch.equal(second[name], value), name


@pytest.mark.gpu
@on_gpu
def test_capturing_a_graph_does_not_train() -> None:
    make_deterministic(1)
    device = torch.device("cuda")
    step = make_step(STANDARD, device, "float32")
    before = {name: tensor.clone() for name, tensor in step.network.state_dict().items()}
    (batch,) = make_batches(step, device, [24])
    for group in step.optimiser.param_groups:
        group["lr"] = 0.0
    GraphedStep(step)(batch)
    for name, value in step.network.named_parameters():
        assert torch.equal(value, before[name]), name
    assert int(step.network.state_dict()["network.features.1.num_batches_tracked"]) == 1
