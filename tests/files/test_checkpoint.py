"""Checkpoints: equal bytes for equal content, readable by the library, damage of any kind refused, no code run."""

import os
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from crafted_images import written
from foreign_files import torch_bytes
from robust_style.errors import CheckpointError
from robust_style.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.restore import restore_network


def trained(architecture: str = "vgg11", width: float = 0.05, classes: int = 3) -> Checkpoint:
    """A checkpoint after one step, so that there is momentum."""
    network = NormalisedNetwork(build_network(architecture, width, classes, seed=1), (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    torch.autograd.backward(
        network(torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))).square().sum()
    )
    optimiser.step()
    return Checkpoint(
        network="standard", regime="standard", architecture=architecture, width=width,
        class_names=tuple(f"class {number}" for number in range(classes)), seed=3, epoch=1,
        settings={"network": {"regime": "standard"}, "training": {"flip": True, "learning_rate": 0.1}},
        dataset_sha256="d" * 64, code="c" * 64, device="cpu", precision="float32", threads=1,
        determinism={"tf32": False}, versions={"torch": "2"}, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4),
        history=[{"epoch": 1, "train_loss": 2.5, "test_robust_accuracy": None}],
        weights=network.network.state_dict(), optimiser=optimiser.state_dict(),
    )  # fmt: skip


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_checkpoint(tmp_path / "epoch_001.pt", trained())
    return tmp_path / "epoch_001.pt"


def assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, torch.Tensor):
        assert torch.equal(found, expected)
    elif isinstance(expected, dict):
        assert set(found) == set(expected)
        for key, value in expected.items():
            assert_same(found[key], value)
    else:
        assert found == expected


def test_comes_back_as_it_was_saved(saved: Path) -> None:
    for field in fields(Checkpoint):
        assert_same(getattr(load_checkpoint(saved), field.name), getattr(trained(), field.name))
    assert load_checkpoint(saved).classes == 3


def test_bytes_depend_on_the_content_only(saved: Path, tmp_path: Path) -> None:
    """Not on the file's name, on a detour through a file, on the memory layout, or on what a tensor is a view of."""
    reference = saved.read_bytes()
    loaded = load_checkpoint(saved)
    large = torch.zeros(2, 3)
    large[0] = loaded.weights["classifier.bias"]
    weights = dict(loaded.weights)
    weights["features.0.weight"] = weights["features.0.weight"].contiguous(memory_format=torch.channels_last)
    weights["classifier.bias"] = large[0]
    for number, checkpoint in enumerate((trained(), loaded, replace(loaded, weights=weights))):
        save_checkpoint(tmp_path / f"other_{number}.pt", checkpoint)
        assert (tmp_path / f"other_{number}.pt").read_bytes() == reference


def test_network_is_stored_once(saved: Path) -> None:
    tensors = sum(t.numel() * t.element_size() for t in trained().weights.values())
    momenta = sum(s["momentum_buffer"].numel() * 4 for s in trained().optimiser["state"].values())
    overhead = 150_000  # directory entries and alignment of some 200 small tensors
    assert saved.stat().st_size < tensors + momenta + overhead


def test_library_restores_the_same_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vgg.pt"
    save_checkpoint(path, trained("vgg11", 1.0, 10))
    robustness = import_robustness()
    with without_cuda():
        theirs, content = robustness.model_utils.make_and_restore_model(
            arch="vgg11", dataset=robustness.datasets.CIFAR(str(tmp_path)), resume_path=str(path)
        )
    ours, _ = restore_network(path)
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(theirs.train(False)(images, with_image=False), ours(images))
    assert content["epoch"] == 1
    assert "epoch 1" in capsys.readouterr().out


def test_optimiser_of_the_library_takes_our_state(saved: Path) -> None:
    checkpoint = load_checkpoint(saved)
    network = build_network("vgg11", 0.05, 3)
    optimiser = torch.optim.SGD(network.parameters(), 1.0, momentum=0.5)
    optimiser.load_state_dict(checkpoint.optimiser)
    assert optimiser.param_groups[0]["momentum"] == 0.9
    assert len(optimiser.state) == len(list(network.parameters()))


def test_restored_network_is_frozen_and_in_evaluation_mode(saved: Path) -> None:
    network, checkpoint = restore_network(saved)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert checkpoint.architecture == "vgg11"


