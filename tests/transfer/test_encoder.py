import pytest
import torch
from torch import nn
from torch.nn import functional

from robust_style.errors import ConfigError
from robust_style.model.layers import layer_indices
from robust_style.model.network import build_network
from robust_style.transfer.features import Encoder

ALL = tuple(layer_indices(build_network("vgg19", 0.125, 10).features))


def plain_maps(network, image, pooling):
    """Every layer of the network, module by module, nothing folded, nothing in place."""
    names = {index: name for name, index in layer_indices(network.network.features).items()}
    flowing, maps = network.normalise(image), {}
    for index, module in enumerate(network.network.features):
        if isinstance(module, nn.ReLU):
            flowing = functional.relu(flowing)
        elif isinstance(module, nn.MaxPool2d) and pooling == "average":
            flowing = functional.avg_pool2d(flowing, 2)
        else:
            flowing = module(flowing)
        if index in names:
            maps[names[index]] = flowing.clone()
    return maps


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize(
    "layers",
    [ALL, ALL[::2], ALL[1::2], ("conv1_1", "relu1_1"), ("relu4_2", "relu1_1"), ("conv4_2", "conv5_1"), ("relu5_4",)],
    ids=lambda layers: f"{len(layers)}_from_{layers[0]}",
)
def test_folded_or_not_the_maps_are_those_of_the_network(network, images, pooling, layers):
    image = images[0].double()
    network = network.double()
    maps = Encoder(network, layers, pooling=pooling, dtype=torch.float64)(image)
    network.float()
    expected = plain_maps(network.double(), image, pooling)
    network.float()
    assert set(maps) == set(layers)
    for layer in layers:
        torch.testing.assert_close(maps[layer], expected[layer], rtol=1e-9, atol=1e-9)


def test_float32_folding_is_rounding_only(network, images):
    maps = Encoder(network, ("relu5_1",), pooling="average")(images[0])
    expected = plain_maps(network, images[0], "average")["relu5_1"]
    assert (maps["relu5_1"] - expected).norm() < 1e-5 * expected.norm()


def test_bfloat16_is_close(network, images):
    layers = ("conv1_1", "relu3_1", "conv4_2")
    exact = Encoder(network, layers, pooling="average")(images[0])
    half = Encoder(network, layers, pooling="average", dtype=torch.bfloat16)(images[0])
    for layer in layers:
        assert half[layer].dtype == torch.bfloat16
        assert (half[layer].float() - exact[layer]).norm() < 0.05 * exact[layer].norm()


def test_stops_at_the_deepest_layer_wanted(network):
    assert len(Encoder(network, ["relu1_1"], pooling="average").stages) == 2
    assert len(Encoder(network, ["conv1_1"], pooling="average").stages) == 1


def test_the_network_is_left_as_it_was(network, images):
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    logits = network(images[1])
    encoder = Encoder(network, ALL, pooling="average", dtype=torch.bfloat16)
    encoder(images[0])
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert torch.equal(network(images[1]), logits)
    assert not any(parameter.requires_grad for _, stage in encoder.stages for parameter in stage.parameters())


def test_the_gradient_reaches_the_image(network, images):
    image = images[0].clone().requires_grad_()
    Encoder(network, ["conv2_1", "relu2_1"], pooling="max")(image)["relu2_1"].sum().backward()
    assert image.grad is not None
    assert image.grad.abs().sum() > 0


@pytest.mark.parametrize("layer", ["relu6_1", "relu4_5", "layer4", "conv0_1"])
def test_an_unknown_layer_is_refused_with_the_list(network, layer):
    with pytest.raises(ConfigError, match="relu5_4") as refusal:
        Encoder(network, [layer], pooling="average")
    assert layer in str(refusal.value)
