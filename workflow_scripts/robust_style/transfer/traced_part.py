"""The part of a network with branches that a recipe needs, as fast as the machine gives it."""

import operator
from collections.abc import Iterable
from copy import deepcopy
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from robust_style.model.tap_names import refuse_unknown_tap
from robust_style.model.traced import TracedNetwork
from robust_style.transfer.recipe import Padding, Pooling


class TracedPart:
    """`network` up to the deepest of `layers`: normalised images in, a map for each of them out, in their order.

    What no layer needs is left out. Constant, in evaluation mode, on `device`; the network given is left as it was.
    Pooling, padding and dtype as `Encoder` has them; a batch norm behind a convolution that no layer looks at is
    multiplied into it. Raises ConfigError, with the nearest name, for a layer that there is not.
    """

    def __init__(
        self,
        network: nn.Module,
        layers: Iterable[str],
        *,
        pooling: Pooling,
        padding: Padding,
        dtype: torch.dtype,
        device: torch.device | None,
        rescale: int,
    ) -> None:
        traced = TracedNetwork(network)
        self.layers = list(layers)
        for layer in self.layers:
            refuse_unknown_tap(layer, traced.taps, "this network")
        graph = traced.graph
        wanted = [traced.taps[layer] for layer in self.layers]
        graph.erase_node(next(node for node in graph.nodes if node.op == "output"))
        graph.output(tuple(wanted))
        self.part: Any = fx.GraphModule(traced.root, graph)
        graph = self.part.graph
        graph.eliminate_dead_code()
        self.part.delete_all_unused_submodules()
        self.part = deepcopy(self.part).eval().requires_grad_(False).to(device)
        _out_of_place(self.part)
        _fold(self.part)
        for path, module in list(self.part.named_modules()):
            if isinstance(module, nn.Conv2d):
                module.padding_mode = padding
                module.to(dtype)
            elif isinstance(module, nn.MaxPool2d) and pooling != "max":
                self.part.set_submodule(path, _Mean(module, rescale if pooling == "average_rescaled" else 1))
        self.part.recompile()
        self.part.to(memory_format=torch.channels_last)

    def __call__(self, normalised: Float[Tensor, "batch 3 height width"]) -> dict[str, Float[Tensor, "batch _ _ _"]]:
        """Layer name -> feature map, batch x channels x height x width."""
        return dict(zip(self.layers, self.part(normalised), strict=True))


class _Mean(nn.Module):
    """The mean of a pooling's window times a factor; what lies beyond the map's edge is not part of the window."""

    def __init__(self, pooling: nn.MaxPool2d, factor: int) -> None:
        super().__init__()
        self.pooling = nn.AvgPool2d(
            pooling.kernel_size, pooling.stride, pooling.padding, pooling.ceil_mode, count_include_pad=False
        )
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.pooling(x)
        return found if self.factor == 1 else found * self.factor


def _out_of_place(part: Any) -> None:
    """A map that is looked at must not be overwritten by the next operation."""
    for node in part.graph.nodes:
        if node.target is operator.iadd:
            node.target = operator.add
        if "inplace" in node.kwargs:
            node.kwargs = {**node.kwargs, "inplace": False}
    for module in part.modules():
        if hasattr(module, "inplace"):
            module.inplace = False


def _fold(part: Any) -> None:
    modules = dict(part.named_modules())
    for node in list(part.graph.nodes):
        before = node.args[0] if node.args else None
        if node.op != "call_module" or not isinstance(before, fx.Node) or before.op != "call_module":
            continue
        norm, convolution = modules[str(node.target)], modules[str(before.target)]
        if (
            isinstance(norm, nn.BatchNorm2d)
            and isinstance(convolution, nn.Conv2d)
            and len(before.users) == 1  # nobody else looks between the two, the output neither
        ):
            part.set_submodule(str(before.target), fuse_conv_bn_eval(convolution, norm))
            node.replace_all_uses_with(before)
            part.graph.erase_node(node)
    part.delete_all_unused_submodules()
