"""The engine `robustness` against the library's `train_model` itself, called plainly: the same weights, bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from robust_style.artefact.checkpoint import load_checkpoint
from robust_style.data.dataset import read_dataset
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import build_network
from robust_style.provenance.randomness import derive_seed
from robust_style.training.library_engine import _resumable
from tiny_training import BY_LIBRARY, initialise, train, write_tiny_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


class Plain(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """The training images as torchvision's CIFAR10 would give them."""

    def __init__(self, path: Path, transform: Callable[[Image.Image], torch.Tensor]) -> None:
        self.data, self.transform = read_dataset(path), transform

    def __len__(self) -> int:
        return len(self.data.train_labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(np.moveaxis(self.data.train_images[index], 0, 2).copy())
        return self.transform(image), int(self.data.train_labels[index])


class Arguments:
    """As little as the library's documentation asks for."""

    adv_train, constraint, eps, attack_lr, attack_steps, random_start, use_best = 1, "2", 0.5, 0.3, 2, 1, 1
    random_restarts = adv_eval = mixed_precision = 0
    lr, momentum, weight_decay, step_lr, step_lr_gamma = 0.05, 0.9, 5e-4, 3, 0.1
    epochs, log_iters, save_ckpt_iters = 1, 1, -1
    custom_lr_multiplier = None

    def __init__(self, out_dir: Path, **changes: Any) -> None:
        self.out_dir = str(out_dir)
        for name, value in changes.items():
            setattr(self, name, value)


def trained_plainly(start: Path, dataset: Path, folder: Path, **changes: Any) -> dict[str, torch.Tensor]:
    """The weights after the library's `train_model`, called as its documentation says, seeded once at the start."""
    robustness, begin = import_robustness(), load_checkpoint(start)
    network = build_network("vgg11", 0.125, 4)
    network.load_state_dict(begin.weights)
    kind = robustness.datasets.CIFAR(
        str(folder), num_classes=4, mean=torch.tensor([0.3, 0.3, 0.3]), std=torch.tensor([0.15, 0.15, 0.15])
    )
    loader = torch.utils.data.DataLoader(Plain(dataset, kind.transform_train), batch_size=24, shuffle=True)
    folder.mkdir()
    with without_cuda(), torch.random.fork_rng(devices=[]):
        model, _ = robustness.model_utils.make_and_restore_model(arch=network, dataset=kind)
        torch.manual_seed(derive_seed(0, "library", 1))
        robustness.train.train_model(Arguments(folder, **changes), model, (loader, []))
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (BY_LIBRARY["adversarial"], {}),
        (BY_LIBRARY["adversarial"] | {"constraint": "linf", "epsilon": 0.03}, {"constraint": "inf", "eps": 0.03}),
        (BY_LIBRARY["standard"], {"adv_train": 0}),
    ],
)
def test_an_epoch_is_the_library_s_bit_for_bit(
    settings: dict[str, Any], changes: dict[str, Any], dataset: Path, tmp_path: Path
) -> None:
    start = initialise(tmp_path, dataset, settings)
    ours = load_checkpoint(train(tmp_path, dataset, start, 1, settings)).weights
    assert equal(ours, trained_plainly(start, dataset, tmp_path / "plain", **changes))
    assert not equal(ours, load_checkpoint(start).weights)


def test_segments_are_one_long_run_of_the_library(dataset: Path, tmp_path: Path) -> None:
    """Across the boundary at which the rate drops: there the library's own resume would drop it an epoch late."""
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    third = train(tmp_path, dataset, start, 3, settings)
    ours = load_checkpoint(train(tmp_path, dataset, third, 5, settings))

    def seed_next(_: Any, log: dict[str, Any]) -> None:
        torch.manual_seed(derive_seed(0, "library", log["epoch"] + 1))

    theirs = trained_plainly(start, dataset, tmp_path / "plain", epochs=5, epoch_hook=seed_next)
    assert equal(ours.weights, theirs)
    assert [row["learning_rate"] for row in ours.history] == pytest.approx([0.05] * 3 + [0.005] * 2)


def test_the_library_s_optimiser_stays_the_one_it_makes(dataset: Path, tmp_path: Path) -> None:
    """The first checkpoint is made for our engine, whose optimiser may be another of torch's implementations."""
    start = load_checkpoint(initialise(tmp_path, dataset, BY_LIBRARY["standard"]))
    (ours,) = _resumable(start)["optimizer"]["param_groups"]
    (theirs,) = torch.optim.SGD([torch.zeros(1)], 0.05, momentum=0.9, weight_decay=5e-4).param_groups
    assert {key: value for key, value in ours.items() if key != "params"} == {
        key: value for key, value in theirs.items() if key != "params"
    }


def test_a_checkpoint_is_numbered_by_completed_epochs(dataset: Path, tmp_path: Path) -> None:
    """After n epochs: n passes over the images, n steps of the schedule; the library calls that file n - 1."""
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    first = train(tmp_path, dataset, start, 1, settings)
    trained_plainly(start, dataset, tmp_path / "plain", adv_train=0, save_ckpt_iters=1)
    theirs = torch.load(tmp_path / "plain" / "0_checkpoint.pt", weights_only=True)
    prefix = "module.model."
    weights = {name.removeprefix(prefix): w for name, w in theirs["model"].items() if name.startswith(prefix)}
    assert equal(load_checkpoint(first).weights, weights)
    assert theirs["epoch"] == load_checkpoint(first).epoch == 1
    third = load_checkpoint(train(tmp_path, dataset, first, 3, settings))
    assert (third.epoch, [row["epoch"] for row in third.history]) == (3, [1, 2, 3])
    batches_before = int(load_checkpoint(start).weights["features.1.num_batches_tracked"])
    assert int(third.weights["features.1.num_batches_tracked"]) == batches_before + 3 * 72 // 24
    # What the library would go on from: the third step of the schedule has dropped the rate.
    going_on = _resumable(third)
    assert (going_on["epoch"], going_on["schedule"]["last_epoch"]) == (3, 3)
    assert going_on["optimizer"]["param_groups"][0]["lr"] == pytest.approx(0.005)
