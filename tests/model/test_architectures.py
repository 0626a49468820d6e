"""The architectures: the library's own networks at any width, and what is said of each without building it."""

from typing import Any

import pytest
import torch
import yaml
from torch import Tensor, fx, nn

from merged_config import CONFIG
from robust_style.errors import ConfigError
from robust_style.model.architectures import ARCHITECTURES, architecture_named, is_pretrained, relative_costs
from robust_style.model.calibrate import calibrate_batch_norm
from robust_style.model.compat import import_densenet, import_resnet, import_torchvision_models
from robust_style.model.forward import logits_of
from robust_style.model.layers import is_vgg, layer_indices
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.pretrained import build_pretrained
from robust_style.model.tap_names import refuse_unknown_tap, tap_names
from robust_style.model.traced import TracedNetwork
from robust_style.transfer.features import Encoder
from robust_style.transfer.stand_ins import layer_for, read_stand_ins

IMAGES = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
STAND_INS = read_stand_ins(CONFIG / "layers.yaml")
HERE = [name for name in ARCHITECTURES if not is_pretrained(name)]
BRANCHED = [name for name in HERE if ARCHITECTURES[name].family != "vgg"]


def theirs(architecture: str) -> nn.Module:
    """As the library or torchvision makes it."""
    makers = {
        "resnet": import_resnet,
        "densenet": import_densenet,
        "mobilenet": import_torchvision_models,
    }
    network: nn.Module = getattr(makers[ARCHITECTURES[architecture].family](), architecture)(num_classes=7)
    return network


@pytest.mark.parametrize("architecture", BRANCHED)
def test_full_width_is_the_network_of_others_weight_for_weight(architecture: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = theirs(architecture)
    ours = build_network(architecture, 1.0, 7, seed=5)
    assert type(ours) is type(expected)
    assert list(ours.state_dict()) == list(expected.state_dict())
    assert all(torch.equal(weight, ours.state_dict()[name]) for name, weight in expected.state_dict().items())


def test_mobilenet_ends_with_4_x_4_positions_and_draws_no_dropout() -> None:
    network = build_network("mobilenet_v2", 0.25, 7)
    assert network.get_submodule("features")(IMAGES).shape[2:] == (4, 4)
    assert torch.equal(network(IMAGES), network(IMAGES)), "in training mode"


@pytest.mark.parametrize("architecture", BRANCHED)
def test_a_narrow_one_classifies_and_the_global_state_is_untouched(architecture: str) -> None:
    before = torch.get_rng_state()
    network = build_network(architecture, 0.125, 7, seed=1)
    again = build_network(architecture, 0.125, 7, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(*pair) for pair in zip(network.parameters(), again.parameters(), strict=True))
    assert network(IMAGES).shape == (2, 7)
    assert sum(p.numel() for p in network.parameters()) < ARCHITECTURES[architecture].parameters / 4


@pytest.mark.parametrize("architecture", BRANCHED)
@pytest.mark.parametrize("width", [0.0, -1.0, float("nan"), 0.001])
def test_a_width_that_leaves_nothing_is_refused(architecture: str, width: float) -> None:
    with pytest.raises(ConfigError, match="width: expected"):
        build_network(architecture, width, 3)


@pytest.mark.parametrize("architecture", BRANCHED)
def test_training_runs_its_own_forward_pass(architecture: str) -> None:
    network = NormalisedNetwork(build_network(architecture, 0.125, 7), (0.5,) * 3, (0.3,) * 3)
    calibrate_batch_norm(network, [IMAGES])
    network.train(False)
    assert torch.equal(logits_of(network, IMAGES, "float32"), network(IMAGES))
    assert logits_of(network, IMAGES, "bfloat16").dtype == torch.float32


def test_an_unknown_one_is_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"expected one of vgg11, .*found 'resnet81'; did you mean resnet18\?"):
        architecture_named("resnet81")


def test_the_schema_names_them_all() -> None:
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
def test_what_is_said_of_its_size_is_counted(architecture: str) -> None:
    said = ARCHITECTURES[architecture]
    with torch.device("meta"):
        network = build_network(architecture, 1.0, 10)
    counted = _Counted(network)
    network(IMAGES.to("meta"))
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(said.parameters, rel=0.002)
    assert counted.total == pytest.approx(said.image_macs, rel=0.002)


@pytest.mark.parametrize("architecture", BRANCHED)
def test_what_a_picture_costs_is_counted(architecture: str) -> None:
    """Without what lies behind the stand-in of relu5_1: the graph up to there, all of its convolutions."""
    with torch.device("meta"):
        network = build_network(architecture, 1.0, 10)
    traced = TracedNetwork(network)
    deepest = traced.taps[layer_for("relu5_1", architecture, STAND_INS)]
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
def test_what_its_maps_hold_is_counted(architecture: str) -> None:
    with torch.device("meta"):
        network = NormalisedNetwork(build_network(architecture, 1.0, 10), (0.5,) * 3, (0.3,) * 3).train(False)
    layers = list(dict.fromkeys(layer_for(f"relu{block}_1", architecture, STAND_INS) for block in range(1, 6)))
    branched = Encoder(network, layers, pooling="average", device=torch.device("meta")).branched
    assert branched is not None
    held = 0
    for _, output in _Nodes(branched.part).outputs(torch.empty(1, 3, 64, 64, device="meta")):
        held += output.numel()
    assert held / 64**2 == pytest.approx(ARCHITECTURES[architecture].pixel_values, rel=0.002)


class _Nodes(fx.Interpreter):
    """Every map on the way."""

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
    assert relative_costs("resnet18", 0.5) == pytest.approx([found / 4 for found in relative_costs("resnet18", 1.0)])
    assert 1.3 < relative_costs("resnet18", 1.0)[1] < 1.5


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_names_and_layers_agree(architecture: str) -> None:
    """What the Snakefile is told without torch is what the network has."""
    is_foreign = is_pretrained(architecture)
    network = build_pretrained(architecture, {}) if is_foreign else build_network(architecture, 0.125, 10)
    names = tap_names(architecture)
    assert len(set(names)) == len(names)
    assert is_vgg(network) is (ARCHITECTURES[architecture].family == "vgg")
    if is_vgg(network):
        assert list(layer_indices(network.get_submodule("features").children())) == names
    else:
        assert set(TracedNetwork(network).taps) == set(names)
    for kind in ("conv", "relu"):
        stand_ins = [layer_for(f"{kind}{block}_1", architecture, STAND_INS) for block in range(1, 6)]
        assert [name for name in names if name in stand_ins] == stand_ins, "five of them, in their order"


def test_an_unknown_layer_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        ConfigError, match=r"of ours, found 'layer3_1'; did you mean layer3\.1\?; `robust-style layers`"
    ):
        refuse_unknown_tap("layer3_1", tap_names("resnet50"), "ours")
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_tap("zzz", tap_names("resnet50"), "ours")
    assert len(str(caught.value)) < 800
    assert "did you mean" not in str(caught.value)
