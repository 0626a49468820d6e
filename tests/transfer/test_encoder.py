"""Feature maps are those of the network, module by module, for VGGs and for networks with branches."""

from collections import OrderedDict

import pytest
import torch
from torch import nn
from torch.nn import functional

from random_norms import with_random_norms
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES, layer_names
from robust_style.model.layer_graph import vgg_positions
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import build_pretrained
from robust_style.transfer.encoder import Encoder

MEAN, STD = (0.49, 0.48, 0.45), (0.20, 0.21, 0.22)
ALL = tuple(layer_names("vgg19"))
BRANCHED = [name for name, facts in ARCHITECTURES.items() if facts.head and facts.family != "vgg"]


@pytest.fixture(params=BRANCHED)
def branched(request):
    """A network with branches, and the names of its layers."""
    network = with_random_norms(build_network(request.param, 0.125, 10, seed=1))
    wrapped = NormalisedNetwork(network, MEAN, STD).eval().requires_grad_(False)
    return wrapped, layer_names(request.param)


def vgg_maps(network, image, pooling):
    """Every layer of a VGG, module by module, nothing folded, nothing in place."""
    names = {index: name for name, index in vgg_positions(network.network.features).items()}
    x, maps = network.normalise(image), {}
    for index, module in enumerate(network.network.features):
        if isinstance(module, nn.ReLU):
            x = functional.relu(x)
        elif isinstance(module, nn.MaxPool2d) and pooling == "average":
            x = functional.avg_pool2d(x, 2)
        else:
            x = module(x)
        if index in names:
            maps[names[index]] = x.clone()
    return maps


def branched_maps(network, image, names):
    """By hooks on the whole network: the output of each module; a ReLU's is that of its batch norm's output."""
    outputs, hooks = {}, []
    for name, module in network.network.named_modules():
        hooks.append(
            module.register_forward_hook(lambda _, __, output, name=name: outputs.update({name: output.clone()}))
        )
    network(image)
    for hook in hooks:
        hook.remove()
    maps = {}
    for name in names:
        stem, dot, last = name.rpartition(".")
        norm = f"{stem}{dot}{last.replace('relu', 'bn')}"
        maps[name] = functional.relu(outputs[norm]) if last.startswith("relu") else outputs[name]
    return maps


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize(
    "layers",
    [ALL, ALL[::2], ALL[1::2], ("conv1_1", "relu1_1"), ("relu4_2", "relu1_1"), ("conv4_2", "conv5_1"), ("relu5_4",)],
    ids=lambda layers: f"{len(layers)}_from_{layers[0]}",
)
def test_maps_of_a_vgg(network, images, pooling, layers):
    image = images[0].double()
    network = network.double()
    maps = Encoder(network, layers, pooling=pooling, dtype=torch.float64)(image)
    network.float()
    expected = vgg_maps(network.double(), image, pooling)
    network.float()
    assert set(maps) == set(layers)
    for layer in layers:
        torch.testing.assert_close(maps[layer], expected[layer], rtol=1e-9, atol=1e-9)


def test_a_relu_leaves_the_map_of_a_convolution_before_it_as_it_is(images):
    features = build_pretrained("imagenet_vgg11", {}).features[:3]  # convolution, ReLU, pooling: no batch norm
    generator = torch.Generator().manual_seed(0)
    features[0].weight.data.normal_(generator=generator)
    features[0].bias.data.zero_()
    network = NormalisedNetwork(nn.Sequential(OrderedDict(features=features)), MEAN, STD)
    maps = Encoder(network, ("conv1_1", "relu1_1"), pooling="max")(images[0])
    assert maps["conv1_1"].min() < 0
    torch.testing.assert_close(maps["relu1_1"], functional.relu(maps["conv1_1"]))


