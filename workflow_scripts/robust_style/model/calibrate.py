"""Batch-norm statistics for a network that was never trained."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def calibrate_batch_norm(network: nn.Module, batches: Iterable[Float[Tensor, "_ 3 height width"]]) -> None:
    """Sets the running statistics of every batch norm to their plain average over `batches` of images in [0, 1].

    Fresh statistics (mean 0, variance 1) belong to no network: an untrained control would be judged by activations
    that vanish with depth. Weights, momentum and the network's mode stay as they were. Each layer's statistics are
    taken with the layers before it in training mode, as training itself does.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    was_training = network.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's spelling of a cumulative average
    network.train()
    with torch.no_grad():
        for images in batches:
            network(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.train(was_training)
