import torch
from torch import nn

from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm


def test_first_layer_s_statistics_are_the_average_over_batches() -> None:
    network = NormalisedNetwork(build_network("vgg11", 0.1, 3), (0.4,) * 3, (0.2,) * 3).train(False)
    generator = torch.Generator().manual_seed(0)
    batches = [torch.rand(4, 3, 32, 32, generator=generator) * scale for scale in (0.2, 0.6, 1.0)]
    weights = {name: value.clone() for name, value in network.named_parameters()}
    calibrate_batch_norm(network, [torch.zeros(4, 3, 32, 32)])  # to be forgotten
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
    images = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    calibrate_batch_norm(network, [images])
    network.train(False)
    x = network.normalise(images)
    with torch.no_grad():
        for module in network.network.features:
            x = module(x)
            if isinstance(module, nn.BatchNorm2d):
                assert 0.9 < float(x.std()) < 1.1
