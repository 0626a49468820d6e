"""A network with branches as a graph: which of its operations a layer's name means.

Read by `torch.fx`: the forward pass is the library's or torchvision's own, none of it is written here again.
"""

import re
from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import fx, nn

from robust_style.model.pooled_linear import PooledLinear

# What maps past a block, in the library's and in torchvision's ResNet; and what comes after the last map.
_ASIDE = {"shortcut", "downsample", "classifier"}
# Containers whose last module's output is known by another name.
_INNER = {"network", "features", "conv"}
# Of torchvision's networks that are a row: the only layers without a name of their own.
_NUMBERED = re.compile(r"features\.\d+")


class Absent(nn.Identity):
    """In the place of a module whose weights a file has not; what depends on it is no layer."""


class _Whole(nn.Module):
    """The network with its options left at their defaults."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Any) -> Any:  # while it is read, no tensor but a proxy of one
        return self.network(images)


class _Reader(fx.Tracer):
    """Remembers the output of every module by its path, containers included; of one used twice, the last."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, fx.Node] = {}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Absent | PooledLinear) or super().is_leaf_module(m, module_qualified_name)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        found = super().call_module(m, forward, args, kwargs)
        if isinstance(found, fx.Proxy):
            self.outputs[self.path_of_module(m).removeprefix("network.")] = found.node
        return found


class TracedNetwork:
    """The graph of a network's forward pass, and `taps`, the operation that each layer's name means.

    A convolution and a block are called by the module's path, a ReLU by that of the batch norm before it with `relu`
    for `bn`, as `model.tap_names` lists them; in a row of modules without names both are counted. What depends on an
    `Absent` module is left out. The network is not copied.
    """

    def __init__(self, network: nn.Module) -> None:
        self.root = _Whole(network)
        reader = _Reader()
        self.graph = reader.trace(self.root)
        self.taps = {name: node for name, node in reader.outputs.items() if self._is_layer(name)}
        self.taps |= self._counted(reader.outputs)
        for node in self.graph.nodes:
            if self._is_relu(node) and (norm := self._norm_before(node)) is not None:
                stem, dot, last = norm.rpartition(".")
                if "bn" in last:
                    self.taps[f"{stem}{dot}{last.replace('bn', 'relu')}"] = node

        missing: set[fx.Node] = set()
        for node in self.graph.nodes:
            if isinstance(self.module_of(node), Absent) or missing & set(node.all_input_nodes):
                missing.add(node)
        self.taps = {name: node for name, node in self.taps.items() if node not in missing}

    def modules_in_order(self) -> list[str]:
        """The paths of the modules that the forward pass calls, in its order."""
        return [str(node.target).removeprefix("network.") for node in self.graph.nodes if node.op == "call_module"]

    def module_of(self, node: fx.Node) -> nn.Module | None:
        """The module that the operation calls, if it calls one."""
        return self.root.get_submodule(str(node.target)) if node.op == "call_module" else None

    def _is_layer(self, name: str) -> bool:
        """Whether it is a convolution or a block, not on the shorter of two ways."""
        if name == "network" or _ASIDE & set(name.split(".")):
            return False
        module = self.root.network.get_submodule(name)
        if isinstance(module, nn.Conv2d):
            return _NUMBERED.fullmatch(name) is None
        return next(module.children(), None) is not None and name.rpartition(".")[2] not in _INNER

    def _counted(self, outputs: dict[str, fx.Node]) -> dict[str, fx.Node]:
        """conv1, relu1, conv2, …: convolutions and ReLUs that stand in `features` without a block around them."""
        found: dict[str, fx.Node] = {}
        number = 0
        for name, node in outputs.items():
            module = self.module_of(node)
            if _NUMBERED.fullmatch(name) and str(node.target).endswith(name):
                if isinstance(module, nn.Conv2d):
                    number += 1
                    found[f"conv{number}"] = node
                elif isinstance(module, nn.ReLU):
                    # A later one may stand behind a convolution that is absent and does not count.
                    found.setdefault(f"relu{number}", node)
        return found

    def _is_relu(self, node: fx.Node) -> bool:
        return node.target in (F.relu, F.relu6) or isinstance(self.module_of(node), nn.ReLU | nn.ReLU6)

    def _norm_before(self, node: fx.Node) -> str | None:
        before = node.args[0]
        if isinstance(before, fx.Node) and isinstance(self.module_of(before), nn.BatchNorm2d):
            return str(before.target).removeprefix("network.")
        return None
