import pytest
import torch

from robust_style.errors import ConfigError
from robust_style.model.compat import import_vgg
from robust_style.model.network import NormalisedNetwork, build_network

IMAGES = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_full_width_is_the_library_s_network_weight_for_weight() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        theirs = import_vgg().VGG("VGG11", num_classes=7)
    ours = build_network("vgg11", 1.0, 7, seed=5)
    assert type(ours) is type(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for name, weight in theirs.state_dict().items():
        assert torch.equal(weight, ours.state_dict()[name]), name


def test_vgg19_has_the_parameters_it_is_known_for() -> None:
    assert sum(weight.numel() for weight in build_network("vgg19", 1.0, 10).parameters()) == 20_040_522


def test_width_scales_every_channel_count_and_the_network_still_classifies() -> None:
    network = build_network("vgg19", 0.25, 10)
    channels = [module.out_channels for module in network.features if isinstance(module, torch.nn.Conv2d)]
    assert channels == [16] * 2 + [32] * 2 + [64] * 4 + [128] * 8
    assert network(IMAGES).shape == (2, 10)
    assert network(IMAGES.contiguous(memory_format=torch.channels_last)).shape == (2, 10)


def test_seed_decides_the_weights_and_the_global_state_is_untouched() -> None:
    before = torch.get_rng_state()
    first, again, other = (build_network("vgg11", 0.1, 3, seed=seed).classifier.weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("width", [0.0, -1.0, float("nan")])
def test_width_must_be_above_zero(width: float) -> None:
    with pytest.raises(ConfigError, match="width"):
        build_network("vgg11", width, 3)


def test_normalisation_is_per_channel_and_part_of_the_network() -> None:
    network = build_network("vgg11", 0.1, 3).train(False)
    normalised = NormalisedNetwork(network, (0.1, 0.2, 0.3), (0.5, 0.25, 0.125)).train(False)
    constants = [(0.1, 0.5), (0.2, 0.25), (0.3, 0.125)]
    by_hand = torch.stack([(IMAGES[:, c] - mean) / std for c, (mean, std) in enumerate(constants)], 1)
    assert torch.equal(normalised.normalise(IMAGES), by_hand)
    assert torch.equal(normalised(IMAGES), network(by_hand))
