from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F

from robust_style.attack.pgd import pgd
from robust_style.compute.randomness import stream
from robust_style.errors import Divergence
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.training.epoch import TrainingResult, learning_rate, train_pass
from robust_style.training.regime import input_transform
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.state import make_optimiser
from robust_style.training.step import Batch, Step, StepOutput
from tiny_training import ADVERSARIAL, NOISE, STANDARD, TRAINING, tinted

SETTINGS = TrainingSettings.from_config(TRAINING)


def data(count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = tinted(count, 0)
    return torch.from_numpy(images), torch.from_numpy(labels)


def make_network() -> NormalisedNetwork:
    return NormalisedNetwork(build_network("vgg11", 0.125, 4, seed=1), (0.3,) * 3, (0.15,) * 3)


def run(
    network: NormalisedNetwork, block: dict[str, Any], epoch: int = 1, pass_number: int = 1, **changes: Any
) -> TrainingResult:
    optimiser = changes.pop("optimiser", None) or make_optimiser(network, SETTINGS)
    images, labels = changes.pop("data", None) or data()
    settings = replace(SETTINGS, **changes)
    transform = input_transform(NetworkSettings.from_config("n", block), "float32")
    step = Step(network, optimiser, settings.augmentation, transform, "float32", torch.contiguous_format)
    return train_pass(step, images, labels, settings=settings, seed=0, epoch=epoch, name="n", pass_number=pass_number)


@pytest.mark.parametrize(
    ("block", "pass_number", "key"), [(STANDARD, 1, (1,)), (ADVERSARIAL, 1, (1,)), (ADVERSARIAL, 2, (1, 2))]
)
def test_equals_an_epoch_written_out(block: dict[str, Any], pass_number: int, key: tuple[int, ...]) -> None:
    """Without augmentation: attack in evaluation mode, forward in training mode, SGD written as formulas."""
    trained = make_network()
    nothing: dict[str, Any] = {"crop_padding": 0, "flip": False, "colour_jitter": 0.0, "rotation": 0.0}
    result = run(trained, block, pass_number=pass_number, **nothing)
    network, (images, labels) = make_network(), data()
    attack = NetworkSettings.from_config("n", block).attack
    generator = stream(0, "attack", *key)
    momenta = [torch.zeros_like(parameter) for parameter in network.parameters()]
    losses = []
    for batch in torch.randperm(60, generator=stream(0, "order", *key)).split(24):
        x, y = images[batch].float() / 255, labels[batch]
        if attack is not None:
            x = pgd(network.train(False), x, y, attack, generator)
        loss = F.cross_entropy(network.train()(x), y)
        losses.append(loss.item() * len(y))
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for parameter, momentum, gradient in zip(network.parameters(), momenta, gradients, strict=True):
                momentum.mul_(0.9).add_(gradient + 5e-4 * parameter)
                parameter -= 0.05 * momentum
    assert result.loss == pytest.approx(sum(losses) / 60, rel=1e-5)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(trained.state_dict()[name], value, rtol=1e-3, atol=1e-5, msg=name)


class RecordingStep(Step):
    """A step that records the augmented images."""

    seen: ClassVar[list[torch.Tensor]] = []

    def __call__(self, batch: Batch) -> StepOutput:
        self.seen.append(self.augmentation(batch.images, batch.augmentation))
        return super().__call__(batch)


def test_regimes_of_equal_seed_see_the_same_batches() -> None:
    seen: list[list[torch.Tensor]] = []
    for block in (STANDARD, ADVERSARIAL, NOISE):
        transform = input_transform(NetworkSettings.from_config("n", block), "float32")
        network = make_network()
        step = RecordingStep(
            network,
            make_optimiser(network, SETTINGS),
            SETTINGS.augmentation,
            transform,
            "float32",
            torch.contiguous_format,
        )
        RecordingStep.seen.clear()
        train_pass(step, *data(), settings=SETTINGS, seed=0, epoch=2, name="n")
        seen.append(list(RecordingStep.seen))
    assert len(seen[0]) == 3
    for others in seen[1:]:
        assert all(torch.equal(first, second) for first, second in zip(seen[0], others, strict=True))


def test_epochs_and_passes_have_their_own_random_numbers_and_epochs_their_learning_rate() -> None:
    first, fourth = run(make_network(), STANDARD, epoch=1), run(make_network(), STANDARD, epoch=4)
    second_pass = run(make_network(), STANDARD, epoch=4, pass_number=2)
    assert len({first.loss, fourth.loss, second_pass.loss}) == 3
    assert first.learning_rate == 0.05
    assert fourth.learning_rate == second_pass.learning_rate == pytest.approx(0.005)


@pytest.mark.parametrize(("every", "factor"), [(50, 0.1), (3, 0.5), (1, 0.9)])
def test_learning_rate_is_that_of_steplr(every: int, factor: float) -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimiser, every, factor)
    for epoch in range(1, 121):
        ours = learning_rate(epoch, initial=0.1, drop_every=every, drop_factor=factor)
        assert ours == pytest.approx(schedule.get_last_lr()[0], rel=1e-12)
        optimiser.step()
        schedule.step()


def test_learns_the_classes() -> None:
    network = make_network()
    optimiser = make_optimiser(network, SETTINGS)
    accuracies = [run(network, STANDARD, epoch, optimiser=optimiser).accuracy for epoch in range(1, 7)]
    assert accuracies[-1] > 0.9 > 0.7 > accuracies[0]


def test_divergence_says_where_it_happened() -> None:
    with pytest.raises(Divergence, match=r"networks\.n: .* epoch 1, batch \d .*last finite loss \d.*learning_rate"):
        run(make_network(), ADVERSARIAL, learning_rate=1e30)
    with pytest.raises(Divergence, match=r"epoch 2, pass 3, batch \d"):
        run(make_network(), STANDARD, epoch=2, pass_number=3, learning_rate=1e30)
    network = make_network()
    network.network.classifier.bias.data[0] = torch.nan
    with pytest.raises(Divergence, match="epoch 1, batch 1 "):
        run(network, STANDARD)


def test_single_leftover_joins_the_batch_before() -> None:
    network = make_network()
    run(network, STANDARD, data=data(25))
    assert int(network.network.features[1].num_batches_tracked) == 1
