import io
import pickle
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.errors import CheckpointError
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


def test_bytes_do_not_tell_whether_equal_texts_are_one_object(tmp_path: Path) -> None:
    text, equal = "nesterov", "".join(["nest", "erov"])
    for number, optimiser in enumerate(({"a": text, "b": text}, {"b": equal, "a": text})):
        save_checkpoint(tmp_path / f"{number}.pt", replace(trained(), optimiser=optimiser))
    assert (tmp_path / "0.pt").read_bytes() == (tmp_path / "1.pt").read_bytes()


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
    """Would touch a file when unpickled carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    canary, path = tmp_path / "canary", tmp_path / "evil.pt"
    for content in (pickle.dumps(Canary(canary)), _torch_bytes({"model": Canary(canary)})):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"evil\.pt: expected a checkpoint, found damage .* run the workflow"):
            load_checkpoint(path)
        assert not canary.exists()


def _torch_bytes(content: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html></html>", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"x\.pt: expected a checkpoint"):
        load_checkpoint(path)


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


def test_one_flipped_bit_is_noticed(saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    where = content.index(trained().weights["features.8.weight"].contiguous().numpy().tobytes())
    content[where + 5] ^= 1
    saved.write_bytes(content)
    with pytest.raises(CheckpointError, match="SHA-256"):
        load_checkpoint(saved)


@pytest.mark.parametrize("key", ["model", "optimizer", "robust_style"])
def test_missing_parts_are_named(key: str, saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    del content[key]
    saved.write_bytes(_torch_bytes(content))
    with pytest.raises(CheckpointError, match=f"with the keys .*{key}"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format_version", 2, "format version 1, found 2"),
        ("epoch", "1", "epoch"),
        ("seed", 4, "SHA-256"),
        ("mean", None, "mean"),
    ],
)
def test_wrong_header_is_refused(key: str, value: Any, message: str, saved: Path) -> None:
    content = torch.load(saved, weights_only=True)
    content["robust_style"][key] = value
    saved.write_bytes(_torch_bytes(content))
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(saved)


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "x.pt", replace(trained(), width=0.1))
    with pytest.raises(CheckpointError, match=r"expected the weights of vgg11 at width 0\.1"):
        restore_network(tmp_path / "x.pt")


def test_nan_in_the_header_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_checkpoint(tmp_path / "x.pt", replace(trained(), history=[{"train_loss": float("nan")}]))
    assert not list(tmp_path.iterdir())
