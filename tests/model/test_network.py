"""The networks: the library's and torchvision's weights and logits, any width, larger images, calibration."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from robust_style.attack.folded import FoldedNetwork
from robust_style.attack.pgd import Attack, pgd
from robust_style.errors import ConfigError
from robust_style.model.compat import import_densenet, import_resnet, import_torchvision_models, import_vgg
from robust_style.model.forward import logits_of
from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm

ARCHITECTURES = ("vgg11", "resnet18", "densenet121", "mobilenet_v2")
LIBRARIES = {
    "vgg11": import_vgg, "vgg19": import_vgg, "resnet18": import_resnet, "resnet50": import_resnet,
    "densenet121": import_densenet, "mobilenet_v2": import_torchvision_models,
}  # fmt: skip


def images(batch: int, side_px: int) -> Tensor:
    return torch.rand(batch, 3, side_px, side_px, generator=torch.Generator().manual_seed(side_px))


def normalised(architecture: str, classes: int = 5) -> NormalisedNetwork:
    return NormalisedNetwork(build_network(architecture, 0.125, classes, seed=1), (0.5,) * 3, (0.25,) * 3)


def original(architecture: str, classes: int) -> nn.Module:
    """The network as the library or torchvision builds it."""
    module = LIBRARIES[architecture]()
    if architecture.startswith("vgg"):
        network: nn.Module = module.VGG(architecture.upper(), num_classes=classes)
        return network
    made: nn.Module = getattr(module, architecture)(num_classes=classes)
    return made


@pytest.mark.parametrize("architecture", list(LIBRARIES))
def test_full_width_is_the_original_network_weight_for_weight(architecture: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = original(architecture, 7)
    network = build_network(architecture, 1.0, 7, seed=5)
    assert type(network) is type(expected)
    assert list(network.state_dict()) == list(expected.state_dict())
    assert all(torch.equal(weight, network.state_dict()[name]) for name, weight in expected.state_dict().items())


@pytest.mark.parametrize("architecture", ["vgg11", "resnet18", "densenet121"])
def test_at_32_px_logits_and_gradients_are_those_of_the_library_bit_for_bit(architecture: str) -> None:
    ours, theirs = build_network(architecture, 1.0, 5, seed=1), original(architecture, 5)
    theirs.load_state_dict(ours.state_dict())
    results = []
    for network in (ours, theirs):
        x = images(2, 32).requires_grad_()
        logits = network(x)
        results.append((logits, *torch.autograd.grad(logits.square().sum(), [x, *network.parameters()])))
    assert all(torch.equal(*pair) for pair in zip(*results, strict=True))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_seed_decides_the_weights_and_the_global_state_is_unchanged(architecture: str) -> None:
    before = torch.get_rng_state()
    first, again, other = (build_network(architecture, 0.125, 7, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(*pair) for pair in zip(first.parameters(), again.parameters(), strict=True))
    assert not all(torch.equal(*pair) for pair in zip(first.parameters(), other.parameters(), strict=True))
    assert first(images(2, 32)).shape == (2, 7)


def test_width_scales_every_channel_count() -> None:
    features = build_network("vgg19", 0.25, 10).get_submodule("features")
    channels = [module.out_channels for module in features.children() if isinstance(module, nn.Conv2d)]
    assert channels == [16] * 2 + [32] * 2 + [64] * 4 + [128] * 8


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), 0.001])
def test_a_width_that_leaves_no_channel_is_refused(architecture: str, width: float) -> None:
    if width == 0.001 and architecture == "vgg11":
        pytest.skip("a VGG has at least one channel")
    with pytest.raises(ConfigError, match="width: expected"):
        build_network(architecture, width, 3)


def test_mobilenet_ends_with_4_x_4_positions_and_has_no_dropout() -> None:
    network = build_network("mobilenet_v2", 0.25, 7)
    x = images(2, 32)
    assert network.get_submodule("features")(x).shape[2:] == (4, 4)
    assert torch.equal(network(x), network(x)), "in training mode"


def test_normalisation_is_per_channel() -> None:
    network = build_network("vgg11", 0.1, 3).train(False)
    whole = NormalisedNetwork(network, (0.1, 0.2, 0.3), (0.5, 0.25, 0.125)).train(False)
    x, constants = images(2, 32), [(0.1, 0.5), (0.2, 0.25), (0.3, 0.125)]
    expected = torch.stack([(x[:, c] - mean) / std for c, (mean, std) in enumerate(constants)], 1)
    assert torch.equal(whole.normalise(x), expected)
    assert torch.equal(whole(x), network(expected))


def last_maps(network: nn.Module, x: Tensor) -> Tensor:
    """The feature maps before the pooling of the classifier, by the names of the library's modules."""
    if hasattr(network, "features"):
        return network.get_submodule("features")(x)
    kept: list[Tensor] = []
    name = "layer4" if hasattr(network, "layer4") else "bn"
    hook = network.get_submodule(name).register_forward_hook(lambda module, inputs, output: kept.append(output))
    network(x)
    hook.remove()
    return kept[0] if name == "layer4" else F.relu(kept[0])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("side_px", [32, 64, 224])
