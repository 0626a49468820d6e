"""A segment in training, by either engine: progress, signals, the history row and resume state of each epoch."""

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from robust_style.compute.memory import within_memory
from robust_style.compute.randomness import stream
from robust_style.errors import Divergence
from robust_style.files.checkpoint import Checkpoint
from robust_style.messages import format_duration
from robust_style.model.network import NormalisedNetwork
from robust_style.signals import Interrupted, StopRequest
from robust_style.training.accuracy import clean_accuracy, robust_accuracy
from robust_style.training.batches import LabelledImages
from robust_style.training.epoch import TrainingResult
from robust_style.training.resume import ResumeState
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.state import TrainingState


@dataclass(frozen=True)
class Segment:
    """What an epoch needs besides the network and its optimiser.

    `origin` is the checkpoint that the segment starts from, with the code, device and versions of this segment.
    `monitored` are the test images whose accuracy is measured after each epoch.
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


class Progress:
    """The progress of a segment: a log line per epoch on stderr, and on a terminal a bar.

    `first_epoch` to `last_epoch` are trained, on `images` images each.
    """

    def __init__(self, title: str, images: int, first_epoch: int, last_epoch: int) -> None:
        self.title = title
        self.images = images
        self.first_epoch, self.last_epoch = first_epoch, last_epoch
        self.segment_started = self.epoch_started = time.monotonic()
        self._bar: Any = None

    def begin(self, epoch: int) -> None:
        """Start the clock and the bar of `epoch`."""
        self.epoch_started = time.monotonic()
        # sys.stderr may be copied to the job's log, where a bar does not belong.
        terminal = sys.__stderr__
        if terminal is not None and terminal.isatty():
            name = f"{self.title} · epoch {epoch}/{self.last_epoch}"
            self._bar = tqdm(total=self.images, desc=name, unit="img", leave=False, mininterval=0.5, file=terminal)

    def after_batch(self, done: int, batches: int) -> None:
        """`done` of the epoch's `batches` are trained on."""
        if self._bar is not None:
            self._bar.update(round(self.images * done / batches) - self._bar.n)
            if done == batches:
                self._close_bar()

    def end(self, row: Mapping[str, Any]) -> None:
        """Log the epoch with history row `row`."""
        now = time.monotonic()
        seconds = now - self.epoch_started
        accuracies = [("clean", row["test_clean_accuracy"]), ("robust", row["test_robust_accuracy"])]
        epochs_done = row["epoch"] - self.first_epoch + 1
        remaining_s = (now - self.segment_started) / epochs_done * (self.last_epoch - row["epoch"])
        parts = [
            f"epoch {row['epoch']}/{self.last_epoch}",
            f"loss {row['train_loss']:.3f}",
            f"train {_percent(row['train_accuracy'])}",
            *(f"test {kind} {_percent(accuracy)}" for kind, accuracy in accuracies if accuracy is not None),
            f"{self.images / seconds:.0f} images/s",
            f"{seconds:.1f} s",
            *([f"{format_duration(remaining_s)} left"] if remaining_s else []),
        ]
        self.log(" · ".join(parts))

    def log(self, message: str) -> None:
        """One line that begins with the segment's title."""
        self._close_bar()
        print(f"{self.title} · {message}", file=sys.stderr, flush=True)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@dataclass(frozen=True)
class RunningSegment:
    """A segment with its resume state, progress and stop request.

    An engine calls `begin_epoch`, `after_batch` for each batch, and `end_epoch`.
    """

    segment: Segment
    resume: ResumeState
    progress: Progress
    stop_request: StopRequest

    def begin_epoch(self, epoch: int) -> None:
        """`epoch`, counted from 1, begins."""
        self.progress.begin(epoch)

    def after_batch(self, epoch: int, done: int, batches: int) -> None:
        """`done` of the `batches` of `epoch` are trained on. Raises Interrupted if a signal asked to stop."""
        self.progress.after_batch(done, batches)
        try:
            self.stop_request.raise_if_received()
        except Interrupted as error:
            self.progress.log(f"{error.name} in epoch {epoch}; the state after epoch {epoch - 1} is kept")
            raise

    def end_epoch(
        self, state: TrainingState, epoch: int, history: list[dict[str, Any]], result: TrainingResult
    ) -> Checkpoint:
        """The checkpoint after `epoch`, with its row appended to `history`; saved as resume state, and logged.

        Raises Divergence if a weight is not finite.
        """
        if not state.is_finite():
            raise Divergence(
                f"networks.{self.segment.network}: training diverged: a weight is NaN or infinite after epoch {epoch} "
                f"(mean loss {result.loss:.4g}). Lower training.learning_rate and run again"
            )
        row = _history_row(self.segment, state.network, epoch, result)
        checkpoint = state.checkpoint(self.segment.origin, epoch, [*history, row])
        self.resume.save(checkpoint)
        self.progress.end(row)
        return checkpoint

    def within_memory(self) -> AbstractContextManager[None]:
        """Inside, exhausted memory raises a ConfigError that says what to lower."""
        return within_memory(
            "training.batch_size",
            self.segment.training.batch_size,
            f"lower it, or networks.{self.segment.network}.width, or set device: cpu",
        )


def _history_row(segment: Segment, network: NormalisedNetwork, epoch: int, result: TrainingResult) -> dict[str, Any]:
    """One row of the history; accuracies of the monitored test images in the precision of the training."""
    monitored, evaluation = segment.monitored, segment.evaluation
    inputs = network, monitored.images, monitored.labels
    has_images = len(monitored.labels) > 0
    clean = clean_accuracy(*inputs, segment.precision) if has_images else None
    robust = None
    if has_images and evaluation.monitor_steps > 0:
        generator = stream(segment.seed, "monitor", epoch)
        robust = robust_accuracy(*inputs, evaluation.monitor_attack, generator, segment.precision)
    return {
        "epoch": epoch,
        "learning_rate": result.learning_rate,
        "train_loss": result.loss,
        "train_accuracy": result.accuracy,
        "test_clean_accuracy": clean,
        "test_robust_accuracy": robust,
    }


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
