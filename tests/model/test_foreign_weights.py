"""Where strangers keep their weights, and what is refused with the reason."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from foreign_files import torch_bytes, written
from robust_style.errors import CheckpointError
from robust_style.files.foreign import read_foreign
from robust_style.model.foreign_weights import ForeignWeights, weights_in
from robust_style.model.network import build_network

WIDTH = 0.05
STATE: dict[str, Tensor] = build_network("vgg11", WIDTH, 3, seed=4).state_dict()
MEAN, STD = torch.tensor([0.5, 0.25, 0.125]).view(3, 1, 1), torch.tensor([0.25, 0.5, 1.0]).view(3, 1, 1)


def prefixed(prefix: str, state: dict[str, Tensor] = STATE) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in state.items()}


def library_state() -> dict[str, Tensor]:
    normaliser = {
        f"module.{name}": value
        for place in ("normalizer", "attacker.normalize")
        for name, value in ((f"{place}.new_mean", MEAN), (f"{place}.new_std", STD))
    }
    return normaliser | prefixed("module.model.") | prefixed("module.attacker.model.")


def found_in(folder: Path, content: Any, **settings: Any) -> ForeignWeights:
    path = written(folder / "theirs.pt", torch_bytes(content, **settings))
    return weights_in(path, read_foreign(path))


@pytest.mark.parametrize(
    ("content", "epoch"),
    [
        ({"model": library_state(), "optimizer": {"state": {}}, "epoch": 26}, 26),
        ({"state_dict": library_state(), "epoch": 26}, 26),  # the library's first versions
        ({"net": prefixed("module."), "acc": 92.64, "epoch": 199}, 200),
        ({"net": STATE, "epoch": 0}, 1),
        ({"state_dict": prefixed("module."), "arch": "vgg11", "model": "vgg11"}, None),
        ({"model_state_dict": STATE, "epoch": torch.tensor(3)}, None),
        (STATE, None),
        (prefixed("module."), None),
        (prefixed("model."), None),
        (prefixed("_orig_mod.module.model."), None),
        ({"model": STATE, "epoch": -1}, None),
        ({"model": STATE, "epoch": True}, None),
    ],
)
def test_known_layouts(tmp_path: Path, content: Any, epoch: int | None) -> None:
    found = found_in(tmp_path, content)
    assert found.epoch == epoch
    assert list(found.weights) == list(STATE)
    assert all(torch.equal(found.weights[name], tensor) for name, tensor in STATE.items())
    is_library = any("normalizer" in name for state in content.values() if isinstance(state, dict) for name in state)
    assert (found.mean, found.std) == (((0.5, 0.25, 0.125), (0.25, 0.5, 1.0)) if is_library else (None, None))


def changed(name: str, value: Any) -> Callable[[], dict[str, Any]]:
    return lambda: {"model": library_state() | {name: value}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda: [1], "found list"),
        (lambda: {}, "found nothing"),
        (lambda: {"weights": STATE, "epoch": 3}, "weights in model, net, .* found weights, epoch"),
        (lambda: {"model": {10**5000: torch.ones(1)}}, "weights by name, found a key of type int"),
        (
            changed("module.model.features.1.num_batches_tracked", torch.tensor(0.0)),
            "two that differ in features.1.num",
        ),
        (lambda: {"model": STATE, "net": STATE}, "one network, found one each in model, net"),
        (lambda: torch.nn.Linear(1, 1), "inside an object of torch.nn.modules.linear.Linear, which only code"),
        (lambda: {"model": torch.nn.Linear(1, 1)}, "no such code is run here; ask the author of the file to save its"),
        (changed("module.attacker.model.classifier.bias", torch.zeros(3)), "two that differ in classifier.bias"),
        (changed("module.model.classifier.bias", 3.0), "classifier.bias to be a tensor, found float"),
        (changed("module.model.classifier.bias", Path("x")), "inside an object of pathlib"),
        (changed("module.model.classifier.bias", torch.tensor([1.0, float("nan"), 0.0])), "NaN or infinity in cla"),
        (changed("module.model.classifier.bias", torch.ones(3).double()), "in float32, found torch.float64"),
        (changed("module.normalizer.new_std", torch.tensor([0.5, 1.0, 1.0])), "differ in normalizer.new_std"),
        (lambda: {"model": STATE | {"normalizer.new_mean": torch.ones(1)}}, "new_mean to be three numbers"),
    ],
)
def test_refused_with_the_reason(tmp_path: Path, content: Callable[[], Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=rf"theirs\.pt: expected .*{message}"):
        found_in(tmp_path, content())


def test_half_precision_is_widened_without_loss(tmp_path: Path) -> None:
    halves = {name: value.half() if value.is_floating_point() else value for name, value in STATE.items()}
    found = found_in(tmp_path, {"state_dict": halves})
    assert all(torch.equal(found.weights[name], value.to(STATE[name].dtype)) for name, value in halves.items())
    assert found.weights["classifier.bias"].dtype == torch.float32
