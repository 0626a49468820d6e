"""The engine `robustness`: a segment trained by the library's own `train_model`, with its arithmetic unchanged.

Settings become the options of `python -m robustness.main`, images a PyTorch data loader of PIL images.
"""

import copy
import math
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from robust_style.compute.randomness import derive_seed, lent_randomness, seed_globally
from robust_style.errors import ConfigError, Divergence
from robust_style.files.checkpoint import Checkpoint
from robust_style.model.compat import CONSTRAINTS, import_robustness, watched_optimiser, without_cuda
from robust_style.model.kinds import engine_contradictions
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import network_of
from robust_style.training.epoch import TrainingResult
from robust_style.training.running_segment import RunningSegment
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.state import TrainingState

Transform = Callable[[Image.Image], Float[Tensor, "3 32 32"]]


def train_by_library(running: RunningSegment, start: Checkpoint, device: torch.device) -> Checkpoint:
    """The checkpoint after the segment's last epoch, trained from `start` by `robustness.train.train_model`.

    The library makes its own model around our weights (AttackerModel with its normaliser, DataParallel), optimiser,
    schedule and transforms. Its global random state is seeded from (seed, epoch) at the start of every epoch, so that
    segments chain bit for bit, and restored afterwards. Its files go to a temporary folder.
    Source: Engstrom et al. 2019, package robustness 1.2.1.post2, `python -m robustness.main`.
    Differs from that program: starts from our epoch 0, whose batch-norm statistics are calibrated; seeds each epoch;
    loads images in one process; uses one CUDA device; skips the validation pass (accuracies are measured by our
    functions); drops the learning rate in the right epoch after a resume (the library saves its schedule before
    stepping it).
    Raises Divergence if a weight or the mean loss is not finite, ConfigError for settings that it does not support.
    """
    segment = running.segment
    options = library_options(segment.network, segment.settings, segment.training, segment.last_epoch)
    command = f"python -m robustness.main {' '.join(options)}"
    running.progress.log(f"trained by the library, width {segment.settings.width}, {segment.precision}: {command}")
    is_on_cpu = device.type == "cpu"
    with (
        tempfile.TemporaryDirectory(prefix="robustness-") as folder,
        lent_randomness(),
        without_cuda() if is_on_cpu else nullcontext(),
        watched_optimiser() as optimisers,
        running.within_memory(),
    ):
        robustness = import_robustness()
        dataset = robustness.datasets.CIFAR(
            folder, num_classes=start.classes, mean=torch.tensor(start.mean), std=torch.tensor(start.std)
        )
        network = network_of(start)
        model, _ = robustness.model_utils.make_and_restore_model(arch=network.network, dataset=dataset)
        loader = training_loader(
            segment.train.images,
            segment.train.labels,
            transform=dataset.transform_train,
            batch_size=segment.training.batch_size,
        )
        hooks = _Hooks(running, start, network.to(device), optimisers, len(loader))
        arguments = library_arguments(options, folder)
        arguments.iteration_hook, arguments.epoch_hook = hooks.after_batch, hooks.after_epoch
        hooks.begin_epoch()
        robustness.train.train_model(
            arguments,
            model,
            (loader, []),
            checkpoint=_library_checkpoint(start),
            dp_device_ids=None if is_on_cpu else [0],
        )
    return hooks.checkpoint


def library_options(name: str, settings: NetworkSettings, training: TrainingSettings, epochs: int) -> list[str]:
    """The options of `python -m robustness.main` that train network `name` as configured, for `epochs` in all.

    Options that are not given have the library's defaults, `--use-best 1` among them. The width has no option.
    Raises ConfigError, with the key, for settings that the library does not support.
    """
    faults = [*engine_contradictions(name, {**asdict(settings), "engine": "robustness"}, asdict(training))]
    if faults:
        raise ConfigError("; ".join(faults))
    options = {
        "dataset": "cifar",
        "arch": settings.architecture,
        "adv-train": int(settings.attack is not None),
        "epochs": epochs,
        "batch-size": training.batch_size,
        "lr": training.learning_rate,
        "momentum": training.momentum,
        "weight-decay": training.weight_decay,
        "step-lr": training.learning_rate_drop_every,
        "step-lr-gamma": training.learning_rate_drop_factor,
        "workers": 0,
        # Every epoch: the epoch hook is given what was logged last.
        "log-iters": 1,
    }
    if settings.attack is not None:
        options |= {
            "constraint": CONSTRAINTS[settings.attack.constraint],
            "eps": settings.attack.epsilon,
            "attack-lr": settings.attack.step_size,
            "attack-steps": settings.attack.steps,
            "random-start": int(settings.attack.random_start),
        }
    return [text for option, value in options.items() for text in (f"--{option}", str(value))]


