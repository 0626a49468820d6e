import pytest
from torch import nn

from robust_style.errors import ConfigError
from robust_style.model.layer_graph import find_vgg_layers, vgg_positions
from robust_style.model.network import build_network

CONVOLUTIONS = {"vgg11": 8, "vgg13": 10, "vgg16": 13, "vgg19": 16}


def features_of(architecture: str) -> nn.Sequential:
    features = build_network(architecture, 0.05, 2).features
    assert isinstance(features, nn.Sequential)
    return features


def test_vgg19_agrees_with_the_library_s_published_positions() -> None:
    indices = vgg_positions(features_of("vgg19"))
    relus = [index for name, index in indices.items() if name.startswith("relu")]
    assert relus == [2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51]
    assert (indices["relu4_2"], indices["conv4_2"]) == (32, 30)
    assert tuple(indices)[::2][:3] == ("conv1_1", "conv1_2", "conv2_1")
    assert tuple(indices)[-1] == "relu5_4"


def test_without_batch_norm_they_are_torchvisions() -> None:
    plain = nn.Sequential(*(m for m in features_of("vgg19") if not isinstance(m, nn.BatchNorm2d)))
    indices = vgg_positions(plain)
    names = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")
    assert [indices[name] for name in names] == [1, 6, 11, 20, 22, 29]


@pytest.mark.parametrize("architecture", list(CONVOLUTIONS))
def test_each_name_leads_to_a_module_of_its_kind(architecture: str) -> None:
    features = features_of(architecture)
    indices = vgg_positions(features)
    assert len(indices) == 2 * CONVOLUTIONS[architecture]
    for name, index in indices.items():
        assert isinstance(features[index], nn.Conv2d if name.startswith("conv") else nn.ReLU)


def test_unknown_names_are_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="relu5_4 of this network, found 'relu6_1'"):
        find_vgg_layers(["relu1_1", "relu6_1"], features_of("vgg19"))
