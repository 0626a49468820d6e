"""The engine `robustness`: a segment trained by the library's own `train_model`, its arithmetic untouched."""

import copy
import math
import tempfile
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.errors import Divergence
from robust_style.model.compat import import_robustness, watched_optimiser, without_cuda
from robust_style.model.network import NormalisedNetwork
from robust_style.model.restore import network_of
from robust_style.provenance.global_randomness import lent_randomness, seed_globally
from robust_style.provenance.randomness import derive_seed
from robust_style.training.epoch import EpochResult
from robust_style.training.library_command import library_arguments, library_options
from robust_style.training.library_images import training_loader
from robust_style.training.running_segment import RunningSegment
from robust_style.training.trainee import Trainee


def train_by_library(running: RunningSegment, start: Checkpoint, device: torch.device) -> Checkpoint:
    """The checkpoint after the segment's last epoch, trained from `start` by `robustness.train.train_model`.

    The library makes its own model around our weights (AttackerModel with its normaliser, DataParallel), optimiser,
    schedule and transforms. Its global randomness is seeded from (seed, epoch) at the start of every epoch, so that
    segments chain bit for bit, and is given back afterwards. Its files go to a temporary folder.
    Source: Engstrom et al. 2019, package robustness 1.2.1.post2, `python -m robustness.main`.
    Differs from that program: begins with our epoch 0, whose batch-norm statistics are calibrated; epochs are seeded;
    images load in one process; one CUDA device, not all; no validation pass of its own, which decides nothing
    (accuracies are measured by our functions); and after a resume the learning rate drops in the right epoch (it saves
    its schedule before stepping it).
    Raises Divergence if a weight or the mean loss is not finite, ConfigError for settings that it cannot follow.
    """
    segment = running.segment
    options = library_options(segment.network, segment.settings, segment.training, segment.last_epoch)
    command = f"python -m robustness.main {' '.join(options)}"
    running.progress.say(f"by the library, width {segment.settings.width}, {segment.precision}: {command}")
    is_on_cpu = device.type == "cpu"
    with (
        tempfile.TemporaryDirectory(prefix="robustness-") as folder,
        lent_randomness(),
        without_cuda() if is_on_cpu else nullcontext(),
        watched_optimiser() as made,
        running.within_memory(),
    ):
        robustness = import_robustness()
        dataset = robustness.datasets.CIFAR(
            folder, num_classes=start.classes, mean=torch.tensor(start.mean), std=torch.tensor(start.std)
        )
        network = network_of(start)
        model, _ = robustness.model_utils.make_and_restore_model(arch=network.network, dataset=dataset)
        train = training_loader(
            segment.train.images,
            segment.train.labels,
            transform=dataset.transform_train,
            batch_size=segment.training.batch_size,
        )
        watch = _Watch(running, start, network.to(device), made, len(train))
        arguments = library_arguments(options, folder)
        arguments.iteration_hook, arguments.epoch_hook = watch.after_batch, watch.after_epoch
        watch.begin_epoch()
        robustness.train.train_model(
            arguments, model, (train, []), checkpoint=_resumable(start), dp_device_ids=None if is_on_cpu else [0]
        )
    return watch.current


class _Watch:
    """Stands at the library's hooks: its epochs become rows of our history and checkpoints of ours."""

    def __init__(
        self,
        running: RunningSegment,
        start: Checkpoint,
        network: NormalisedNetwork,
        made: list[torch.optim.SGD],
        batches: int,
    ) -> None:
        self.current = start
        self._running = running
        self._network = network
        *_, self._last_bias = network.network.parameters()
        self._made = made
        self._batches = batches
        self._rate = _learning_rate(start.optimiser)

    def begin_epoch(self) -> None:
        epoch = self.current.epoch + 1
        seed_globally(derive_seed(self._running.segment.seed, "library", epoch))
        if epoch <= self._running.segment.last_epoch:
            self._running.begin_epoch(epoch)

    def after_batch(self, _model: nn.Module, batch: int, loop: str, _images: Tensor, _labels: Tensor) -> None:
        """A loss of NaN leaves NaN in every weight; the few of the last layer are looked at."""
        if loop == "train":
            if not torch.isfinite(self._last_bias).all():
                raise self._diverged(f"batch {batch + 1}")
            self._running.after_batch(self.current.epoch + 1, batch + 1, self._batches)

    def after_epoch(self, _model: nn.Module, log: dict[str, Any]) -> None:
        loss, images = log["train_loss"], len(self._running.segment.train.labels)
        if not math.isfinite(loss):
            raise self._diverged(f"mean loss {loss}")
        # Percent in float32: back to the number of images that it came from.
        correct = round(float(log["train_prec1"]) / 100 * images)
        (optimiser,) = self._made
        trainee = Trainee(self._network, optimiser)
        result = EpochResult(self._rate, loss, correct / images)
        self.current = self._running.close_epoch(trainee, log["epoch"], self.current.history, result)
        self._rate = _learning_rate(optimiser.state_dict())
        self.begin_epoch()

    def _diverged(self, where: str) -> Divergence:
        name, epoch = self._running.segment.network, self.current.epoch + 1
        return Divergence(
            f"networks.{name}: expected finite losses and weights, found NaN or infinity in epoch {epoch} ({where}); "
            "lower training.learning_rate or the attack's step_size and run again"
        )


def _resumable(start: Checkpoint) -> dict[str, Any]:
    """`start` as the library resumes from it. Its schedule has been stepped, as the library's own files forget."""
    optimiser = copy.deepcopy(start.optimiser)
    # Its SGD is torch's default one, whichever of torch's implementations made the first checkpoint.
    optimiser["param_groups"][0] |= {"foreach": None, "fused": None}
    schedule = {
        "last_epoch": start.epoch,
        "_step_count": start.epoch + 1,
        "_last_lr": [_learning_rate(optimiser)],
    }
    # The best accuracy so far: without it, the library would make a validation pass to know.
    best = {"nat_prec1": 0.0, "adv_prec1": 0.0}
    return {"epoch": start.epoch, "optimizer": optimiser, "schedule": schedule, "amp": None, **best}


def _learning_rate(optimiser: dict[str, Any]) -> float:
    (group,) = optimiser["param_groups"]
    return float(group["lr"])
