"""Networks made for 32 px, on images of more: global average pooling before the last layer, and nothing else."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from robust_style.attack.folded import FoldedNetwork
from robust_style.attack.pgd import Attack, pgd
from robust_style.model.compat import import_densenet, import_resnet, import_vgg
from robust_style.model.forward import logits_of
from robust_style.model.network import (
    NormalisedNetwork,
    PooledLinear,
    average_positions,
    build_network,
    calibrate_batch_norm,
)

ARCHITECTURES = ("vgg11", "resnet18", "densenet121", "mobilenet_v2")


def images(batch: int, side_px: int) -> Tensor:
    return torch.rand(batch, 3, side_px, side_px, generator=torch.Generator().manual_seed(side_px))


def normalised(architecture: str, classes: int = 5) -> NormalisedNetwork:
    return NormalisedNetwork(build_network(architecture, 0.125, classes, seed=1), (0.5,) * 3, (0.25,) * 3)


def last_maps(network: nn.Module, x: Tensor) -> Tensor:
    """The feature maps before all pooling that belongs to the classifier, by the names of the library's modules."""
    if hasattr(network, "features"):
        return network.get_submodule("features")(x)
    kept: list[Tensor] = []
    name = "layer4" if hasattr(network, "layer4") else "bn"
    hook = network.get_submodule(name).register_forward_hook(lambda module, given, result: kept.append(result))
    network(x)
    hook.remove()
    return kept[0] if name == "layer4" else F.relu(kept[0])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("side_px", [32, 64, 96, 224])
def test_logits_are_the_last_layer_of_the_mean_of_its_maps(architecture: str, side_px: int) -> None:
    network = build_network(architecture, 0.125, 5, seed=1).train(False)
    x = images(2, side_px)
    with torch.no_grad():
        maps = last_maps(network, x)
        *_, last = (module for module in network.modules() if isinstance(module, nn.Linear))
        expected = F.linear(F.adaptive_avg_pool2d(maps, 1).flatten(1), last.weight, last.bias)
        found = network(x)
    assert found.shape == (2, 5)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def library_network(architecture: str) -> nn.Module:
    library = {"vgg11": import_vgg, "resnet18": import_resnet, "densenet121": import_densenet}[architecture]()
    made: nn.Module = getattr(library, architecture)(num_classes=5)
    return made


@pytest.mark.parametrize("architecture", ["vgg11", "resnet18", "densenet121"])
def test_at_32_px_it_is_the_library_s_network_to_the_bit(architecture: str) -> None:
    """In value and gradient, with the library's own modules and names."""
    ours = build_network(architecture, 1.0, 5, seed=1)
    theirs = library_network(architecture)
    assert list(theirs.state_dict()) == list(ours.state_dict())
    theirs.load_state_dict(ours.state_dict())
    results = []
    for network in (ours, theirs):
        x = images(2, 32).requires_grad_()
        logits = network(x)
        results.append((logits, *torch.autograd.grad(logits.square().sum(), [x, *network.parameters()])))
    assert all(torch.equal(*pair) for pair in zip(*results, strict=True))


@pytest.mark.parametrize("architecture", ["vgg11", "resnet18", "densenet121"])
def test_its_first_weights_are_those_of_the_library_s_network(architecture: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        theirs = library_network(architecture)
    ours = build_network(architecture, 1.0, 5, seed=1)
    assert all(torch.equal(*pair) for pair in zip(ours.parameters(), theirs.parameters(), strict=True))


@pytest.mark.parametrize("side_px", [32, 64, 96])
def test_the_attacked_network_is_the_network(side_px: int) -> None:
    network = normalised("vgg11")
    calibrate_batch_norm(network, [images(8, side_px)])
    found = FoldedNetwork(network.train(False), "float32", side_px)(images(3, side_px))
    torch.testing.assert_close(found, network(images(3, side_px)).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("side_px", [32, 64])
def test_any_layout_in_memory_gives_the_same_logits(architecture: str, side_px: int) -> None:
    """Training lays weights out channels last; the library's `view` takes that of one place only."""
    network, x = normalised(architecture).train(False), images(2, side_px)
    expected = network(x)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    found = network(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize("architecture", ["vgg11", "resnet18"])
def test_it_trains_and_is_attacked_at_64_px(architecture: str) -> None:
    network, labels = normalised(architecture), torch.tensor([0, 1, 2])
    x = images(3, 64)
    for precision in ("float32", "bfloat16"):
        logits = logits_of(network, x, precision)
        F.cross_entropy(logits, labels).backward()
        assert logits.shape == (3, 5)
    torch.testing.assert_close(logits_of(network, x, "float32"), network(x), rtol=1e-4, atol=1e-5)
    found = pgd(network, x, labels, Attack("l2", 0.5, 0.2, 3), torch.Generator())
    norms = (found - x).flatten(1).norm(dim=1)
    assert (norms <= 0.5 + 1e-5).all()
    assert (norms > 0.4).all()


def test_one_place_is_passed_on_and_several_are_averaged() -> None:
    values = torch.arange(24.0).view(2, 12)
    assert average_positions(values, 12) is values
    assert torch.equal(average_positions(values, 3), values.view(2, 3, 4).mean(2))
    layer = PooledLinear(3, 2)
    assert torch.equal(layer(values), F.linear(values.view(2, 3, 4).mean(2), layer.weight, layer.bias))
