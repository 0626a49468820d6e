"""What leaves as safetensors is the network, bit for bit, with its header as texts."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from robust_style.errors import CheckpointError
from robust_style.files.checkpoint import load_checkpoint
from robust_style.files.export import export_weights
from robust_style.files.foreign import read_foreign
from robust_style.model.convert import network_to_paint_with
from robust_style.model.foreign_weights import weights_in
from tiny_training import ADVERSARIAL, initialise, write_tiny_dataset


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    return initialise(tmp_path, write_tiny_dataset(tmp_path / "data.npz"), ADVERSARIAL)


def test_weights_and_metadata(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.safetensors"
    export_weights(checkpoint, out)
    state, weights = load_checkpoint(checkpoint), load_file(out)
    assert set(weights) == set(state.weights)
    assert all(torch.equal(weights[name], tensor) for name, tensor in state.weights.items())
    with safe_open(out, "pt") as opened:
        metadata = opened.metadata()
    assert metadata["format"] == "pt"
    assert (metadata["regime"], metadata["architecture"], metadata["epoch"]) == ("adversarial", "vgg11", "0")
    assert tuple(json.loads(metadata["mean"])) == state.mean
    assert json.loads(metadata["settings"]) == state.settings


def test_half_precision_rounds_matrices_only(checkpoint: Path, tmp_path: Path) -> None:
    export_weights(checkpoint, tmp_path / "half.safetensors", half=True)
    for name, tensor in load_checkpoint(checkpoint).weights.items():
        expected = tensor.half() if tensor.ndim > 1 else tensor
        actual = load_file(tmp_path / "half.safetensors")[name]
        assert actual.dtype == expected.dtype
        assert torch.equal(actual, expected)


def test_an_export_is_read_back_with_its_normalisation(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.safetensors"
    export_weights(checkpoint, out)
    state, read = load_checkpoint(checkpoint), weights_in(out, read_foreign(out))
    assert all(torch.equal(read.weights[name], tensor) for name, tensor in state.weights.items())
    assert read.epoch == state.epoch
    assert (read.mean, read.std) == (pytest.approx(state.mean), pytest.approx(state.std))


def test_a_network_paints_the_same_after_export(checkpoint: Path, tmp_path: Path) -> None:
    out = tmp_path / "weights.safetensors"
    export_weights(checkpoint, out)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    networks = [network_to_paint_with(path)[0] for path in (checkpoint, out)]
    assert torch.allclose(*(network(image) for network in networks))


@pytest.mark.parametrize("keep", [9, 200, -1])
def test_a_cut_file_is_one_sentence(checkpoint: Path, tmp_path: Path, keep: int) -> None:
    out = tmp_path / "weights.safetensors"
    export_weights(checkpoint, out)
    out.write_bytes(out.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"weights\.safetensors: damaged"):
        read_foreign(out)


def test_other_files_are_refused_with_the_way_on(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": torch.ones(1)}}, tmp_path / "theirs.pt")
    with pytest.raises(
        CheckpointError, match=r"theirs\.pt: expected a checkpoint .* goes through `convert` first\); if the workflow"
    ):
        export_weights(tmp_path / "theirs.pt", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
