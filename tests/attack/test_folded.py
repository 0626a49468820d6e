"""The folded network equals the network in evaluation mode, up to rounding."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from robust_style.attack import folded
from robust_style.attack.folded import FoldedNetwork, constant
from robust_style.model.kernels import row_products
from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm

MEAN, STD = (0.49, 0.48, 0.45), (0.2, 0.21, 0.22)


def images(batch: int, seed: int = 1) -> Tensor:
    return torch.rand(batch, 3, 32, 32, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(params=[("vgg11", 0.5), ("vgg19", 0.125)])
def network(request: pytest.FixtureRequest) -> NormalisedNetwork:
    """In training mode, with random batch-norm scales and shifts; the first is wide enough for products of rows."""
    network = NormalisedNetwork(build_network(*request.param, 7, seed=3), MEAN, STD)
    random = torch.Generator().manual_seed(5)
    calibrate_batch_norm(network, [images(16)])
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=random)
                module.bias.uniform_(-0.3, 0.3, generator=random)
    return network.train()


def logits_and_gradient(classifier: object, x: Tensor) -> tuple[Tensor, Tensor]:
    assert callable(classifier)
    leaf = x.clone().requires_grad_()
    logits = classifier(leaf)
    (gradient,) = torch.autograd.grad(F.cross_entropy(logits, torch.arange(len(x)) % 7), leaf)
    return logits.detach(), gradient


def test_float32_gives_the_same_logits_and_gradient(network: NormalisedNetwork) -> None:
    expected = logits_and_gradient(network.train(False), images(5))
    actual = logits_and_gradient(FoldedNetwork(network, "float32"), images(5))
    torch.testing.assert_close(actual[0], expected[0], rtol=1e-4, atol=1e-5)
    # Where the input of a ReLU is 0 up to rounding, a few gradients differ much.
    assert F.cosine_similarity(actual[1].flatten(1), expected[1].flatten(1)).min() > 0.999


@pytest.mark.parametrize("has_tiles", [True, False])
def test_bfloat16_is_as_faithful_as_autocast(
    network: NormalisedNetwork, has_tiles: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (folded, row_products):
        monkeypatch.setattr(module, "has_matrix_tiles", lambda: has_tiles)
    expected = logits_and_gradient(network.train(False), images(8))
    attacked = FoldedNetwork(network, "bfloat16")
    is_wide = network.network.classifier.in_features == 256
    assert any(layer.rows for layer in attacked.layers) is (has_tiles and is_wide)
    actual = logits_and_gradient(attacked, images(8))
    assert actual[0].dtype == torch.float32
    assert (actual[0] - expected[0]).abs().max() < 0.1 * expected[0].abs().max()
    # These random weights amplify rounding errors; folding must add none to those of bfloat16.
    autocast = logits_and_gradient(folded._Autocast(network, "bfloat16"), images(8))
    angles = [
        F.cosine_similarity(gradient.flatten(1), expected[1].flatten(1)).mean() for gradient in (actual[1], autocast[1])
    ]
    assert angles[0] > angles[1] - 0.05
    assert angles[0] > 0.5


def test_the_network_is_not_changed_and_the_copy_is_independent(network: NormalisedNetwork) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    copy = FoldedNetwork(network, "float32")
    first, _ = logits_and_gradient(copy, images(2))
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    with torch.no_grad():
        network.network.features[0].weight.mul_(3)
    assert torch.equal(copy(images(2)), first)


def test_other_networks_run_under_autocast() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(12, 2))
    x = torch.rand(3, 3, 2, 2)
    assert torch.equal(constant(linear, "float32")(x), linear(x))
    assert constant(linear, "bfloat16")(x).dtype == torch.float32
