from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, attacked, pgd
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.calibrate import calibrate_batch_norm
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import NormalisedNetwork, build_network

BRANCHED = [name for name, one in ARCHITECTURES.items() if one.head and one.family != "vgg"]
MEAN, STD = (0.49, 0.48, 0.45), (0.2, 0.2, 0.2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def toy(seed: int = 0, architecture: str = "vgg11") -> NormalisedNetwork:
    network = NormalisedNetwork(build_network(architecture, 0.1, 5, seed=seed), MEAN, STD)
    calibrate_batch_norm(network, [torch.rand(8, 3, 32, 32, generator=generator(9))])
    return network


class Linear(nn.Module):
    """Two classes whose logits are the brightness and its opposite: the strongest attack is known."""

    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).sum(1) - images[0].numel() / 2
        return torch.stack([brightness, -brightness], 1) / images[0].numel()


def images_and_labels(batch: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    source = generator(seed)
    return torch.rand(batch, 3, 32, 32, generator=source), torch.randint(5, (batch,), generator=source)


@pytest.mark.parametrize(
    ("ours", "theirs", "epsilon", "step_size", "steps"),
    [("l2", "2", 0.5, 1.5, 4), ("l2", "2", 2.0, 0.3, 5), ("linf", "inf", 8 / 255, 2 / 255, 4)],
)
@pytest.mark.parametrize("architecture", ["vgg11", *BRANCHED])
def test_equals_the_library_s_attacker(
    architecture: str, ours: str, theirs: str, epsilon: float, step_size: float, steps: int
) -> None:
    network, (images, labels) = toy(architecture=architecture), images_and_labels(6)
    dataset = SimpleNamespace(mean=torch.tensor(MEAN), std=torch.tensor(STD))
    attacker = import_robustness().attacker.Attacker(network.network.train(False), dataset)
    with without_cuda():
        expected = attacker(
            images, labels, constraint=theirs, eps=epsilon, step_size=step_size, iterations=steps, use_best=True
        )
    found = pgd(network, images, labels, Attack(ours, epsilon, step_size, steps), generator())
    assert float((expected - images).abs().max()) > epsilon / 100
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


@settings(max_examples=25, deadline=None)
@given(
    constraint=st.sampled_from(["l2", "linf"]),
    epsilon=st.one_of(st.just(0.0), st.floats(1e-3, 1.0)),
    step_size=st.floats(0, 2),
    steps=st.integers(0, 3),
    random_start=st.booleans(),
    batch=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_stays_in_the_ball_and_in_range(
    constraint: str, epsilon: float, step_size: float, steps: int, random_start: bool, batch: int, seed: int
) -> None:
    images = torch.rand(batch, 3, 4, 4, generator=generator(seed))
    labels = torch.zeros(batch, dtype=torch.int64)
    found = pgd(Linear(), images, labels, Attack(constraint, epsilon, step_size, steps, random_start), generator(seed))
    order = 2 if constraint == "l2" else torch.inf
    assert float(torch.linalg.vector_norm((found - images).flatten(1), order, dim=1).max()) <= epsilon + 1e-6
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1


def test_finds_the_known_optimum_of_a_linear_network() -> None:
    """Darkening every value alike lowers the brightness most; l2 of 0.5 over 48 values is 0.0722 each."""
    images, labels = torch.full((2, 3, 4, 4), 0.5), torch.zeros(2, dtype=torch.int64)
    for constraint, epsilon, change in (("l2", 0.5, 0.5 / 48**0.5), ("linf", 0.1, 0.1)):
        found = pgd(Linear(), images, labels, Attack(constraint, epsilon, 1.5, 3), generator())
        torch.testing.assert_close(found, images - change, rtol=0, atol=1e-6)


def test_keeps_the_worst_iterate_not_the_last() -> None:
    class Valley(nn.Module):
        """The loss of class 0 is highest at 0.6 and falls on both sides: large steps overshoot."""

        def forward(self, images: Tensor) -> Tensor:
            distance = (images - 0.6).flatten(1).square().mean(1)
            return torch.stack([distance, torch.zeros_like(distance)], 1)

    images, labels = torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, dtype=torch.int64)
    found = pgd(Valley(), images, labels, Attack("linf", 0.5, 0.4, 1), generator())
    assert torch.equal(found, images)  # the step leads to 0.9, which is worse for the attacker


def test_leaves_the_network_as_it_was_also_when_it_fails() -> None:
    network, (images, labels) = toy().train(), images_and_labels(2)
    frozen = network.network.classifier.weight.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    pgd(network, images, labels, Attack("l2", 0.5, 0.5, 2), generator())
    assert network.training
    assert network.network.features[1].training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.requires_grad == (parameter is not frozen) for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())
    with pytest.raises(RuntimeError), attacked(network):
        raise RuntimeError
    assert network.training
    assert network.network.features[0].weight.requires_grad


def test_random_start_follows_its_generator_and_nothing_else_draws() -> None:
    network, (images, labels) = toy(), images_and_labels(2)
    start = Attack("l2", 0.5, 0.1, 0, random_start=True)
    first, again, other = (pgd(network, images, labels, start, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    untouched = generator(3)
    pgd(network, images, labels, Attack("l2", 0.5, 0.1, 1), untouched)
    assert torch.equal(untouched.get_state(), generator(3).get_state())


def test_bfloat16_finds_nearly_the_same_loss_and_gives_float32() -> None:
    network, (images, labels) = toy(), images_and_labels(4)
    attack = Attack("l2", 0.5, 0.3, 5)
    losses = []
    for precision in ("float32", "bfloat16"):
        found = pgd(network, images, labels, attack, generator(), precision)
        assert found.dtype == torch.float32
        with attacked(network):
            losses.append(F.cross_entropy(network(found), labels).item())
    with attacked(network):
        clean = F.cross_entropy(network(images), labels).item()
    assert losses[0] - clean > 0.1
    assert abs(losses[1] - losses[0]) < 0.1 * (losses[0] - clean)


def test_unknown_constraint_is_refused() -> None:
    with pytest.raises(ConfigError, match="'l1'"):
        pgd(toy(), *images_and_labels(1), Attack("l1", 0.5, 0.1, 1), generator())
