from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from robust_style.attack.pgd import Attack, frozen_for_attack, pgd
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm

BRANCHED = [name for name, entry in ARCHITECTURES.items() if entry.head and entry.family != "vgg"]
MEAN, STD = (0.49, 0.48, 0.45), (0.2, 0.2, 0.2)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def toy(seed: int = 0, architecture: str = "vgg11") -> NormalisedNetwork:
    network = NormalisedNetwork(build_network(architecture, 0.1, 5, seed=seed), MEAN, STD)
    calibrate_batch_norm(network, [torch.rand(8, 3, 32, 32, generator=generator(9))])
    return network


class Linear(nn.Module):
    """Two classes whose logits are the brightness and its opposite: the strongest attack is known analytically."""

    def forward(self, images: Tensor) -> Tensor:
        brightness = images.flatten(1).sum(1) - images[0].numel() / 2
        return torch.stack([brightness, -brightness], 1) / images[0].numel()


def images_and_labels(batch: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    source = generator(seed)
    return torch.rand(batch, 3, 32, 32, generator=source), torch.randint(5, (batch,), generator=source)


@pytest.mark.parametrize(
    ("architecture", "ours", "theirs", "epsilon", "step_size", "steps"),
    [
        ("vgg11", "l2", "2", 0.5, 1.5, 4),
        ("vgg11", "l2", "2", 2.0, 0.3, 5),
        ("vgg11", "linf", "inf", 8 / 255, 2 / 255, 4),
        *((architecture, "l2", "2", 0.5, 1.5, 4) for architecture in BRANCHED),
    ],
)
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
    adversarial = pgd(network, images, labels, Attack(ours, epsilon, step_size, steps), generator())
    assert float((expected - images).abs().max()) > epsilon / 100
    # Folding rounds differently. On some CPUs the input of one ReLU is 0 up to rounding, which changes one image more.
    differences = (adversarial - expected).abs().amax(dim=(1, 2, 3))
    assert int((differences > 1e-6).sum()) <= 1
    assert float(differences.max()) < 1e-3


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
    adversarial = pgd(
        Linear(), images, labels, Attack(constraint, epsilon, step_size, steps, random_start), generator(seed)
    )
    order = 2 if constraint == "l2" else torch.inf
    assert float(torch.linalg.vector_norm((adversarial - images).flatten(1), order, dim=1).max()) <= epsilon + 1e-6
    assert float(adversarial.min()) >= 0
    assert float(adversarial.max()) <= 1


def test_finds_the_known_optimum_of_a_linear_network() -> None:
    """The optimum darkens all 48 values equally; an L2 norm of 0.5 is 0.0722 each."""
    images, labels = torch.full((2, 3, 4, 4), 0.5), torch.zeros(2, dtype=torch.int64)
    for constraint, epsilon, change in (("l2", 0.5, 0.5 / 48**0.5), ("linf", 0.1, 0.1)):
        adversarial = pgd(Linear(), images, labels, Attack(constraint, epsilon, 1.5, 3), generator())
        torch.testing.assert_close(adversarial, images - change, rtol=0, atol=1e-6)


def test_keeps_the_worst_iterate_not_the_last() -> None:
    class Valley(nn.Module):
        """The loss of class 0 is highest at 0.6 and falls on both sides: large steps overshoot."""

        def forward(self, images: Tensor) -> Tensor:
            distance = (images - 0.6).flatten(1).square().mean(1)
            return torch.stack([distance, torch.zeros_like(distance)], 1)

    images, labels = torch.full((1, 3, 2, 2), 0.5), torch.zeros(1, dtype=torch.int64)
    adversarial = pgd(Valley(), images, labels, Attack("linf", 0.5, 0.4, 1), generator())
    assert torch.equal(adversarial, images)  # the step leads to 0.9, where the loss is lower


def test_restores_the_network_also_after_an_error() -> None:
    network, (images, labels) = toy().train(), images_and_labels(2)
    frozen = network.network.classifier.weight.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    pgd(network, images, labels, Attack("l2", 0.5, 0.5, 2), generator())
    assert network.training
    assert network.network.features[1].training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.requires_grad == (parameter is not frozen) for parameter in network.parameters())
    assert all(parameter.grad is None for parameter in network.parameters())
    with pytest.raises(RuntimeError), frozen_for_attack(network):
        raise RuntimeError
    assert network.training
    assert network.network.features[0].weight.requires_grad


def test_only_a_random_start_uses_the_generator() -> None:
    network, (images, labels) = toy(), images_and_labels(2)
    start = Attack("l2", 0.5, 0.1, 0, random_start=True)
    first, again, other = (pgd(network, images, labels, start, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    untouched = generator(3)
    pgd(network, images, labels, Attack("l2", 0.5, 0.1, 1), untouched)
    assert torch.equal(untouched.get_state(), generator(3).get_state())


def test_bfloat16_reaches_nearly_the_same_loss() -> None:
    network, (images, labels) = toy(), images_and_labels(4)
    attack = Attack("l2", 0.5, 0.3, 5)
    losses = []
    for precision in ("float32", "bfloat16"):
        adversarial = pgd(network, images, labels, attack, generator(), precision)
        assert adversarial.dtype == torch.float32
        with frozen_for_attack(network):
            losses.append(F.cross_entropy(network(adversarial), labels).item())
    with frozen_for_attack(network):
        clean = F.cross_entropy(network(images), labels).item()
    assert losses[0] - clean > 0.1
    assert abs(losses[1] - losses[0]) < 0.1 * (losses[0] - clean)


def test_unknown_constraint_is_refused() -> None:
    with pytest.raises(ConfigError, match="'l1'"):
        pgd(toy(), *images_and_labels(1), Attack("l1", 0.5, 0.1, 1), generator())
