"""Networks cross between the library and us without a changed bit."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from robust_style.files.checkpoint import load_checkpoint, save_checkpoint
from robust_style.model.compat import import_robustness, import_vgg, without_cuda
from robust_style.model.convert import CIFAR10_MEAN, CIFAR10_STD, converted
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import restore_network
from tiny_training import ADVERSARIAL, STANDARD, initialise, train, write_tiny_dataset

LARGE = [pytest.param(name, marks=pytest.mark.nightly) for name in ("resnet50", "densenet121")]
IMAGES = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
CONVERT: dict[str, Any] = {
    "origin": "theirs.pt", "network": "theirs", "architecture": "vgg11", "width": 1.0, "regime": "standard", "seed": 0,
    "epoch": None, "class_names": None, "dataset_sha256": "", "settings": {}, "code": "code",
}  # fmt: skip


def library_logits(path: Path, folder: Path, architecture: str = "vgg11", **dataset: Any) -> Tensor:
    """What the library, unmodified, makes of a checkpoint."""
    robustness = import_robustness()
    with without_cuda(), torch.no_grad():
        network, _ = robustness.model_utils.make_and_restore_model(
            arch=architecture, dataset=robustness.datasets.CIFAR(str(folder), **dataset), resume_path=str(path)
        )
        logits: Tensor = network.train(False)(IMAGES, with_image=False)
    return logits


def our_logits(path: Path) -> Tensor:
    with torch.no_grad():
        logits: Tensor = restore_network(path)[0](IMAGES)
    return logits


@pytest.mark.parametrize("settings", [STANDARD, ADVERSARIAL], ids=["standard", "adversarial"])
def test_what_we_trained_the_library_restores(tmp_path: Path, settings: dict[str, Any]) -> None:
    full = settings | {"width": 1.0}
    data = write_tiny_dataset(tmp_path / "data.npz", train=24)
    checkpoint = train(tmp_path, data, initialise(tmp_path, data, full), 2, full)
    assert torch.equal(library_logits(checkpoint, tmp_path, num_classes=4), our_logits(checkpoint))


@pytest.mark.parametrize("architecture", ["resnet18", *LARGE])
def test_other_architectures_of_ours_the_library_restores(tmp_path: Path, architecture: str) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz", train=24)
    checkpoint = initialise(tmp_path, data, STANDARD | {"architecture": architecture, "width": 1.0})
    assert torch.equal(library_logits(checkpoint, tmp_path, architecture, num_classes=4), our_logits(checkpoint))


@pytest.mark.parametrize("architecture", ["resnet18", *LARGE])
def test_other_architectures_of_the_library_we_restore(tmp_path: Path, architecture: str) -> None:
    """As published: the network twice, the normaliser, `module.` before each name."""
    robustness = import_robustness()
    with without_cuda(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network, _ = robustness.model_utils.make_and_restore_model(
            arch=architecture, dataset=robustness.datasets.CIFAR(str(tmp_path))
        )
    state = {f"module.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"model": state, "epoch": 151}, tmp_path / "theirs.pt")
    save_checkpoint(
        tmp_path / "ours.pt", converted(tmp_path / "theirs.pt", **(CONVERT | {"architecture": architecture}))
    )
    assert torch.equal(our_logits(tmp_path / "ours.pt"), library_logits(tmp_path / "theirs.pt", tmp_path, architecture))


@pytest.fixture(scope="module")
def trained_by_the_library(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Folders with what two epochs of the library's own training loop leave behind, in either layout of torch."""
    folders = {}
    for is_legacy in (False, True):
        folders[is_legacy] = tmp_path_factory.mktemp("library")
        train_with_the_library(folders[is_legacy], is_legacy)
    return folders.__getitem__


def train_with_the_library(folder: Path, is_legacy: bool) -> None:
    robustness = import_robustness()
    from cox.utils import Parameters

    settings = {
        "adv_train": 0, "adv_eval": 0, "epochs": 2, "out_dir": str(folder), "lr": 0.01, "momentum": 0.9,
        "weight_decay": 5e-4, "step_lr": 1, "step_lr_gamma": 0.1, "save_ckpt_iters": 1, "log_iters": 1,
        "mixed_precision": 0, "custom_lr_multiplier": None, "lr_interpolation": "step",
    }  # fmt: skip
    loader = [(IMAGES, torch.arange(4))] * 2
    with without_cuda(), pytest.MonkeyPatch.context() as patch:
        # Torch before 1.6, as the published checkpoints were written with.
        patch.setattr(torch, "save", partial(torch.save, _use_new_zipfile_serialization=not is_legacy))
        network, _ = robustness.model_utils.make_and_restore_model(
            arch="vgg11", dataset=robustness.datasets.CIFAR(str(folder))
        )
        robustness.train.train_model(Parameters(settings), network, (loader, loader))


@pytest.mark.parametrize("is_legacy", [False, True], ids=["zip", "legacy"])
def test_what_the_library_trained_we_restore(
    trained_by_the_library: Callable[[bool], Path], tmp_path: Path, is_legacy: bool
) -> None:
    theirs, ours = trained_by_the_library(is_legacy) / "1_checkpoint.pt", tmp_path / "ours.pt"
    assert theirs.read_bytes().startswith(b"PK") is not is_legacy
    save_checkpoint(ours, converted(theirs, **CONVERT))
    expected = library_logits(theirs, tmp_path)
    assert torch.equal(our_logits(ours), expected)
    assert torch.equal(library_logits(ours, tmp_path), expected), "there and back again"


@pytest.mark.parametrize(("name", "completed"), [("0_checkpoint.pt", 1), ("1_checkpoint.pt", 2)])
def test_the_library_counts_files_from_0_and_epochs_from_1(
    trained_by_the_library: Callable[[bool], Path], name: str, completed: int
) -> None:
    checkpoint = converted(trained_by_the_library(False) / name, **CONVERT)
    assert checkpoint.epoch == completed
    assert checkpoint.mean == pytest.approx(CIFAR10_MEAN)
    assert checkpoint.history == []
    assert checkpoint.optimiser["state"] == {}


def test_our_own_checkpoint_comes_in_too(tmp_path: Path) -> None:
    data = write_tiny_dataset(tmp_path / "data.npz", train=24)
    first = initialise(tmp_path, data, STANDARD)
    checkpoint = train(tmp_path, data, first, 1, STANDARD)
    found = converted(checkpoint, **(CONVERT | {"width": STANDARD["width"]}))
    expected = load_checkpoint(checkpoint)
    assert found.epoch == 1
    assert found.mean + found.std == pytest.approx(expected.mean + expected.std)
    assert all(torch.equal(found.weights[name], tensor) for name, tensor in expected.weights.items())


def test_kuangliu_s_checkpoint_gives_the_same_logits(tmp_path: Path) -> None:
    """As its main.py saves it: DataParallel on a GPU, `net`, `acc`, and the epoch counted from 0."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = import_vgg().VGG("VGG11", num_classes=10).train(False)
    state = torch.nn.DataParallel(network).state_dict()
    torch.save({"net": state, "acc": 93.1, "epoch": 199}, tmp_path / "ckpt.pth")
    checkpoint = converted(tmp_path / "ckpt.pth", **CONVERT)
    assert checkpoint.epoch == 200
    save_checkpoint(tmp_path / "ours.pt", checkpoint)
    normalised = NormalisedNetwork(network, CIFAR10_MEAN, CIFAR10_STD)
    with torch.no_grad():
        assert torch.equal(our_logits(tmp_path / "ours.pt"), normalised(IMAGES))