def test_maps_of_a_branched_network(branched, images):
    network, names = branched
    image = images[1].double()
    network = network.double()
    expected = branched_maps(network, image, names)
    for chosen in (names, names[::3], names[-1:], names[:1]):
        maps = Encoder(network, chosen, pooling="max", dtype=torch.float64)(image)
        assert list(maps) == list(chosen)
        for layer in chosen:
            torch.testing.assert_close(maps[layer], expected[layer], rtol=1e-8, atol=1e-8)


def assert_bfloat16_is_close(network, layers, image):
    exact = Encoder(network, layers, pooling="average")(image)
    half = Encoder(network, layers, pooling="average", dtype=torch.bfloat16)(image)
    for layer in layers:
        assert half[layer].dtype == torch.bfloat16
        assert (half[layer].float() - exact[layer]).norm() < 0.05 * exact[layer].norm()


def test_bfloat16_is_close(network, images):
    assert_bfloat16_is_close(network, ("conv1_1", "relu3_1", "conv4_2"), images[0])


def test_bfloat16_of_a_branched_network_is_close(branched, images):
    network, names = branched
    assert_bfloat16_is_close(network, names[2::7], images[0])


def test_deeper_modules_are_left_out(network):
    assert len(Encoder(network, ["relu1_1"], pooling="average").part.stages) == 2
    assert len(Encoder(network, ["conv1_1"], pooling="average").part.stages) == 1


def test_deeper_modules_of_a_branched_network_are_left_out_and_batch_norms_folded(branched):
    network, names = branched
    part = Encoder(network, names[:1], pooling="average").part.module
    assert sum(isinstance(module, nn.Conv2d) for module in part.modules()) == 1
    whole = Encoder(network, names[-1:], pooling="average").part.module
    # in a DenseNet one batch norm of each block precedes its convolution and cannot be folded
    kept = sum(isinstance(module, nn.BatchNorm2d) for module in whole.modules())
    assert kept == (62 if "trans1" in names else 0)


def assert_network_is_unchanged_and_the_image_has_a_gradient(network, layers, images):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    logits = network(images[1])
    image = images[0].clone().requires_grad_()
    encoder = Encoder(network, layers, pooling="average", padding="reflect")
    sum(maps.sum() for maps in encoder(image).values()).backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert torch.equal(network(images[1]), logits)


def test_the_network_is_unchanged_and_the_image_has_a_gradient(network, images):
    assert_network_is_unchanged_and_the_image_has_a_gradient(network, ALL, images)


def test_a_branched_network_is_unchanged_and_the_image_has_a_gradient(branched, images):
    assert_network_is_unchanged_and_the_image_has_a_gradient(*branched, images)


def test_padding_changes_the_edge_only(branched, images):
    network, names = branched
    maps = {
        padding: Encoder(network, names[:1], pooling="max", padding=padding)(images[0])[names[0]]
        for padding in ("zeros", "reflect", "replicate")
    }
    inside = (..., slice(2, -2), slice(2, -2))
    assert torch.allclose(maps["zeros"][inside], maps["reflect"][inside], atol=1e-6)
    assert not torch.allclose(maps["zeros"], maps["reflect"], atol=1e-3)
    assert not torch.allclose(maps["replicate"], maps["reflect"], atol=1e-3)


@pytest.mark.parametrize("layer", ["relu6_1", "relu4_5", "layer4", "conv0_1"])
def test_an_unknown_layer_is_refused_with_the_list(network, layer):
    with pytest.raises(ConfigError, match=f"relu5_4.*found '{layer}'"):
        Encoder(network, [layer], pooling="average")


@pytest.mark.parametrize("layer", ["relu4_2", "layer9", "linear", "layer1.0.bn1", "shortcut", "features"])
def test_an_unknown_layer_of_a_branched_network_is_refused_with_the_list(branched, layer):
    network, names = branched
    with pytest.raises(ConfigError, match=rf"{names[0]}.*found '{layer}'"):
        Encoder(network, [layer], pooling="average")
