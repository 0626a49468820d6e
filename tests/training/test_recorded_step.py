"""A recorded step does what the step does; all but the first test need a GPU."""

from typing import Any

import pytest
import torch

from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.randomness import stream
from robust_style.training.recorded_step import RecordedStep, step_on
from robust_style.training.regime import view_of
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.step import Batch, Step
from robust_style.training.trainee import make_optimiser
from tiny_training import ADVERSARIAL, NOISE, STANDARD, TRAINING, tinted

SETTINGS = TrainingSettings.from_config(TRAINING)
on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")


def a_step(block: dict[str, Any], device: torch.device, precision: str) -> Step:
    layout = torch.channels_last
    network = NormalisedNetwork(build_network("vgg11", 0.125, 4, seed=1), (0.3,) * 3, (0.15,) * 3)
    network = network.to(device).to(memory_format=layout).train()  # type: ignore[call-overload]
    view = view_of(NetworkSettings.from_config("n", block), precision)
    return Step(network, make_optimiser(network, SETTINGS), SETTINGS.augmentation, view, precision, layout)


def batches(step: Step, device: torch.device, sizes: list[int]) -> list[Batch]:
    made = []
    for number, size in enumerate(sizes):
        images, labels = (torch.from_numpy(array) for array in tinted(size, number))
        chance = step.augmentation.draw(images.shape, stream(0, "augmentation", number))
        made.append(Batch(images, labels, chance, step.view.draw(images.shape, stream(0, "view", number))).to(device))
    return made


def after(step: Step, device: torch.device, *, recorded: bool, rates: list[float]) -> dict[str, torch.Tensor]:
    """Weights and momentum after steps on batches, the last of each rate smaller."""
    taken = step_on(device, step) if recorded else step
    for rate in rates:
        for group in step.optimiser.param_groups:
            group["lr"] = rate
        for batch in batches(step, device, [24, 24, 24, 7]):
            loss, logits = taken(batch)
            assert logits.shape == (len(batch.labels), 4)
            assert bool(torch.isfinite(loss))
    momenta = {str(i): own["momentum_buffer"] for i, own in enumerate(step.optimiser.state.values())}
    return {name: tensor.clone() for name, tensor in (step.network.state_dict() | momenta).items()}


def test_on_a_cpu_a_step_is_taken_as_it_is() -> None:
    step = a_step(STANDARD, torch.device("cpu"), "float32")
    assert step_on(torch.device("cpu"), step) is step


@pytest.mark.gpu
@on_gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("block", [STANDARD, ADVERSARIAL, NOISE])
def test_a_recording_gives_the_bits_of_the_step(block: dict[str, Any], precision: str) -> None:
    make_deterministic(1)
    device = torch.device("cuda")
    plain, first, second = (
        after(a_step(block, device, precision), device, recorded=recorded, rates=[0.05, 0.005])
        for recorded in (False, True, True)
    )
    for name, value in plain.items():
        assert torch.equal(first[name], value), name
        assert torch.equal(second[name], value), name


@pytest.mark.gpu
@on_gpu
def test_a_recording_leaves_the_network_as_it_found_it() -> None:
    make_deterministic(1)
    device = torch.device("cuda")
    step = a_step(STANDARD, device, "float32")
    before = {name: tensor.clone() for name, tensor in step.network.state_dict().items()}
    (batch,) = batches(step, device, [24])
    for group in step.optimiser.param_groups:
        group["lr"] = 0.0
    RecordedStep(step)(batch)
    for name, value in step.network.named_parameters():
        assert torch.equal(value, before[name]), name
    assert int(step.network.state_dict()["network.features.1.num_batches_tracked"]) == 1
