"""Sizes, costs and layer names of the architectures are those of the networks."""

from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, fx, nn

from merged_config import CONFIG
from robust_style.errors import ConfigError
from robust_style.model.architectures import (
    ARCHITECTURES,
    architecture_named,
    check_layer,
    is_pretrained,
    layer_names,
    relative_costs,
)
from robust_style.model.layer_graph import LayerGraph, layers_in
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import build_pretrained
from robust_style.transfer.encoder import Encoder, GraphPart
from robust_style.transfer.stand_ins import layer_for, read_stand_ins

IMAGES = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
STAND_INS = read_stand_ins(CONFIG / "layers.yaml")
HERE = [name for name in ARCHITECTURES if not is_pretrained(name)]
BRANCHED = [name for name in HERE if ARCHITECTURES[name].family != "vgg"]


def test_an_unknown_architecture_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"expected one of vgg11, .*found 'resnet81'; did you mean resnet18\?"):
        architecture_named("resnet81")


def test_the_schema_lists_all_architectures() -> None:
    networks = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))["properties"]["networks"][
        "additionalProperties"
    ]["properties"]
    assert networks["architecture"]["enum"] == list(ARCHITECTURES)


class _Counted(nn.Module):
    """Multiply-adds of the convolutions and linear layers that run, for each image."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.total = 0
        self.network = network
        for module in network.modules():
            module.register_forward_hook(self._add)

    def _add(self, module: nn.Module, _: Any, output: Any) -> None:
        if isinstance(module, nn.Conv2d | nn.Linear):
            self.total += output[0].numel() * module.weight[0].numel()


@pytest.mark.parametrize("architecture", HERE)
def test_parameters_and_image_macs_are_counted(architecture: str) -> None:
    facts = ARCHITECTURES[architecture]
    with torch.device("meta"):
        network = build_network(architecture, 1.0, 10)
    counted = _Counted(network)
    network(IMAGES.to("meta"))
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(facts.parameters, rel=0.002)
    assert counted.total == pytest.approx(facts.image_macs, rel=0.002)


@pytest.mark.parametrize("architecture", BRANCHED)
def test_pixel_macs_are_counted(architecture: str) -> None:
    """All convolutions of the graph up to the stand-in of relu5_1."""
    with torch.device("meta"):
        network = build_network(architecture, 1.0, 10)
    traced = LayerGraph(network)
    deepest = traced.nodes[layer_for("relu5_1", architecture, STAND_INS)]
    needed, waiting = set(), [deepest]
    while waiting:
        node = waiting.pop()
        if node not in needed:
            needed.add(node)
            waiting += node.all_input_nodes
    used = {str(node.target).removeprefix("network.") for node in needed if node.op == "call_module"}
    counted = _Counted(nn.ModuleList())
    for name, module in network.named_modules():
        if name in used:
            module.register_forward_hook(counted._add)
    network(IMAGES.to("meta"))
    assert counted.total / 32**2 == pytest.approx(ARCHITECTURES[architecture].pixel_macs, rel=0.002)


@pytest.mark.parametrize("architecture", BRANCHED)
def test_pixel_values_are_counted(architecture: str) -> None:
    with torch.device("meta"):
        network = NormalisedNetwork(build_network(architecture, 1.0, 10), (0.5,) * 3, (0.3,) * 3).train(False)
    layers = list(dict.fromkeys(layer_for(f"relu{block}_1", architecture, STAND_INS) for block in range(1, 6)))
    part = Encoder(network, layers, pooling="average", device=torch.device("meta")).part
    assert isinstance(part, GraphPart)
    values = 0
    for _, output in _Nodes(part.module).outputs(torch.empty(1, 3, 64, 64, device="meta")):
        values += output.numel()
    assert values / 64**2 == pytest.approx(ARCHITECTURES[architecture].pixel_values, rel=0.002)


class _Nodes(fx.Interpreter):
    """Collects the output of every node."""

    def outputs(self, images: Tensor) -> list[tuple[fx.Node, Tensor]]:
        self.found: list[tuple[fx.Node, Tensor]] = []
        self.run(images)
        return self.found

    def run_node(self, n: fx.Node) -> Any:
        output = super().run_node(n)
        if n.op not in ("placeholder", "output"):
            self.found.append((n, output))
        return output


def test_costs_are_relative_to_vgg19_and_grow_with_the_square_of_the_width() -> None:
    assert relative_costs("vgg19", 1.0) == (1.0, 1.0, 1.0)
    assert relative_costs("resnet18", 0.5) == pytest.approx([cost / 4 for cost in relative_costs("resnet18", 1.0)])
    assert 1.3 < relative_costs("resnet18", 1.0)[1] < 1.5


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_layer_names_are_those_of_the_network(architecture: str) -> None:
    is_foreign = is_pretrained(architecture)
    network = build_pretrained(architecture, {}) if is_foreign else build_network(architecture, 0.125, 10)
    names = layer_names(architecture)
    assert len(set(names)) == len(names)
    whole = NormalisedNetwork(network, (0.5,) * 3, (0.3,) * 3)
    is_vgg = ARCHITECTURES[architecture].family == "vgg"
    assert (whole.vgg_features is not None) is is_vgg
    assert layers_in(whole) == names if is_vgg else set(layers_in(whole)) == set(names)
    for kind in ("conv", "relu"):
        stand_ins = [layer_for(f"{kind}{block}_1", architecture, STAND_INS) for block in range(1, 6)]
        assert [name for name in names if name in stand_ins] == stand_ins, "five stand-ins in the order of the network"


def test_an_unknown_layer_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"of ours, found 'layer3_1'; did you mean layer3\.1\?; `robust-"):
        check_layer("layer3_1", layer_names("resnet50"), "ours")
    with pytest.raises(ConfigError) as caught:
        check_layer("zzz", layer_names("resnet50"), "ours")
    assert len(str(caught.value)) < 800
    assert "did you mean" not in str(caught.value)