def library_arguments(options: Sequence[str], folder: str) -> Namespace:
    """The arguments that the library's `main` gives its `train_model` for `options`, with its own defaults.

    `folder` is the output folder, which the library requires.
    Source: `robustness.main.setup_args`, which cannot be imported outside a git repository.
    """
    robustness = import_robustness()
    defaults = robustness.defaults
    blocks = (defaults.CONFIG_ARGS, defaults.MODEL_LOADER_ARGS, defaults.TRAINING_ARGS, defaults.PGD_ARGS)
    parser = ArgumentParser(allow_abbrev=False)
    for block in blocks:
        defaults.add_args_to_parser(block, parser)
    arguments = parser.parse_args([*options, "--out-dir", folder])
    for block in blocks:
        if block is not defaults.PGD_ARGS or arguments.adv_train:
            defaults.check_and_fill_args(arguments, block, robustness.datasets.CIFAR)
    return arguments


class _PilImages(Dataset[tuple[Tensor, int]]):
    """Stored images and labels; each image goes through `transform` as a PIL image, as in torchvision's CIFAR10."""

    def __init__(
        self,
        images: UInt8[np.ndarray, "images 3 height width"],
        labels: Int64[np.ndarray, " images"],
        transform: Transform,
    ) -> None:
        self._images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self._labels = labels
        self._transform = transform

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._images[index])), int(self._labels[index])


def training_loader(
    images: UInt8[Tensor, "images 3 height width"],
    labels: Int64[Tensor, " images"],
    *,
    transform: Transform,
    batch_size: int,
) -> "DataLoader[Any]":
    """Batches of (images in [0, 1], labels) on the CPU; order and `transform` use torch's global random state.

    Source: `robustness.loaders.make_loaders`; the last batch may be smaller there, too.
    Differs from it: loads in this process, because the random numbers of workers depend on their number.
    """
    data = _PilImages(images.numpy(force=True), labels.numpy(force=True), transform)
    return DataLoader(data, batch_size=batch_size, shuffle=True, num_workers=0, pin_memory=torch.cuda.is_available())


class _Hooks:
    """The library's hooks: each of its epochs becomes a row of our history and a checkpoint of ours."""

    def __init__(
        self,
        running: RunningSegment,
        start: Checkpoint,
        network: NormalisedNetwork,
        optimisers: list[torch.optim.SGD],
        batches: int,
    ) -> None:
        self.checkpoint = start
        self._running = running
        self._network = network
        *_, self._last_bias = network.network.parameters()
        self._optimisers = optimisers
        self._batches = batches
        self._rate = _learning_rate(start.optimiser)

    def begin_epoch(self) -> None:
        epoch = self.checkpoint.epoch + 1
        seed_globally(derive_seed(self._running.segment.seed, "library", epoch))
        if epoch <= self._running.segment.last_epoch:
            self._running.begin_epoch(epoch)

    def after_batch(self, _model: nn.Module, batch: int, loop: str, _images: Tensor, _labels: Tensor) -> None:
        """A loss of NaN makes every weight NaN; the few of the last layer are checked."""
        if loop == "train":
            if not torch.isfinite(self._last_bias).all():
                raise self._divergence(f"batch {batch + 1}")
            self._running.after_batch(self.checkpoint.epoch + 1, batch + 1, self._batches)

    def after_epoch(self, _model: nn.Module, log: dict[str, Any]) -> None:
        loss, images = log["train_loss"], len(self._running.segment.train.labels)
        if not math.isfinite(loss):
            raise self._divergence(f"mean loss {loss}")
        # Percent in float32: rounded to the number of correct images.
        correct = round(float(log["train_prec1"]) / 100 * images)
        (optimiser,) = self._optimisers
        state = TrainingState(self._network, optimiser)
        result = TrainingResult(self._rate, loss, correct / images)
        self.checkpoint = self._running.end_epoch(state, log["epoch"], self.checkpoint.history, result)
        self._rate = _learning_rate(optimiser.state_dict())
        self.begin_epoch()

    def _divergence(self, where: str) -> Divergence:
        name, epoch = self._running.segment.network, self.checkpoint.epoch + 1
        return Divergence(
            f"networks.{name}: training diverged: a weight or the loss is NaN or infinite in epoch {epoch} ({where}). "
            "Lower training.learning_rate or the attack's step_size and run again"
        )


def _library_checkpoint(start: Checkpoint) -> dict[str, Any]:
    """`start` as the library resumes from it, with a schedule that has been stepped (the library's own has not)."""
    optimiser = copy.deepcopy(start.optimiser)
    # The library's SGD is torch's default implementation, whichever made the first checkpoint.
    optimiser["param_groups"][0] |= {"foreach": None, "fused": None}
    schedule = {
        "last_epoch": start.epoch,
        "_step_count": start.epoch + 1,
        "_last_lr": [_learning_rate(optimiser)],
    }
    # The best accuracy so far: without it the library would make a validation pass.
    best = {"nat_prec1": 0.0, "adv_prec1": 0.0}
    return {"epoch": start.epoch, "optimizer": optimiser, "schedule": schedule, "amp": None, **best}


def _learning_rate(optimiser: dict[str, Any]) -> float:
    (group,) = optimiser["param_groups"]
    return float(group["lr"])
