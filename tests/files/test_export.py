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


def test_other_files_are_refused_with_the_way_on(tmp_path: Path) -> None:
    torch.save({"state_dict": {"w": torch.ones(1)}}, tmp_path / "theirs.pt")
    with pytest.raises(
        CheckpointError, match=r"theirs\.pt: expected a checkpoint .* goes through `convert` first\); if the workflow"
    ):
        export_weights(tmp_path / "theirs.pt", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
