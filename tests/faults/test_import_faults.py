"""Networks of others that are not what the configuration says, by the script that imports one: nothing is imported."""

import os
import pickle
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import dill
import pytest
import torch

from crafted_images import written
from fault_server import Offer, fault_server, impatient
from foreign_files import torch_bytes
from refusal import contents, refusal
from robust_style.data.download import Source
from robust_style.files.checkpoint import load_checkpoint
from robust_style.model import foreign_source
from robust_style.model.network import build_network
from rule_script import Outcome, run_script
from tiny_training import CLASSES, write_tiny_dataset

STATE = build_network("vgg11", 0.125, len(CLASSES), seed=4).state_dict()
FIRST = "features.0.weight"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_dataset(tmp_path_factory.mktemp("data") / "tiny.npz")


def run(folder: Path, dataset: Path, source: Path | str, sha: str, **changes: Any) -> Outcome:
    given = folder / "results" / "tiny.npz"
    if not given.exists():
        given.parent.mkdir(parents=True, exist_ok=True)
        given.symlink_to(dataset)
    settings = {
        "architecture": "vgg11", "width": 0.125, "engine": "fast", "regime": "adversarial", "passes_per_epoch": 1,
        "source": str(source), "sha256": sha, "epoch": 42,
    }  # fmt: skip
    return run_script(
        "import_network",
        folder / "import.log",
        input={"dataset": given},
        output={"checkpoint": folder / "results" / "checkpoints" / "epoch_042.pt"},
        params={"settings": settings | changes, "code": "code"},
        wildcards={"network": "theirs", "seed": "0", "epoch": "042"},
    )


def assert_refused(folder: Path, dataset: Path, source: Path | str, sha: str, *said: str, **changes: Any) -> None:
    written(folder / "results" / "checkpoints" / "epoch_042.pt", b"imported before")
    refusal(run(folder, dataset, source, sha, **changes), *said)
    checkpoints = contents(folder / "results" / "checkpoints")
    assert checkpoints == {"epoch_042.pt": b"imported before"}


def changed(**tensors: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """The network with weights replaced, added or (None) taken away; `__` stands for the point in their names."""
    named = {name.replace("__", "."): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in (STATE | named).items() if tensor is not None}


def with_one(value: float) -> dict[str, torch.Tensor]:
    weight = STATE[FIRST].clone()
    weight[0, 0, 0, 0] = value
    return STATE | {FIRST: weight}


class Canary:
    """Touches a file when unpickled carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.path}'",)


GOOD = torch_bytes({"net": STATE, "epoch": 41})
NO_FILE = "expected a file written by torch.save, found"
UNUSABLE: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "empty": (lambda _: b"", NO_FILE),
    "a web page": (lambda _: b"<!DOCTYPE html><p>404</p>", NO_FILE),
    "one byte short": (lambda _: GOOD[:-1], NO_FILE),
    "a command in a pickle": (lambda canary: pickle.dumps(Canary(canary)), NO_FILE),
    "a command for one weight": (
        lambda canary: torch_bytes({"model": STATE | {FIRST: Canary(canary)}}), "inside an object of posix.system",
    ),
    "an object of dill": (
        lambda _: torch_bytes({"model": Local()}, pickle_module=dill), "which only code named in the file could open",
    ),
    "a whole module": (
        lambda _: torch_bytes({"net": torch.nn.Linear(1, 1)}), "inside an object of torch.nn.modules.linear.Linear",
    ),
    "no weights": (lambda _: torch_bytes({"epoch": 3}), "weights in model, net, state_dict, model_state_dict"),
    "two networks": (lambda _: torch_bytes({"model": STATE, "net": STATE}), "expected one network, found one each in"),
    "not a number": (lambda _: torch_bytes(with_one(float("nan"))), "finite weights, found NaN or infinity in feat"),
    "whole numbers": (lambda _: torch_bytes(changed(features__0__weight=STATE[FIRST].int())), f"{FIRST} in float32"),
    "a weight too few": (lambda _: torch_bytes(changed(features__0__bias=None)), "found missing features.0.bias"),
    "a weight of another shape": (
        lambda _: torch_bytes(changed(features__0__bias=torch.ones(3))), "features.0.bias (3,) instead of (8,)",
    ),
    "three classes": (
        lambda _: torch_bytes(build_network("vgg11", 0.125, 3).state_dict()), "expected a network of 4 classes (red",
    ),
}  # fmt: skip


class Local:
    """Nothing that a reader without this file knows."""


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_with_the_right_hash_and_the_wrong_content(tmp_path: Path, dataset: Path, kind: str) -> None:
    make, message = UNUSABLE[kind]
    content = make(tmp_path / "canary")
    path = written(tmp_path / "theirs.pth", content)
    assert_refused(tmp_path, dataset, path, sha256(content).hexdigest(), f"{path}: expected", message)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "vgg13"}, "expected the weights of vgg13 at width 0.125, found missing"),
        ({"width": 0.25}, "expected the weights of vgg11 at width 0.25, found of another shape features.0.weight"),
        ({"width": 1.0}, "they are those of vgg11 at width 0.125, or use another file"),
    ],
    ids=str,
)
def test_a_network_of_another_shape(tmp_path: Path, dataset: Path, change: dict[str, Any], message: str) -> None:
    path = written(tmp_path / "theirs.pth", GOOD)
    assert_refused(tmp_path, dataset, path, sha256(GOOD).hexdigest(), f"{path}: ", message, **change)


def test_no_file_a_folder_and_another_hash(tmp_path: Path, dataset: Path) -> None:
    path = tmp_path / "theirs.pth"
    place = f"networks.theirs.source: expected a file at {path}, found"
    assert_refused(tmp_path, dataset, path, "0" * 64, f"{place} no such file; correct the path")
    path.mkdir()
    assert_refused(tmp_path, dataset, path, "0" * 64, f"{place} a folder; correct the path")
    path.rmdir()
    written(path, GOOD)
    found = f"networks.theirs.source: expected {path} with sha256 {'0' * 64}, found {sha256(GOOD).hexdigest()}"
    assert_refused(tmp_path, dataset, path, "0" * 64, found, "or correct networks.theirs.sha256")


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (Offer([b"no"], status=404), "HTTP status 404"),
        (Offer([GOOD[:-1] + b"x"]), "the file has sha256"),
    ],
    ids=["not there", "another file"],
)
def test_an_address_that_does_not_give_it(
    tmp_path: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch, offer: Offer, answer: str
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    impatient(monkeypatch)
    sha = sha256(GOOD).hexdigest()
    place = tmp_path / "results" / "downloads" / f"theirs-{sha[:12]}"
    with fault_server() as server:
        url = server.offer("/theirs.pth", offer)
        monkeypatch.setattr(foreign_source, "Source", lambda _, hashed: Source(url, hashed))
        by_hand = f"put it at {place} (sha256 {sha}), or correct networks.theirs.source"
        assert_refused(tmp_path, dataset, "https://example.org/theirs.pth", sha, answer, by_hand)
    assert not place.exists()


def test_the_good_file_is_imported(tmp_path: Path, dataset: Path) -> None:
    """So that what is refused above is refused for its fault."""
    end = run(tmp_path, dataset, written(tmp_path / "theirs.pth", GOOD), sha256(GOOD).hexdigest())
    assert end.code == 0
    assert "the file has no mean and no standard deviation; assumed: " in end.log
    assert load_checkpoint(tmp_path / "results" / "checkpoints" / "epoch_042.pt").network == "theirs"
