"""A checkpoint's feature maps at named layers: the constant part of a network that painting needs, optimised."""

import operator
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robust_style.model.architectures import check_layer
from robust_style.model.kernels.mean_pool import MeanPool
from robust_style.model.layer_graph import LayerGraph, find_vgg_layers
from robust_style.model.network import NormalisedNetwork
from robust_style.transfer.recipe import Padding, Pooling

# SOURCE: crowsonkb/style-transfer-pytorch multiplies the means of 2 x 2 pixels by this, to be as large as the maxima.
RESCALE = 2

Maps = dict[str, Tensor]


class Encoder:
    """The part of a network up to the deepest of `layers`: images in [0, 1] in, feature maps out.

    No parameter requires a gradient, and the network is not changed. A batch norm after a convolution is folded into it
    unless the convolution's output is one of `layers`. Layer names: `model.architectures.layer_names`.

    Differs from the network: with `pooling="average"` means replace the maxima (Gatys et al. 2016, § 2: smoother
    pictures), with `average_rescaled` twice these means; `padding` other than zeros mirrors or repeats the edge of the
    picture instead of adding a black frame; with `dtype=torch.bfloat16` convolutions and feature maps are bfloat16,
    batch norm stays float32.
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
        """Raises ConfigError, with the list of layers, if the network has no layer of that name."""
        self.dtype = dtype
        self.mean = network.mean.to(device)
        self.std = network.std.to(device)
        modules = network.vgg_features
        self.part: VggPart | GraphPart
        if modules is None:
            self.part = GraphPart(network.network, layers, pooling, padding, dtype, device)
        else:
            self.part = VggPart(modules, layers, pooling, padding, dtype, device)

    def __call__(self, images: Float[Tensor, "batch 3 height width"]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
        """Layer name -> feature map, batch x channels x height x width; values outside [0, 1] are not clamped."""
        normalised = (images - self.mean) / self.std
        return self.part(normalised.to(self.dtype, memory_format=torch.channels_last))


# Makes an encoder of a dtype.
MakeEncoder = Callable[[torch.dtype], Encoder]


class VggPart:
    """A VGG's `features` up to the deepest of `layers`, as a list of `stages`: layer name or None, and module."""

    def __init__(
        self,
        modules: list[nn.Module],
        layers: Iterable[str],
        pooling: Pooling,
        padding: Padding,
        dtype: torch.dtype,
        device: torch.device | None,
    ) -> None:
        self.stages: list[tuple[str | None, nn.Module]] = []
        self.device = device
        layer_at = {position: layer for layer, position in find_vgg_layers(layers, modules).items()}
        features = modules[: max(layer_at) + 1]
        for index, module in enumerate(features):
            if isinstance(module, nn.Conv2d):
                norm = features[index + 1] if index + 1 < len(features) else None
                # A convolution that is a layer itself is not folded, and the ReLU works on batch norm's output.
                convolution = deepcopy(module)
                if isinstance(norm, nn.BatchNorm2d) and index not in layer_at:
                    convolution = fuse_conv_bn_eval(module, norm)
                    features[index + 1] = nn.Identity()
                convolution.padding_mode = padding
                self._add(layer_at.get(index), convolution, dtype)
            elif isinstance(module, nn.BatchNorm2d):
                self._add(None, deepcopy(module))
            elif isinstance(module, nn.MaxPool2d) and pooling != "max":
                # the sum over the window divided by a part of its area
                self._add(None, MeanPool(4 // RESCALE if pooling == "average_rescaled" else 4))
            elif isinstance(module, nn.ReLU):
                # In place it would overwrite the map of a convolution that is a layer itself (no batch norm between).
                follows_layer = bool(self.stages) and self.stages[-1][0] is not None
                self._add(layer_at.get(index), nn.ReLU(inplace=module.inplace and not follows_layer))
            elif isinstance(module, nn.MaxPool2d):
                self._add(layer_at.get(index), deepcopy(module))
            elif not isinstance(module, nn.Identity):
                raise TypeError(f"features[{index}] is {type(module).__name__}, which no VGG of the library has")

    def __call__(self, normalised: Float[Tensor, "batch 3 height width"]) -> Maps:
        """Layer name -> feature map of normalised images."""
        x = normalised
        maps: Maps = {}
        for layer, stage in self.stages:
            x = stage(x)
            if layer is not None:
                maps[layer] = x
        return maps

    def _add(self, layer: str | None, module: nn.Module, dtype: torch.dtype | None = None) -> None:
        module = module.eval().requires_grad_(False).to(device=self.device, dtype=dtype)
        self.stages.append((layer, module.to(memory_format=torch.channels_last)))  # type: ignore[call-overload]


class GraphPart:
    """A network with branches up to the deepest of `layers`, as a graph `module` without unused operations."""

    def __init__(
        self,
        network: nn.Module,
        layers: Iterable[str],
        pooling: Pooling,
        padding: Padding,
        dtype: torch.dtype,
        device: torch.device | None,
    ) -> None:
        traced = LayerGraph(network)
        self.layers = list(layers)
        for layer in self.layers:
            check_layer(layer, traced.nodes, "this network")
        graph = traced.graph
        outputs = [traced.nodes[layer] for layer in self.layers]
        graph.erase_node(next(node for node in graph.nodes if node.op == "output"))
        graph.output(tuple(outputs))
        self.module: Any = fx.GraphModule(traced.root, graph)
        self.module.graph.eliminate_dead_code()
        self.module.delete_all_unused_submodules()
        self.module = deepcopy(self.module).eval().requires_grad_(False).to(device)
        _remove_in_place(self.module)
        _fold_batch_norms(self.module)
        for path, module in list(self.module.named_modules()):
            if isinstance(module, nn.Conv2d):
                module.padding_mode = padding
                module.to(dtype)
            elif isinstance(module, nn.MaxPool2d) and pooling != "max":
                self.module.set_submodule(path, _Mean(module, RESCALE if pooling == "average_rescaled" else 1))
        self.module.recompile()
        self.module.to(memory_format=torch.channels_last)

    def __call__(self, normalised: Float[Tensor, "batch 3 height width"]) -> Maps:
        """Layer name -> feature map of normalised images."""
        return dict(zip(self.layers, self.module(normalised), strict=True))


class _Mean(nn.Module):
    """The mean of a pooling's window times a factor; padding does not count."""

    def __init__(self, pooling: nn.MaxPool2d, factor: int) -> None:
        super().__init__()
        self.pooling = nn.AvgPool2d(
            pooling.kernel_size, pooling.stride, pooling.padding, pooling.ceil_mode, count_include_pad=False
        )
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        mean: Tensor = self.pooling(x)
        return mean if self.factor == 1 else mean * self.factor


def _remove_in_place(module: Any) -> None:
    """Make all operations out of place, so that none overwrites a layer's feature map."""
    for node in module.graph.nodes:
        if node.target is operator.iadd:
            node.target = operator.add
        if "inplace" in node.kwargs:
            node.kwargs = {**node.kwargs, "inplace": False}
    for submodule in module.modules():
        if hasattr(submodule, "inplace"):
            submodule.inplace = False


def _fold_batch_norms(module: Any) -> None:
    modules = dict(module.named_modules())
    for node in list(module.graph.nodes):
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node) or before.op != "call_module":
            continue
        norm, convolution = modules[str(node.target)], modules[str(before.target)]
        if (
            isinstance(norm, nn.BatchNorm2d)
            and isinstance(convolution, nn.Conv2d)
            and len(before.users) == 1  # the convolution's output is not used elsewhere and is no layer
        ):
            module.set_submodule(str(before.target), fuse_conv_bn_eval(convolution, norm))
            node.replace_all_uses_with(before)
            module.graph.erase_node(node)
    module.delete_all_unused_submodules()
