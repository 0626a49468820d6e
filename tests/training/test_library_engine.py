"""The engine `robustness`: the library's own weights bit for bit, in a chain of segments that can be interrupted."""

import math
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from merged_config import CONFIG, merged
from robust_style.compute.randomness import derive_seed
from robust_style.data.dataset import read_dataset
from robust_style.errors import ConfigError, Divergence
from robust_style.files.checkpoint import load_checkpoint
from robust_style.model.compat import import_robustness, without_cuda
from robust_style.model.network import build_network
from robust_style.training.library_engine import _library_checkpoint, library_arguments, library_options
from robust_style.training.running_segment import RunningSegment
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.workflow.configuration import check_configuration
from tiny_training import ADVERSARIAL, BY_LIBRARY, EVALUATION, STANDARD, TRAINING, initialise, train, write_tiny_dataset

# The command of the original work.
ORIGINAL = (
    "--dataset cifar --arch vgg19 --adv-train 1 --constraint 2 --eps 0.5 --attack-lr 1.5 --attack-steps 20 "
    "--epochs 100 --save-ckpt-iters 25"
)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz")


# The command


def options_of(settings: dict[str, Any], **changes: Any) -> list[str]:
    training = replace(TrainingSettings.from_config(TRAINING), **changes)
    return library_options("n", NetworkSettings.from_config("n", settings), training, 4)


def test_the_published_experiment_is_the_original_command() -> None:
    """Argument by argument, as the library parses and completes them, except for what decides no weight."""
    config = check_configuration(merged("config"), CONFIG / "schema.yaml")
    block = config["networks"]["adversarial"] | {"engine": "robustness"}
    outside = {"epochs", "checkpoint_every", "precision", "threads"}
    training = {key: value for key, value in config["training"].items() if key not in outside}
    options = library_options(
        "adversarial",
        NetworkSettings.from_config("adversarial", block),
        TrainingSettings.from_config(training),
        config["training"]["epochs"],
    )
    ours, original = (vars(library_arguments(command, "folder")) for command in (options, ORIGINAL.split()))
    assert set(ours) == set(original)
    assert original["use_best"] == 1
    assert {key for key in ours if ours[key] != original[key]} == {"workers", "log_iters", "save_ckpt_iters"}


def test_each_setting_reaches_the_library_unrounded() -> None:
    options = options_of(
        ADVERSARIAL | {"constraint": "linf", "epsilon": 1 / 3}, learning_rate=0.1 * 3, weight_decay=1e-4 / 3
    )
    arguments = library_arguments(options, "folder")
    assert (arguments.constraint, float(arguments.eps)) == ("inf", 1 / 3)
    assert (float(arguments.attack_lr), arguments.attack_steps) == (0.3, 2)
    assert (arguments.adv_train, arguments.random_start, arguments.use_best) == (1, 1, 1)
    assert (arguments.lr, arguments.momentum, arguments.weight_decay) == (0.1 * 3, 0.9, 1e-4 / 3)
    assert (arguments.step_lr, arguments.step_lr_gamma) == (3, 0.1)
    assert (arguments.batch_size, arguments.epochs, arguments.out_dir) == (24, 4, "folder")
    assert "--eps" not in options_of(STANDARD)
    assert library_arguments(options_of(STANDARD), "folder").adv_train == 0


