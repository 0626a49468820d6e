"""A checkpoint's feature maps at named layers, as fast as the machine gives them."""

from collections.abc import Iterable
from copy import deepcopy

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robust_style.model.layers import is_vgg, positions_of
from robust_style.model.network import NormalisedNetwork
from robust_style.transfer.mean_pool import MeanPool
from robust_style.transfer.recipe import Padding, Pooling
from robust_style.transfer.traced_part import TracedPart

# Of average_rescaled: what crowsonkb/style-transfer-pytorch multiplies means by, so that they are as large as maxima.
RESCALE = 2


class Encoder:
    """The part of a network up to the deepest layer wanted: images in [0, 1] in, feature maps out.

    Constant: no parameter asks for a gradient, and the network given is left as it was. Where no layer looks between
    a convolution and its batch norm, the two are folded into one convolution. A VGG is a row of `stages`, any other
    network `branched`; how layers are called: `model.tap_names`.

    Differs from the network: with `pooling="average"` means replace the maxima (Gatys et al. 2016, § 2: smoother
    pictures), with `average_rescaled` twice these means; with another `padding` than zeros convolutions see the
    picture's edge mirrored or repeated instead of a black frame; with `dtype=torch.bfloat16` convolutions and feature
    maps are bfloat16, batch norm stays float32.
    """

    def __init__(
        self,
        network: NormalisedNetwork,
        layers: Iterable[str],
        *,
        pooling: Pooling,
        padding: Padding = "zeros",
        dtype: torch.dtype = torch.float32,
        device: torch.device | None = None,
    ) -> None:
        """Raises ConfigError, with the list of layers, if the network has none of that name."""
        self.dtype = dtype
        self.mean = network.mean.to(device)
        self.std = network.std.to(device)
        self.stages: list[tuple[str | None, nn.Module]] = []
        self.branched: TracedPart | None = None
        if not is_vgg(network.network):
            self.branched = TracedPart(
                network.network,
                layers,
                pooling=pooling,
                padding=padding,
                dtype=dtype,
                device=device,
                rescale=RESCALE,
            )
            return
        every = list(network.network.get_submodule("features").children())
        wanted = {position: layer for layer, position in positions_of(layers, every).items()}
        features = every[: max(wanted) + 1]
        for index, module in enumerate(features):
            if isinstance(module, nn.Conv2d):
                norm = features[index + 1] if index + 1 < len(features) else None
                # A convolution looked at before batch norm stays as it is, and the ReLU works on batch norm's output.
                own = deepcopy(module)
                if isinstance(norm, nn.BatchNorm2d) and index not in wanted:
                    own = fuse_conv_bn_eval(module, norm)
                    features[index + 1] = nn.Identity()
                own.padding_mode = padding
                self._add(wanted.get(index), own, device, dtype)
            elif isinstance(module, nn.BatchNorm2d):
                self._add(None, deepcopy(module), device, None)
            elif isinstance(module, nn.MaxPool2d) and pooling != "max":
                # the sum over the window divided by a part of its area
                divisor = 4 // RESCALE if pooling == "average_rescaled" else 4
                self._add(None, MeanPool(divisor), device, None)
            elif isinstance(module, nn.ReLU | nn.MaxPool2d):
                self._add(wanted.get(index), deepcopy(module), device, None)
            elif not isinstance(module, nn.Identity):
                raise TypeError(f"features[{index}] is {type(module).__name__}, which the library's VGG has not")

    def __call__(self, images: Float[Tensor, "batch 3 height width"]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
        """Layer name -> feature map, batch x channels x height x width; values outside [0, 1] are seen as they are."""
        normalised = (images - self.mean) / self.std
        flowing = normalised.to(self.dtype, memory_format=torch.channels_last)
        if self.branched is not None:
            return self.branched(flowing)
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
