"""Networks as after training: their batch norms anything but the identity."""

import torch
from torch import nn


def with_random_norms(network: nn.Module, variances: tuple[float, float] = (0.2, 0.6)) -> nn.Module:
    """`network` itself, with random weights, biases, means and variances in every batch norm."""
    generator = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, (low, high) in (
                (module.weight.data, (0.5, 1.5)),
                (module.bias.data, (-0.3, 0.3)),
                (module.running_mean, (-0.2, 0.2)),
                (module.running_var, variances),
            ):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) * (high - low) + low)
    return network