@pytest.mark.parametrize(
    ("settings", "changes", "message"),
    [
        (STANDARD, {"crop_padding": 2}, r"networks\.n: engine robustness always augments with crop_padding 4, .* 2;"),
        (STANDARD | {"regime": "noise", "epsilon": 0.5}, {}, r"trains standard or adversarial, found regime noise"),
        (STANDARD | {"passes_per_epoch": 21}, {}, r"trains one pass an epoch, found passes_per_epoch 21"),
    ],
)
def test_what_the_library_does_not_support_is_refused(
    settings: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        options_of(settings, **changes)


def test_an_unknown_engine_is_refused(dataset: Path, tmp_path: Path) -> None:
    settings = STANDARD | {"engine": "slow"}
    with pytest.raises(ConfigError, match="engine: expected fast or robustness, found 'slow'"):
        train(tmp_path, dataset, initialise(tmp_path, dataset, settings), 1, settings)


# The oracle: the library's `train_model`, called as its documentation says


def equal(weights: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return weights.keys() == others.keys() and all(torch.equal(value, others[name]) for name, value in weights.items())


class PlainDataset(torch.utils.data.Dataset[tuple[torch.Tensor, int]]):
    """The training images as in torchvision's CIFAR10."""

    def __init__(self, path: Path, transform: Callable[[Image.Image], torch.Tensor]) -> None:
        self.data, self.transform = read_dataset(path), transform

    def __len__(self) -> int:
        return len(self.data.train_labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(np.moveaxis(self.data.train_images[index], 0, 2).copy())
        return self.transform(image), int(self.data.train_labels[index])


class Arguments:
    """The arguments that the library's documentation requires."""

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
    """The weights after the library's `train_model`, seeded once at the start."""
    robustness, checkpoint = import_robustness(), load_checkpoint(start)
    network = build_network("vgg11", 0.125, 4)
    network.load_state_dict(checkpoint.weights)
    cifar = robustness.datasets.CIFAR(
        str(folder), num_classes=4, mean=torch.tensor([0.3, 0.3, 0.3]), std=torch.tensor([0.15, 0.15, 0.15])
    )
    loader = torch.utils.data.DataLoader(PlainDataset(dataset, cifar.transform_train), batch_size=24, shuffle=True)
    folder.mkdir()
    with without_cuda(), torch.random.fork_rng(devices=[]):
        model, _ = robustness.model_utils.make_and_restore_model(arch=network, dataset=cifar)
        torch.manual_seed(derive_seed(0, "library", 1))
        robustness.train.train_model(Arguments(folder, **changes), model, (loader, []))
    return {name: value.clone() for name, value in network.state_dict().items()}


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        (BY_LIBRARY["adversarial"] | {"constraint": "linf", "epsilon": 0.03}, {"constraint": "inf", "eps": 0.03}),
        (BY_LIBRARY["standard"], {"adv_train": 0}),
    ],
    ids=["linf", "standard"],
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

    plain = trained_plainly(start, dataset, tmp_path / "plain", epochs=5, epoch_hook=seed_next)
    assert equal(ours.weights, plain)
    assert [row["learning_rate"] for row in ours.history] == pytest.approx([0.05] * 3 + [0.005] * 2)


def test_the_library_resumes_with_its_own_optimiser(dataset: Path, tmp_path: Path) -> None:
    """The first checkpoint is made with our engine's optimiser, another of torch's implementations."""
    start = load_checkpoint(initialise(tmp_path, dataset, BY_LIBRARY["standard"]))
    (ours,) = _library_checkpoint(start)["optimizer"]["param_groups"]
    (library,) = torch.optim.SGD([torch.zeros(1)], 0.05, momentum=0.9, weight_decay=5e-4).param_groups
    assert {key: value for key, value in ours.items() if key != "params"} == {
        key: value for key, value in library.items() if key != "params"
    }


def test_a_checkpoint_is_numbered_by_completed_epochs(dataset: Path, tmp_path: Path) -> None:
    """The library calls the file after n epochs n - 1."""
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    first = load_checkpoint(train(tmp_path, dataset, start, 1, settings))
    trained_plainly(start, dataset, tmp_path / "plain", adv_train=0, save_ckpt_iters=1)
    plain = torch.load(tmp_path / "plain" / "0_checkpoint.pt", weights_only=True)
    prefix = "module.model."
    weights = {name.removeprefix(prefix): w for name, w in plain["model"].items() if name.startswith(prefix)}
    assert equal(first.weights, weights)
    assert plain["epoch"] == first.epoch == 1


# Segments


class Killed(BaseException):
    """Ends training at a known place."""


def test_a_killed_segment_resumes_after_its_last_full_epoch(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    undisturbed = train(tmp_path, dataset, start, 3, settings).read_bytes()
    (tmp_path / "epoch_000-3.pt").unlink()
    end_epoch = RunningSegment.end_epoch

    def dying(self: RunningSegment, state: Any, epoch: int, *rest: Any) -> Any:
        if epoch == 3:
            raise Killed  # the weights after this epoch are not saved
        return end_epoch(self, state, epoch, *rest)

    monkeypatch.setattr(RunningSegment, "end_epoch", dying)
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 3, settings)
    monkeypatch.undo()
    capsys.readouterr()
    assert train(tmp_path, dataset, start, 3, settings).read_bytes() == undisturbed
    assert re.findall(r"epoch (\d)/3", capsys.readouterr().err) == ["3"]


def test_a_signal_ends_it_after_the_batch_and_the_next_start_resumes(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    whole = train(tmp_path, dataset, start, 2, settings).read_bytes()
    (tmp_path / "epoch_000-2.pt").unlink()
    after_batch, calls = RunningSegment.after_batch, []

    def signalled(self: RunningSegment, epoch: int, done: int, batches: int) -> None:
        calls.append((epoch, done, batches))
        if (epoch, done) == (2, 2):
            os.kill(os.getpid(), signal.SIGTERM)
        after_batch(self, epoch, done, batches)

    monkeypatch.setattr(RunningSegment, "after_batch", signalled)
    with pytest.raises(SystemExit) as caught:
        train(tmp_path, dataset, start, 2, settings)
    assert caught.value.code == 128 + signal.SIGTERM
    assert calls == [(1, 1, 3), (1, 2, 3), (1, 3, 3), (2, 1, 3), (2, 2, 3)]
    assert "SIGTERM in epoch 2; the state after epoch 1 is kept" in capsys.readouterr().err
    monkeypatch.undo()
    assert train(tmp_path, dataset, start, 2, settings).read_bytes() == whole


def test_history_header_and_log(dataset: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    capfd.readouterr()
    checkpoint = load_checkpoint(train(tmp_path, dataset, start, 4, settings, precision="bfloat16"))
    assert checkpoint.settings == {"network": settings, "training": TRAINING}
    assert checkpoint.precision == "float32"
    for row in checkpoint.history:
        assert row["train_accuracy"] * 72 == pytest.approx(round(row["train_accuracy"] * 72))
    assert checkpoint.history[-1]["train_accuracy"] > 0.8
    assert checkpoint.history[-1]["train_loss"] < checkpoint.history[0]["train_loss"]
    log = capfd.readouterr()
    assert log.out == ""
    assert log.err.startswith(
        "n seed 0 · trained by the library, width 0.125, float32: python -m robustness.main --dataset cifar "
    )
    assert re.search(r"n seed 0 · epoch 4/4 · loss \d\.\d{3} · train [\d.]+ % · test clean [\d.]+ %", log.err)


def test_random_states_and_disk_are_left_as_they_were_and_monitoring_changes_no_weight(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings)
    # Python's own random state is not compared: beartype, which checks types in the tests, draws from it.
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    weights = []
    for images in (8, 0):
        evaluation = EVALUATION | {"monitor_images": images}
        checkpoint = load_checkpoint(train(tmp_path, dataset, start, 2, settings, evaluation=evaluation))
        assert (checkpoint.history[-1]["test_robust_accuracy"] is None) == (images == 0)
        weights.append(checkpoint.weights)
    assert equal(*weights)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    assert list((tmp_path / "temporary").iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {
        "dataset.npz", "temporary", "epoch_000.pt", "epoch_000-2.pt",
    }  # fmt: skip


def test_divergence_ends_it_in_the_batch_and_leaves_no_checkpoint(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = TRAINING | {"learning_rate": 1e30}
    settings = BY_LIBRARY["adversarial"]
    start = initialise(tmp_path, dataset, settings, training=training)
    with pytest.raises(Divergence, match=r"networks\.n: training diverged: .* epoch 1 \(batch 2\)"):
        train(tmp_path, dataset, start, 2, settings, training=training)
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["epoch_000.pt"]
    # An infinite mean loss can leave every weight finite.
    loop = import_robustness().train._model_loop
    monkeypatch.setattr(import_robustness().train, "_model_loop", lambda *some: (loop(*some)[0], math.inf))
    with pytest.raises(Divergence, match=r"epoch 1 \(mean loss inf\)"):
        train(tmp_path, dataset, initialise(tmp_path, dataset, settings), 1, settings)


def test_exhausted_memory_names_what_to_lower(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    settings = BY_LIBRARY["standard"]
    start = initialise(tmp_path, dataset, settings)
    monkeypatch.setattr(import_robustness().train, "train_model", exhausted)
    with pytest.raises(ConfigError, match=r"training\.batch_size is 24: .*allocate 20 GiB.*lower it"):
        train(tmp_path, dataset, start, 1, settings)
