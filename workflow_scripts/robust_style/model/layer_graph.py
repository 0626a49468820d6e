"""Where the named layers of a network are: positions in a VGG's `features`, or nodes of a traced graph."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import torch.nn.functional as F
from torch import fx, nn

from robust_style.model.architectures import check_layer
from robust_style.model.network import NormalisedNetwork, PooledLinear

# Skip connections in the library's and in torchvision's ResNet, and what follows the last feature map: no layers.
_EXCLUDED = {"shortcut", "downsample", "classifier"}
# Containers whose output is the output of their last module, which has a name of its own.
_CONTAINERS = {"network", "features", "conv"}
# Modules of torchvision's sequential networks, which have a number instead of a name.
_NUMBERED = re.compile(r"features\.\d+")


def layers_in(network: NormalisedNetwork) -> list[str]:
    """Names of all layers of this network, in no fixed order; a network cut off after some layers has fewer."""
    modules = network.vgg_features
    return list(LayerGraph(network.network).nodes if modules is None else vgg_positions(modules))


def vgg_positions(features: Iterable[nn.Module]) -> dict[str, int]:
    """Layer name -> position in `features`, in the order of the forward pass: conv1_1, relu1_1, conv1_2, …, relu5_4.

    `conv*` is a convolution's output before batch norm, `relu*` the feature map after batch norm (if any) and ReLU.
    The first number counts blocks, which end with a pooling; the second counts convolutions in a block.
    Source: Simonyan and Zisserman 2015, table 1, with the names of Gatys et al. 2016.
    """
    positions: dict[str, int] = {}
    block, number = 1, 0
    for position, module in enumerate(features):
        if isinstance(module, nn.Conv2d):
            number += 1
            positions[f"conv{block}_{number}"] = position
        elif isinstance(module, nn.ReLU):
            positions[f"relu{block}_{number}"] = position
        elif isinstance(module, nn.MaxPool2d | nn.AvgPool2d):
            block, number = block + 1, 0
    return positions


def find_vgg_layers(layers: Iterable[str], features: Iterable[nn.Module]) -> dict[str, int]:
    """Position in `features` of each of `layers`. Raises ConfigError, with the list, for an unknown layer."""
    positions = vgg_positions(features)
    for layer in layers:
        check_layer(layer, positions, "this network")
    return {layer: positions[layer] for layer in layers}


class Absent(nn.Identity):
    """Replaces a module whose weights are not in the file; its output and everything after it are no layers."""


class LayerGraph:
    """The graph of a network's forward pass by torch.fx, and `nodes`: layer name -> node of its output.

    A convolution and a block have the path of their module as name, a ReLU the path of the batch norm before it with
    `relu` instead of `bn` (`model.architectures.layer_names`); in a sequence of modules without names both are
    counted. Layers that depend on an `Absent` module are left out. The network is not copied, and its forward pass is
    the library's or torchvision's own.
    """

    def __init__(self, network: nn.Module) -> None:
        self.root = _Root(network)
        tracer = _Tracer()
        self.graph = tracer.trace(self.root)
        self.nodes = {name: node for name, node in tracer.outputs.items() if self._is_layer(name)}
        self.nodes |= self._numbered(tracer.outputs)
        for node in self.graph.nodes:
            if self._is_relu(node) and (norm := self._norm_before(node)) is not None:
                stem, dot, last = norm.rpartition(".")
                if "bn" in last:
                    self.nodes[f"{stem}{dot}{last.replace('bn', 'relu')}"] = node

        missing: set[fx.Node] = set()
        for node in self.graph.nodes:
            if isinstance(self.module_of(node), Absent) or missing & set(node.all_input_nodes):
                missing.add(node)
        self.nodes = {name: node for name, node in self.nodes.items() if node not in missing}

    def modules_in_order(self) -> list[str]:
        """Paths of the modules in the order of the forward pass."""
        return [str(node.target).removeprefix("network.") for node in self.graph.nodes if node.op == "call_module"]

    def module_of(self, node: fx.Node) -> nn.Module | None:
        """The module that the node calls; None if it calls none."""
        return self.root.get_submodule(str(node.target)) if node.op == "call_module" else None

    def _is_layer(self, name: str) -> bool:
        """True for a convolution or a block that is not part of a skip connection."""
        if name == "network" or _EXCLUDED & set(name.split(".")):
            return False
        module = self.root.network.get_submodule(name)
        if isinstance(module, nn.Conv2d):
            return _NUMBERED.fullmatch(name) is None
        return next(module.children(), None) is not None and name.rpartition(".")[2] not in _CONTAINERS

    def _numbered(self, outputs: dict[str, fx.Node]) -> dict[str, fx.Node]:
        """conv1, relu1, conv2, …: the convolutions and ReLUs directly in `features`."""
        nodes: dict[str, fx.Node] = {}
        number = 0
        for name, node in outputs.items():
            module = self.module_of(node)
            if _NUMBERED.fullmatch(name) and str(node.target).endswith(name):
                if isinstance(module, nn.Conv2d):
                    number += 1
                    nodes[f"conv{number}"] = node
                elif isinstance(module, nn.ReLU):
                    # The convolution of a later ReLU may be absent and then is not counted.
                    nodes.setdefault(f"relu{number}", node)
        return nodes

    def _is_relu(self, node: fx.Node) -> bool:
        return node.target in (F.relu, F.relu6) or isinstance(self.module_of(node), nn.ReLU | nn.ReLU6)

    def _norm_before(self, node: fx.Node) -> str | None:
        before = node.args[0]
        if isinstance(before, fx.Node) and isinstance(self.module_of(before), nn.BatchNorm2d):
            return str(before.target).removeprefix("network.")
        return None


class _Root(nn.Module):
    """Calls the network with its optional arguments at their defaults, which torch.fx would trace as inputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Any) -> Any:  # a proxy, not a tensor, while it is traced
        return self.network(images)


class _Tracer(fx.Tracer):
    """Records the output node of every module by its path, containers included; the last call counts."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, fx.Node] = {}

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Absent | PooledLinear) or super().is_leaf_module(m, module_qualified_name)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        output = super().call_module(m, forward, args, kwargs)
        if isinstance(output, fx.Proxy):
            self.outputs[self.path_of_module(m).removeprefix("network.")] = output.node
        return output
