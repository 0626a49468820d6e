"""Checkpoints of other programs are identified by their weights, and no code in them is run."""

import os
import pickle
from pathlib import Path
from typing import Any

import dill
import pytest
import torch
from PIL import Image
from torch import Tensor

from foreign_files import torch_bytes, written
from robust_style.errors import CheckpointError, ConfigError
from robust_style.model.convert import CIFAR10_MEAN, CIFAR10_STD, fitted_network, identify, network_to_paint_with
from robust_style.model.network import build_network

WIDTH = 0.05
STATE = build_network("vgg11", WIDTH, 3, seed=4).state_dict()
MEAN, STD = torch.tensor([0.5, 0.25, 0.125]), torch.tensor([0.25, 0.5, 1.0])


def prefixed(prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + name: tensor for name, tensor in STATE.items()}


LIBRARY = prefixed("module.model.") | prefixed("module.attacker.model.")
LIBRARY |= {"module.normalizer.new_mean": MEAN.view(3, 1, 1), "module.normalizer.new_std": STD.view(3, 1, 1)}
LAYOUTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "robustness, dill": ({"model": LIBRARY, "epoch": 9, "args": Path("x")}, {"pickle_module": dill}),
    "pytorch-cifar": ({"net": prefixed("module."), "acc": 90.0, "epoch": 3}, {}),
    "plain": (STATE, {}),
    "half precision": ({"state_dict": {n: t.half() if t.is_floating_point() else t for n, t in STATE.items()}}, {}),
    "mu and sigma": ({"model": STATE | {"mu": MEAN.view(1, 3, 1, 1), "sigma": STD.view(1, 3, 1, 1)}}, {}),
    "sequential": ({"0.mean": MEAN, "0.std": STD} | prefixed("1."), {}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_checkpoint_of_another_program_paints(
    tmp_path: Path, layout: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, settings = LAYOUTS[layout]
    path = written(tmp_path / "theirs.pt", torch_bytes(content, **settings))
    network, header = network_to_paint_with(path)
    messages = capsys.readouterr().err
    assert (header.architecture, header.width) == ("vgg11", WIDTH)
    assert f"{path}: the checkpoint of another program, read as vgg11 at width 0.05" in messages
    is_stated = layout in ("robustness, dill", "mu and sigma", "sequential")
    means, deviations = (tuple(MEAN.tolist()), tuple(STD.tolist())) if is_stated else (CIFAR10_MEAN, CIFAR10_STD)
    assert torch.allclose(network.mean.flatten(), torch.tensor(means))
    assert torch.allclose(network.std.flatten(), torch.tensor(deviations))
    assert ("assumed: mean (0.4914, 0.4822, 0.4465)" in messages) != is_stated
    assert not any(parameter.requires_grad for parameter in network.parameters())
    network_to_paint_with(path)
    assert capsys.readouterr().err == "", "reported once for all photos of a folder"


@pytest.mark.parametrize(
    ("architecture", "width"),
    [("vgg11", 0.05), ("resnet18", 0.3), ("vgg13", 0.125), ("mobilenet_v2", 0.5), ("resnet18", 1 / 64)],
)
def test_architecture_and_width_are_identified_from_the_weights(architecture: str, width: float) -> None:
    with torch.device("meta"):
        state = build_network(architecture, width, 10).state_dict()
    ((found, wide),) = identify(state)
    assert found == architecture
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in build_network(architecture, wide, 10).state_dict().items()}
    assert shapes == {name: tensor.shape for name, tensor in state.items()}


def test_the_error_for_unknown_weights_has_the_command(tmp_path: Path) -> None:
    path = written(tmp_path / "theirs.pt", torch_bytes({"fc.weight": torch.ones(2, 2)}))
    with pytest.raises(CheckpointError, match=r"fit no architecture known here; .*convert .*theirs\.pt OUT\.pt --arch"):
        network_to_paint_with(path)


class Canary:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.path}'",)


def test_no_code_in_the_file_is_run(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    path = written(tmp_path / "theirs.pt", torch_bytes({"net": STATE, "args": Canary(canary)}))
    network_to_paint_with(path)
    bare = written(tmp_path / "bare.pt", pickle.dumps(Canary(canary)))
    with pytest.raises(CheckpointError, match="damaged, or no checkpoint"):
        network_to_paint_with(bare)
    assert not canary.exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("photo.jpg", "this is a JPEG image, not a checkpoint"),
        ("folder", "this is a folder, not a checkpoint"),
        ("absent.pt", "no such file or directory"),
        ("notes.txt", "damaged, or no checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_named(tmp_path: Path, name: str, words: str) -> None:
    if "photo" in name:
        Image.new("RGB", (40, 40)).save(tmp_path / name)
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("to do: nothing that a checkpoint would say, at some length\n" * 3)
    with pytest.raises(CheckpointError, match=words) as caught:
        network_to_paint_with(tmp_path / name)
    assert "weights_only" not in str(caught.value)
    assert "delete" not in str(caught.value), "it is the user's file"


def test_counters_of_batch_norm_may_be_absent() -> None:
    """Torch has them since 0.4.1 (2018)."""
    old = {name: tensor for name, tensor in STATE.items() if not name.endswith("num_batches_tracked")}
    assert len(old) < len(STATE)
    network = fitted_network(Path("x.pt"), old, "vgg11", WIDTH)
    assert network.state_dict()["features.1.num_batches_tracked"] == 0


@pytest.mark.parametrize(
    ("architecture", "width", "changes", "message"),
    [
        ("vgg13", WIDTH, {}, r"weights of vgg13 at width 0\.05, found missing features\.3\.weight, .* and 37 more; un"),
        ("vgg11", 0.1, {}, r"of another shape features\.0\.weight \(3, 3, 3, 3\) instead of \(6, 3, 3, 3\)"),
        ("vgg11", WIDTH, {"features.0.bias": None}, r"found missing features\.0\.bias; correct architecture"),
        ("vgg11", WIDTH, {"fc.\x1b[2J": torch.ones(1)}, r"unexpected fc\.\\x1b\[2J;"),
        ("vgg11", WIDTH, {"classifier.bias": None}, r"missing classifier\.bias"),
        ("vgg11", WIDTH, {"classifier.bias": torch.ones(10**6)}, r"classifier\.bias \(1000000,\) instead of \(1,\)"),
    ],
)
def test_other_weights_are_told_apart(
    architecture: str, width: float, changes: dict[str, Tensor | None], message: str
) -> None:
    weights = {name: tensor for name, tensor in {**STATE, **changes}.items() if tensor is not None}
    with pytest.raises(CheckpointError, match=message) as caught:
        fitted_network(Path("x.pt"), weights, architecture, width)
    assert str(caught.value).isprintable()


def test_an_unknown_architecture_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="expected one of vgg11"):
        fitted_network(Path("x.pt"), STATE, "resnet81", WIDTH)
