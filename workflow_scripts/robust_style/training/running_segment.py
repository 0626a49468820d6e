"""A segment under way, whichever engine trains it: what its epochs need, and what each of them leaves."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from robust_style.artefact.checkpoint import Checkpoint
from robust_style.errors import Divergence
from robust_style.model.network import NormalisedNetwork
from robust_style.provenance.device_memory import within_memory
from robust_style.provenance.randomness import stream
from robust_style.training.accuracy import clean_accuracy, robust_accuracy
from robust_style.training.epoch import EpochResult
from robust_style.training.interruption import Interrupted, Interruption
from robust_style.training.on_device import LabelledImages
from robust_style.training.progress import Progress
from robust_style.training.resume import ResumeState
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.trainee import Trainee


@dataclass(frozen=True)
class Segment:
    """Everything an epoch needs besides the network and its optimiser.

    `origin` is the checkpoint that the segment begins with, in all that training leaves alone as the next one will be.
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


@dataclass(frozen=True)
class RunningSegment:
    """A segment with the ways to keep its state, to tell how it gets on and to hear that it should stop.

    An engine calls `begin_epoch`, `after_batch` and `close_epoch` in turn.
    """

    segment: Segment
    state: ResumeState
    progress: Progress
    interruption: Interruption

    def begin_epoch(self, epoch: int) -> None:
        """`epoch`, counted from 1, begins."""
        self.progress.begin(epoch)

    def after_batch(self, epoch: int, done: int, batches: int) -> None:
        """`done` of the `batches` of `epoch` are trained on. Raises Interrupted if a signal asked to stop."""
        self.progress.after_batch(done, batches)
        try:
            self.interruption.stop_if_asked()
        except Interrupted as request:
            self.progress.say(f"{request.name} in epoch {epoch}; what epoch {epoch - 1} left is kept")
            raise

    def close_epoch(
        self, trainee: Trainee, epoch: int, history: list[dict[str, Any]], result: EpochResult
    ) -> Checkpoint:
        """The checkpoint after `epoch`, whose row joins `history`; kept to go on from, and told.

        Raises Divergence if a weight is not finite.
        """
        if not trainee.is_finite():
            raise Divergence(
                f"networks.{self.segment.network}: expected finite weights after epoch {epoch}, found NaN or infinity "
                f"(mean loss {result.loss:.4g}); lower training.learning_rate and run again"
            )
        row = _history_row(self.segment, trainee.network, epoch, result)
        current = trainee.checkpoint(self.segment.origin, epoch, [*history, row])
        self.state.write(current)
        self.progress.end(row)
        return current

    def within_memory(self) -> AbstractContextManager[None]:
        """Inside, memory that does not suffice becomes a ConfigError that says what to lower."""
        return within_memory(
            "training.batch_size",
            self.segment.training.batch_size,
            f"lower it, or networks.{self.segment.network}.width, or set device: cpu",
        )


def _history_row(segment: Segment, network: NormalisedNetwork, epoch: int, result: EpochResult) -> dict[str, Any]:
    """One row of the history; accuracies of the monitored test images in the precision of the training."""
    watched, evaluation = segment.monitored, segment.evaluation
    inputs = network, watched.images, watched.labels
    has_images = len(watched.labels) > 0
    clean = clean_accuracy(*inputs, segment.precision) if has_images else None
    robust = None
    if has_images and evaluation.monitor_steps > 0:
        randomness = stream(segment.seed, "monitor", epoch)
        robust = robust_accuracy(*inputs, evaluation.monitor_attack, randomness, segment.precision)
    return {
        "epoch": epoch,
        "learning_rate": result.learning_rate,
        "train_loss": result.loss,
        "train_accuracy": result.accuracy,
        "test_clean_accuracy": clean,
        "test_robust_accuracy": robust,
    }
