"""A checkpoint's feature maps at named layers, as fast as the machine gives them."""

from collections.abc import Iterable
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robust_style.model.layers import layer_index
from robust_style.model.vgg import NormalisedNetwork
from robust_style.transfer.recipe import Pooling


class Encoder:
    """The part of a network up to the deepest layer wanted: images in [0, 1] in, feature maps out.

    Constant: no parameter asks for a gradient, and the network given is left as it was. Where no layer looks between
    a convolution and its batch norm, the two are folded into one convolution.

    Differs from the network: with `pooling="average"` 2 x 2 means replace the maxima (Gatys et al. 2016, § 2: smoother
    pictures); with `dtype=torch.bfloat16` convolutions and feature maps are bfloat16, batch norm stays float32.
    """

    def __init__(
        self,
        network: NormalisedNetwork,
        architecture: str,
        layers: Iterable[str],
        *,
        pooling: Pooling,
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
    ) -> None:
        """Raises ConfigError, with the list of layers, if `architecture` has none of that name."""
        wanted = {layer_index(architecture, layer): layer for layer in layers}
        features = list(network.network.get_submodule("features").children())[: max(wanted) + 1]
        self.layers = tuple(wanted.values())
        self.dtype = dtype
        self.mean = network.mean.to(device)
        self.std = network.std.to(device)
        self.stages: list[tuple[str | None, nn.Module]] = []
        folded = False
        for index, module in enumerate(features):
            if isinstance(module, nn.BatchNorm2d):
                if not folded:
                    self._add(None, deepcopy(module), device, None)
            elif isinstance(module, nn.Conv2d):
                folded = index not in wanted
                # A convolution looked at before batch norm stays as it is, and the ReLU works on batch norm's output.
                own = _folded(module, features[index + 1]) if folded else deepcopy(module)
                self._add(wanted.get(index), own, device, dtype)
            elif isinstance(module, nn.MaxPool2d) and pooling == "average":
                self._add(None, nn.AvgPool2d(module.kernel_size, module.stride), device, None)
            elif isinstance(module, nn.ReLU | nn.MaxPool2d):
                self._add(wanted.get(index), deepcopy(module), device, None)
            else:
                raise TypeError(f"features[{index}] is {type(module).__name__}, which the library's VGG has not")

    def __call__(self, images: Float[Tensor, "batch 3 height width"]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
        """Layer name -> feature map, batch x channels x height x width; values outside [0, 1] are seen as they are."""
        normalised = (images - self.mean) / self.std
        flowing = normalised.to(self.dtype, memory_format=torch.channels_last)
        maps: dict[str, Tensor] = {}
        for layer, stage in self.stages:
            flowing = stage(flowing)
            if layer is not None:
                maps[layer] = flowing
        return maps

    def _add(
        self, layer: str | None, module: nn.Module, device: torch.device | None, dtype: torch.dtype | None
    ) -> None:
        module = module.eval().requires_grad_(False).to(device=device, dtype=dtype)
        self.stages.append((layer, module.to(memory_format=torch.channels_last)))  # type: ignore[call-overload]


def _folded(convolution: nn.Conv2d, norm: nn.Module) -> nn.Conv2d:
    """One convolution that does what `convolution` and then `norm` do in evaluation mode."""
    if not isinstance(norm, nn.BatchNorm2d):
        raise TypeError(f"expected a batch norm after the convolution, found {type(norm).__name__}")
    return fuse_conv_bn_eval(convolution, norm)
