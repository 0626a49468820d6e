"""The network under attack: in evaluation mode, with batch norm folded into convolutions of constant weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

from robust_style.compute.device import autocast, dtype_of, has_matrix_tiles
from robust_style.model.kernels.row_products import RowWeights, convolve_constant_rows, is_faster_in_rows, row_weights
from robust_style.model.kernels.small_map import as_map, as_matrix, as_rows, is_dense
from robust_style.model.network import NormalisedNetwork, average_positions

Classifier = Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, "batch classes"]]

# px, the side of CIFAR images.
CIFAR_SIDE = 32
# MEASURED (x86-64 with AVX512-BF16 but no AMX, one thread, batch 128, VGG19, bfloat16, n = 4, minimum): contiguous
# convolutions on 4 x 4 maps reduce forward and gradient from 534 to 461 ms.
_CONTIGUOUS_SIDE = 4


def constant(network: nn.Module, precision: str, side: int = CIFAR_SIDE) -> Classifier:
    """A classifier with the current weights of `network` in evaluation mode, in `precision`; logits are float32.

    Images have `side` px. VGGs of the `robustness` library are folded; any other network runs under autocast.
    """
    if isinstance(network, NormalisedNetwork) and network.vgg_features is not None:
        return FoldedNetwork(network, precision, side)
    return _Autocast(network, precision)


@dataclass(frozen=True)
class _Autocast:
    network: nn.Module
    precision: str

    def __call__(self, images: Tensor) -> Tensor:
        with autocast(self.precision, images.device):
            logits: Tensor = self.network(images)
        return logits.float()


@dataclass(frozen=True)
class _Layer:
    """A convolution with folded batch norm, the ReLU, and the max pooling that follows (if `is_pooled`).

    `rows`: the weights prepared for products of rows. `is_matrix`: one matrix product, for a 2 x 2 map.
    """

    weight: Tensor
    bias: Tensor
    rows: RowWeights | None = None
    is_matrix: bool = False
    is_contiguous: bool = False
    is_pooled: bool = False

    def __call__(self, x: Tensor) -> Tensor:
        if self.is_matrix:
            x = as_map(F.relu_(F.linear(as_rows(x), self.weight, self.bias)))
            return F.max_pool2d(x, 2) if self.is_pooled else x
        # Max pooling commutes with bias and ReLU: pooling first leaves them a quarter of the values.
        if x.is_cuda and self.is_pooled:
            return F.relu_(F.max_pool2d(F.conv2d(x, self.weight, padding=1), 2) + self.bias.view(-1, 1, 1))
        x = self._convolve(x)
        return F.relu_(F.max_pool2d(x, 2) if self.is_pooled else x)

    def _convolve(self, x: Tensor) -> Tensor:
        if self.rows is not None:
            return convolve_constant_rows(x, self.rows, self.bias)
        return F.conv2d(x.contiguous() if self.is_contiguous else x, self.weight, self.bias, padding=1)


class FoldedNetwork:
    """The logits (float32) of `network` in evaluation mode for images in [0, 1] of `side` px, differentiable in them.

    Weights are copied at construction, in `precision`. Only image gradients are computed, batch norm costs nothing,
    and convolutions on small maps are matrix products. The network is not changed.
    Differs from the network: rounding. MEASURED (half-width VGG19 of 32 epochs, 256 CIFAR-10 test images): the median
    cosine of a bfloat16 gradient and the network's float32 gradient is 0.995 (standard) and 0.998 (adversarial), as
    under autocast; in float32 1.0000.
    """

    def __init__(self, network: NormalisedNetwork, precision: str, side: int = CIFAR_SIDE) -> None:
        self.mean, self.std = network.mean, network.std
        self.dtype = dtype_of(precision)
        device = network.mean.device
        prefers_blocks = self.dtype == torch.bfloat16 and device.type == "cpu" and not has_matrix_tiles()
        classifier = network.network.get_submodule("classifier")
        assert isinstance(classifier, nn.Linear)
        self.classifier = classifier.weight.detach(), classifier.bias.detach()
        self.layers: list[_Layer] = []
        modules = network.vgg_features
        assert modules is not None, "only a VGG can be folded"
        for module, following in zip(modules, [*modules[1:], None], strict=True):
            if isinstance(module, nn.MaxPool2d):
                side //= 2
                self.layers[-1] = replace(self.layers[-1], is_pooled=True)
            elif isinstance(module, nn.Conv2d):
                self.layers.append(self._fold(module, following, side, prefers_blocks and side == _CONTIGUOUS_SIDE))

    def __call__(self, images: Float[Tensor, "batch 3 side side"]) -> Float[Tensor, "batch classes"]:
        """The logits."""
        x = (images - self.mean) / self.std
        x = x.to(self.dtype, memory_format=torch.channels_last)
        for layer in self.layers:
            x = layer(x)
        weight, bias = self.classifier
        return F.linear(average_positions(x.flatten(1).float(), weight.shape[1]), weight, bias)

    def _fold(self, convolution: nn.Conv2d, norm: nn.Module | None, side: int, is_contiguous: bool) -> _Layer:
        assert isinstance(norm, nn.BatchNorm2d), "the library's VGG has a batch norm after every convolution"
        assert norm.running_mean is not None
        assert norm.running_var is not None
        fused = fuse_conv_bn_weights(
            convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
        )
        weight, bias = (parameter.detach().to(self.dtype) for parameter in fused)
        if is_dense(convolution, side):
            return _Layer(as_matrix(weight), bias.repeat(4), is_matrix=True)
        if not weight.is_cuda and is_faster_in_rows(convolution, side, self.dtype):
            return _Layer(weight, bias, row_weights(weight))
        layout = torch.contiguous_format if is_contiguous else torch.channels_last
        return _Layer(weight.contiguous(memory_format=layout), bias, is_contiguous=is_contiguous)
