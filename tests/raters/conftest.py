"""Random networks as raters."""

from pathlib import Path

import pytest
import torch
from torch import nn

from robust_style.files.checkpoint import Checkpoint, save_checkpoint
from robust_style.model.compat import import_torchvision_squeezenet
from robust_style.model.network import build_network

MEAN, STD = (0.49, 0.48, 0.45), (0.20, 0.21, 0.22)


@pytest.fixture(scope="session")
def squeezenet_file(tmp_path_factory) -> Path:
    """An untrained SqueezeNet 1.0, as torchvision saves it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network: nn.Module = import_torchvision_squeezenet().squeezenet1_0(weights=None)
    path = tmp_path_factory.mktemp("weights") / "squeezenet1_0.pth"
    torch.save(network.state_dict(), path)
    return path


@pytest.fixture
def checkpoint(tmp_path):
    """Write the checkpoint of a random network: `checkpoint("standard", seed=1)`."""

    def write(regime: str, seed: int) -> Path:
        network = build_network("vgg19", 0.125, 10, seed=seed)
        path = tmp_path / f"{regime}_{seed}.pt"
        save_checkpoint(
            path,
            Checkpoint(
                network=regime, regime=regime, architecture="vgg19", width=0.125,
                class_names=tuple("abcdefghij"), seed=seed, epoch=2, settings={}, dataset_sha256="", code="",
                device="cpu", precision="float32", threads=1, determinism={}, versions={}, mean=MEAN, std=STD,
                history=[], weights=network.state_dict(), optimiser={},
            ),
        )  # fmt: skip
        return path

    return write
