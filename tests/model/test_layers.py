import pytest
from torch import nn

from robust_style.errors import ConfigError
from robust_style.model.layers import layer_index, layer_indices
from robust_style.model.vgg import build_network

CONVOLUTIONS = {"vgg11": 8, "vgg13": 10, "vgg16": 13, "vgg19": 16}


def test_vgg19_agrees_with_the_library_s_published_positions() -> None:
    relus = [index for name, index in layer_indices("vgg19").items() if name.startswith("relu")]
    assert relus == [2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51]
    assert layer_index("vgg19", "relu4_2") == 32
    assert layer_index("vgg19", "conv4_2") == 30
    assert tuple(layer_indices("vgg19"))[::2][:3] == ("conv1_1", "conv1_2", "conv2_1")
    assert tuple(layer_indices("vgg19"))[-1] == "relu5_4"


@pytest.mark.parametrize("architecture", list(CONVOLUTIONS))
def test_each_name_leads_to_a_module_of_its_kind(architecture: str) -> None:
    features = build_network(architecture, 0.05, 2).features
    indices = layer_indices(architecture)
    assert len(indices) == 2 * CONVOLUTIONS[architecture]
    for name, index in indices.items():
        assert isinstance(features[index], nn.Conv2d if name.startswith("conv") else nn.ReLU)


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="relu5_4 of vgg19, found 'relu6_1'"):
        layer_index("vgg19", "relu6_1")
    with pytest.raises(ConfigError, match="vgg11, vgg13, vgg16, vgg19, found 'vgg12'"):
        tuple(layer_indices("vgg12"))