class Canary:
    """Touches a file when unpickled carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.system, (f"touch '{self.path}'",)


def flipped(content: bytes, needle: bytes, at: int = 5) -> bytes:
    """One bit other, at a place that is found by what stands there."""
    place = content.index(needle) + at
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def edited(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes, Path], bytes]:
    """The file with its content changed and nothing else, as somebody without this project could."""

    def make(content: bytes, folder: Path) -> bytes:
        path = written(folder / "edited.pt", content)
        loaded = torch.load(path, weights_only=True)
        path.unlink()
        change(loaded)
        return torch_bytes(loaded)

    return make


def header(**changes: Any) -> Callable[[bytes, Path], bytes]:
    return edited(lambda content: content["robust_style"].update(changes))


FIRST = "module.model.features.0.weight"
ANEW = "delete the file and run the workflow again to make it anew"
DAMAGE = "expected a checkpoint, found damage"
# From the bytes of a good checkpoint and a folder to spoilt ones; and what is said.
SPOILT: dict[str, tuple[Callable[[bytes, Path], bytes], str, str]] = {
    "empty": (lambda _, __: b"", DAMAGE, ANEW),
    "a web page": (lambda _, __: b"<!DOCTYPE html><html>gone</html>", DAMAGE, ANEW),
    "a picture": (lambda _, __: b"\x89PNG\r\n\x1a\n" + bytes(100), DAMAGE, ANEW),
    "one byte short": (lambda content, _: content[:-1], DAMAGE, ANEW),
    "its head alone": (lambda content, _: content[:4], DAMAGE, ANEW),
    "a zip of something else": (lambda _, __: b"PK\x05\x06" + bytes(18), DAMAGE, ANEW),
    "code in a pickle": (lambda _, folder: pickle.dumps(Canary(folder / "canary")), DAMAGE, ANEW),
    "code in its place": (lambda _, folder: torch_bytes({"model": Canary(folder / "canary")}), DAMAGE, ANEW),
    "code in its header": (
        lambda content, folder: header(code=Canary(folder / "canary"))(content, folder), DAMAGE, ANEW,
    ),
    "one bit of a weight": (
        lambda content, folder: flipped(content, _bytes_of(content, folder, FIRST)),
        "content of the SHA-256 that its header records, found another (the file is damaged)",
        ANEW,
    ),
    "one bit of the header": (
        lambda content, _: flipped(content, b"dataset_sha256", 30), "expected", ANEW,
    ),
    "no weights": (edited(lambda c: c.pop("model")), "with the keys amp, epoch, model, optimizer", ANEW),
    "no header": (edited(lambda c: c.pop("robust_style")), "robust_style, schedule, found amp, epoch, model", ANEW),
    "one key more": (edited(lambda c: c.update(extra=1)), "expected a checkpoint with the keys", ANEW),
    "a bare list": (lambda _, __: torch_bytes([1, 2]), "expected a checkpoint with the keys amp", "found list"),
    "weights by number": (
        edited(lambda c: c.update(model={1: torch.ones(1)})), "model with keys module.model.*, found 1", ANEW,
    ),
    "weights that are none": (edited(lambda c: c["model"].update(x=1)), "model to be a dictionary of tensors", ANEW),
    "no header to speak of": (edited(lambda c: c.update(robust_style=[1])), "robust_style to be a dictionary", ANEW),
    "signs for the terminal": (header(format_version="\x1b[2J\n" * 999), r"version 1, found \x1b[2J \x1b[2J", ANEW),
    "an older format": (header(format_version=0), "expected format version 1, found 0", ANEW),
    "no format": (edited(lambda c: c["robust_style"].pop("format_version")), "format version 1, found None", ANEW),
    "a newer format": (
        header(format_version=2), "version 1, found 2; a newer version of this project made it: update yours", ANEW,
    ),
    "no seed": (edited(lambda c: c["robust_style"].pop("seed")), "a header with seed (int), found nothing", ANEW),
    "an epoch in words": (header(epoch="one"), "a header with epoch (int), found str", ANEW),
    "no width": (header(width=None), "a header with width (int or float), found NoneType", ANEW),
    "another network's name put in": (header(network="other"), "content of the SHA-256", ANEW),
    "a later epoch put in": (header(epoch=9), "content of the SHA-256", ANEW),
    "a tensor in the header": (header(note=torch.ones(1)), "expected plain data and tensors", ANEW),
    "an optimiser without order": (
        edited(lambda c: c["optimizer"].update({1: 2})), "expected plain data and tensors", ANEW,
    ),
}  # fmt: skip


def _bytes_of(content: bytes, folder: Path, name: str) -> bytes:
    path = written(folder / "read.pt", content)
    weight = torch.load(path, weights_only=True)["model"][name]
    path.unlink()
    return bytes(weight.contiguous().numpy().tobytes())


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_checkpoint_is_refused_in_one_sentence(saved: Path, tmp_path: Path, kind: str) -> None:
    make, *words = SPOILT[kind]
    saved.write_bytes(make(saved.read_bytes(), tmp_path))
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(saved)
    message = str(caught.value)
    assert message.startswith(f"{saved}: ")
    assert "\n" not in message
    assert all(part in message for part in words), message
    assert not (tmp_path / "canary").exists()


def test_missing_file_and_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="found no file"):
        load_checkpoint(tmp_path / "absent.pt")
    with pytest.raises(CheckpointError, match="found a folder"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 0.999999])
def test_truncation_is_noticed(share: float, saved: Path) -> None:
    content = saved.read_bytes()
    saved.write_bytes(content[: min(int(len(content) * share), len(content) - 1)])
    with pytest.raises(CheckpointError):
        load_checkpoint(saved)


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "x.pt", replace(trained(), width=0.1))
    with pytest.raises(CheckpointError, match=r"expected the weights of vgg11 at width 0\.1"):
        restore_network(tmp_path / "x.pt")


def test_nan_in_the_header_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_checkpoint(tmp_path / "x.pt", replace(trained(), history=[{"train_loss": float("nan")}]))
    assert not list(tmp_path.iterdir())
