"""Maps of networks with branches: those of the network itself, module by module."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from random_norms import with_random_norms
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.tap_names import tap_names
from robust_style.transfer.features import Encoder

MEAN, STD = (0.49, 0.48, 0.45), (0.20, 0.21, 0.22)
BRANCHED = [name for name, one in ARCHITECTURES.items() if one.head and one.family != "vgg"]


@pytest.fixture(params=BRANCHED)
def branched(request):
    network = with_random_norms(build_network(request.param, 0.125, 10, seed=1))
    wrapped = NormalisedNetwork(network, MEAN, STD).eval().requires_grad_(False)
    return wrapped, tap_names(request.param)


def plain_maps(network, image, names):
    """By hooks on the network as it is: what each module gives; a ReLU's is that of its batch norm's output."""
    seen, hooks = {}, []
    for name, module in network.network.named_modules():
        hooks.append(module.register_forward_hook(lambda _, __, output, name=name: seen.update({name: output.clone()})))
    network(image)
    for hook in hooks:
        hook.remove()
    maps = {}
    for name in names:
        stem, dot, last = name.rpartition(".")
        norm = f"{stem}{dot}{last.replace('relu', 'bn')}"
        maps[name] = functional.relu(seen[norm]) if last.startswith("relu") else seen[name]
    return maps


def test_all_maps_are_those_of_the_network(branched, images):
    network, names = branched
    image = images[1].double()
    network = network.double()
    expected = plain_maps(network, image, names)
    for chosen in (names, names[::3], names[-1:], names[:1]):
        maps = Encoder(network, chosen, pooling="max", dtype=torch.float64)(image)
        assert list(maps) == list(chosen)
        for layer in chosen:
            torch.testing.assert_close(maps[layer], expected[layer], rtol=1e-8, atol=1e-8)


def test_what_lies_deeper_is_left_out_and_batch_norms_folded(branched):
    network, names = branched
    part = Encoder(network, names[:1], pooling="average").branched.part
    assert sum(isinstance(module, nn.Conv2d) for module in part.modules()) == 1
    whole = Encoder(network, names[-1:], pooling="average").branched.part
    # one of a DenseNet's stands before the ReLU that its convolution looks at
    kept = sum(isinstance(module, nn.BatchNorm2d) for module in whole.modules())
    assert kept == (62 if "trans1" in names else 0)


def test_bfloat16_is_close(branched, images):
    network, names = branched
    layers = names[2::7]
    exact = Encoder(network, layers, pooling="average")(images[0])
    half = Encoder(network, layers, pooling="average", dtype=torch.bfloat16)(images[0])
    for layer in layers:
        assert half[layer].dtype == torch.bfloat16
        assert (half[layer].float() - exact[layer]).norm() < 0.05 * exact[layer].norm()


def test_the_network_is_left_as_it_was_and_the_gradient_reaches_the_image(branched, images):
    network, names = branched
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    logits = network(images[1])
    image = images[0].clone().requires_grad_()
    encoder = Encoder(network, names, pooling="average", padding="reflect")
    sum(found.sum() for found in encoder(image).values()).backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert torch.equal(network(images[1]), logits)
    assert not any(parameter.requires_grad for parameter in encoder.branched.part.parameters())


def test_the_edge_is_seen_as_asked(branched, images):
    network, names = branched
    shown = {
        padding: Encoder(network, names[:1], pooling="max", padding=padding)(images[0])[names[0]]
        for padding in ("zeros", "reflect", "replicate")
    }
    inside = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(shown["zeros"][inside], shown["reflect"][inside], atol=1e-6)
    assert not torch.allclose(shown["zeros"], shown["reflect"], atol=1e-3)
    assert not torch.allclose(shown["replicate"], shown["reflect"], atol=1e-3)


@pytest.mark.parametrize("layer", ["relu4_2", "layer9", "linear", "layer1.0.bn1", "shortcut", "features"])
def test_an_unknown_layer_is_refused_with_the_list(branched, layer):
    network, names = branched
    with pytest.raises(ConfigError, match=names[0]) as refusal:
        Encoder(network, [layer], pooling="average")
    assert layer in str(refusal.value)
