from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch
import torch.nn.functional as F

from robust_style.attack.pgd import pgd
from robust_style.errors import Divergence
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.provenance.randomness import stream
from robust_style.training.epoch import EpochResult, train_epoch
from robust_style.training.regime import view_of
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.step import Batch, Step, Taken
from robust_style.training.trainee import make_optimiser
from tiny_training import ADVERSARIAL, NOISE, STANDARD, TRAINING, tinted

SETTINGS = TrainingSettings.from_config(TRAINING)


def data(count: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = tinted(count, 0)
    return torch.from_numpy(images), torch.from_numpy(labels)


def fresh() -> NormalisedNetwork:
    return NormalisedNetwork(build_network("vgg11", 0.125, 4, seed=1), (0.3,) * 3, (0.15,) * 3)


def run(
    network: NormalisedNetwork, block: dict[str, Any], epoch: int = 1, pass_number: int = 1, **changes: Any
) -> EpochResult:
    optimiser = changes.pop("optimiser", None) or make_optimiser(network, SETTINGS)
    images, labels = changes.pop("data", None) or data()
    settings = replace(SETTINGS, **changes)
    view = view_of(NetworkSettings.from_config("n", block), "float32")
    step = Step(network, optimiser, settings.augmentation, view, "float32", torch.contiguous_format)
    return train_epoch(step, images, labels, settings=settings, seed=0, epoch=epoch, name="n", pass_number=pass_number)


@pytest.mark.parametrize(
    ("block", "pass_number", "when"), [(STANDARD, 1, (1,)), (ADVERSARIAL, 1, (1,)), (ADVERSARIAL, 2, (1, 2))]
)
def test_equals_an_epoch_written_out(block: dict[str, Any], pass_number: int, when: tuple[int, ...]) -> None:
    """Without augmentation: attack in evaluation mode, forward in training mode, SGD written as formulas."""
    found = fresh()
    nothing: dict[str, Any] = {"crop_padding": 0, "flip": False, "colour_jitter": 0.0, "rotation": 0.0}
    result = run(found, block, pass_number=pass_number, **nothing)
    network, (images, labels) = fresh(), data()
    attack = NetworkSettings.from_config("n", block).attack
    randomness = stream(0, "attack", *when)
    momenta = [torch.zeros_like(parameter) for parameter in network.parameters()]
    losses = []
    for chosen in torch.randperm(60, generator=stream(0, "order", *when)).split(24):
        x, y = images[chosen].float() / 255, labels[chosen]
        if attack is not None:
            x = pgd(network.train(False), x, y, attack, randomness)
        loss = F.cross_entropy(network.train()(x), y)
        losses.append(loss.item() * len(y))
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for parameter, momentum, gradient in zip(network.parameters(), momenta, gradients, strict=True):
                momentum.mul_(0.9).add_(gradient + 5e-4 * parameter)
                parameter -= 0.05 * momentum
    assert result.loss == pytest.approx(sum(losses) / 60, rel=1e-5)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(found.state_dict()[name], value, rtol=1e-3, atol=1e-5, msg=name)


class Remembered(Step):
    """A step that remembers the images of the forward pass before the regime changed them."""

    seen: ClassVar[list[torch.Tensor]] = []

    def __call__(self, batch: Batch) -> Taken:
        self.seen.append(self.augmentation(batch.images, batch.chance))
        return super().__call__(batch)


def test_regimes_of_equal_seed_see_the_same_batches() -> None:
    seen: list[list[torch.Tensor]] = []
    for block in (STANDARD, ADVERSARIAL, NOISE):
        view = view_of(NetworkSettings.from_config("n", block), "float32")
        network = fresh()
        step = Remembered(
            network, make_optimiser(network, SETTINGS), SETTINGS.augmentation, view, "float32", torch.contiguous_format
        )
        Remembered.seen.clear()
        train_epoch(step, *data(), settings=SETTINGS, seed=0, epoch=2, name="n")
        seen.append(list(Remembered.seen))
    assert len(seen[0]) == 3
    for others in seen[1:]:
        assert all(torch.equal(first, second) for first, second in zip(seen[0], others, strict=True))


def test_epochs_differ_in_order_and_learning_rate() -> None:
    first, fourth = run(fresh(), STANDARD, epoch=1), run(fresh(), STANDARD, epoch=4)
    assert first.loss != fourth.loss
    assert first.learning_rate == 0.05
    assert fourth.learning_rate == pytest.approx(0.005)


def test_passes_of_an_epoch_differ_in_their_random_numbers_and_share_the_learning_rate() -> None:
    first, second = run(fresh(), STANDARD, epoch=4), run(fresh(), STANDARD, epoch=4, pass_number=2)
    assert first.loss != second.loss
    assert first.learning_rate == second.learning_rate == pytest.approx(0.005)
    assert run(fresh(), STANDARD, epoch=4, pass_number=2) == second


def test_learns_the_classes() -> None:
    network = fresh()
    optimiser = make_optimiser(network, SETTINGS)
    accuracies = [run(network, STANDARD, epoch, optimiser=optimiser).accuracy for epoch in range(1, 7)]
    assert accuracies[-1] > 0.9 > 0.7 > accuracies[0]


@pytest.mark.parametrize("block", [STANDARD, ADVERSARIAL])
def test_divergence_is_named_where_it_happens(block: dict[str, Any]) -> None:
    with pytest.raises(Divergence, match=r"networks\.n: .* epoch 1, batch \d .*last finite loss \d.*learning_rate"):
        run(fresh(), block, learning_rate=1e30)


def test_divergence_in_a_later_pass_names_it() -> None:
    with pytest.raises(Divergence, match=r"epoch 2, pass 3, batch \d"):
        run(fresh(), STANDARD, epoch=2, pass_number=3, learning_rate=1e30)


def test_poisoned_weight_is_noticed_in_the_first_batch() -> None:
    network = fresh()
    network.network.classifier.bias.data[0] = torch.nan
    with pytest.raises(Divergence, match="epoch 1, batch 1 "):
        run(network, STANDARD)


def test_single_leftover_joins_the_batch_before() -> None:
    network = fresh()
    run(network, STANDARD, data=data(25))
    assert int(network.network.features[1].num_batches_tracked) == 1