def test_logits_are_the_last_layer_of_the_mean_of_its_maps(architecture: str, side_px: int) -> None:
    network = build_network(architecture, 0.125, 5, seed=1).train(False)
    x = images(2, side_px)
    with torch.no_grad():
        *_, last = (module for module in network.modules() if isinstance(module, nn.Linear))
        expected = F.linear(F.adaptive_avg_pool2d(last_maps(network, x), 1).flatten(1), last.weight, last.bias)
        logits = network(x)
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("side_px", [32, 64])
def test_every_memory_layout_gives_the_same_logits(architecture: str, side_px: int) -> None:
    network, x = normalised(architecture).train(False), images(2, side_px)
    expected = network(x)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    logits = network(x.to(memory_format=torch.channels_last))
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize("side_px", [32, 64, 96])
def test_the_folded_network_of_the_attack_has_the_same_logits(side_px: int) -> None:
    network = normalised("vgg11")
    calibrate_batch_norm(network, [images(8, side_px)])
    logits = FoldedNetwork(network.train(False), "float32", side_px)(images(3, side_px))
    torch.testing.assert_close(logits, network(images(3, side_px)).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("side_px", [32, 64])
def test_the_forward_pass_of_training_has_the_same_logits(architecture: str, side_px: int) -> None:
    network = normalised(architecture)
    calibrate_batch_norm(network, [images(4, side_px)])
    network.train(False)
    x = images(3, side_px)
    torch.testing.assert_close(logits_of(network, x, "float32"), network(x), rtol=1e-4, atol=1e-5)
    assert logits_of(network, x, "bfloat16").dtype == torch.float32


def test_an_attack_at_64_px() -> None:
    network, x, labels = normalised("resnet18"), images(3, 64), torch.tensor([0, 1, 2])
    norms = (pgd(network, x, labels, Attack("l2", 0.5, 0.2, 3), torch.Generator()) - x).flatten(1).norm(dim=1)
    assert (norms <= 0.5 + 1e-5).all()
    assert (norms > 0.4).all()


def test_calibration_is_the_average_over_batches() -> None:
    network = NormalisedNetwork(build_network("vgg11", 0.1, 3), (0.4,) * 3, (0.2,) * 3).train(False)
    generator = torch.Generator().manual_seed(0)
    batches = [torch.rand(4, 3, 32, 32, generator=generator) * scale for scale in (0.2, 0.6, 1.0)]
    weights = {name: value.clone() for name, value in network.named_parameters()}
    calibrate_batch_norm(network, [torch.zeros(4, 3, 32, 32)])  # forgotten by the next calibration
    calibrate_batch_norm(network, batches)
    convolution, norm = network.network.features[0], network.network.features[1]
    outputs = [convolution(network.normalise(batch)).transpose(0, 1).flatten(1) for batch in batches]
    torch.testing.assert_close(norm.running_mean, torch.stack([o.mean(1) for o in outputs]).mean(0))
    torch.testing.assert_close(norm.running_var, torch.stack([o.var(1) for o in outputs]).mean(0))
    assert norm.momentum == 0.1
    assert not network.training
    assert all(torch.equal(value, weights[name]) for name, value in network.named_parameters())


def test_calibrated_activations_neither_vanish_nor_explode() -> None:
    network = NormalisedNetwork(build_network("vgg19", 0.1, 3), (0.5,) * 3, (0.3,) * 3)
    x = images(16, 32)
    calibrate_batch_norm(network, [x])
    network.train(False)
    x = network.normalise(x)
    with torch.no_grad():
        for module in network.network.features:
            x = module(x)
            if isinstance(module, nn.BatchNorm2d):
                assert 0.9 < float(x.std()) < 1.1
