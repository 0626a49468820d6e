"""A segment under way, whichever engine trains it: what its epochs need, and what each of them leaves."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.errors import ConfigError, Divergence
from robust_style.model.vgg import NormalisedNetwork
from robust_style.provenance.randomness import stream
from robust_style.training.accuracy import clean_accuracy, robust_accuracy
from robust_style.training.epoch import EpochResult
from robust_style.training.on_device import LabelledImages
from robust_style.training.resume import ResumeState
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.trainee import Trainee


@dataclass(frozen=True)
class RunningSegment:
    """Everything an epoch of a segment needs besides the network and its optimiser, and where its state is kept.

    `origin` is the checkpoint that the segment began with, in all that training leaves alone as the next one will be.
    """

    network: str
    settings: NetworkSettings
    training: TrainingSettings
    evaluation: EvaluationSettings
    seed: int
    last_epoch: int
    precision: str
    train: LabelledImages
    monitored: LabelledImages
    origin: Checkpoint
    state: ResumeState

    def close_epoch(
        self, trainee: Trainee, epoch: int, history: list[dict[str, Any]], result: EpochResult, seconds: float
    ) -> Checkpoint:
        """The checkpoint after `epoch`, whose row joins `history`; kept to go on from, and told on stderr.

        Raises Divergence if a weight is not finite.
        """
        if not trainee.is_finite():
            raise Divergence(
                f"networks.{self.network}: expected finite weights after epoch {epoch}, found NaN or infinity "
                f"(mean loss {result.loss:.4g}); lower training.learning_rate and run again"
            )
        row = self._history_row(trainee.network, epoch, result)
        current = trainee.checkpoint(self.origin, epoch, [*history, row])
        self.state.write(current)
        self.say(*_progress(row, self.last_epoch, seconds))
        return current

    def say(self, *parts: str) -> None:
        """One line on stderr about this segment."""
        print(" · ".join([f"{self.network} seed {self.seed}", *parts]), file=sys.stderr, flush=True)

    @contextmanager
    def within_memory(self) -> Iterator[None]:
        """Inside, memory that does not suffice becomes a ConfigError that says what to lower."""
        try:
            yield
        except torch.OutOfMemoryError as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(
                f"training.batch_size: expected batches that fit on the device, found {self.training.batch_size} to be "
                f"too many ({reason}); lower it, or networks.{self.network}.width, or set device: cpu"
            ) from error

    def _history_row(self, network: NormalisedNetwork, epoch: int, result: EpochResult) -> dict[str, Any]:
        """One row of the history; accuracies of the monitored test images in the precision of the training."""
        inputs = network, self.monitored.images, self.monitored.labels
        has_images = len(self.monitored.labels) > 0
        clean = clean_accuracy(*inputs, self.precision) if has_images else None
        robust = None
        if has_images and self.evaluation.monitor_steps > 0:
            randomness = stream(self.seed, "monitor", epoch)
            robust = robust_accuracy(*inputs, self.evaluation.monitor_attack, randomness, self.precision)
        return {
            "epoch": epoch,
            "learning_rate": result.learning_rate,
            "train_loss": result.loss,
            "train_accuracy": result.accuracy,
            "test_clean_accuracy": clean,
            "test_robust_accuracy": robust,
        }


def _progress(row: dict[str, Any], last_epoch: int, seconds: float) -> list[str]:
    tested = [("clean", row["test_clean_accuracy"]), ("robust", row["test_robust_accuracy"])]
    return [
        f"epoch {row['epoch']}/{last_epoch}",
        f"loss {row['train_loss']:.3f}",
        f"train {row['train_accuracy']:.1%}".replace("%", " %"),
        *(f"test {kind} {accuracy:.1%}".replace("%", " %") for kind, accuracy in tested if accuracy is not None),
        f"{seconds:.1f} s",
    ]
