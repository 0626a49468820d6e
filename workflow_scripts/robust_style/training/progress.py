"""How a training gets on: a bar where somebody watches, a plain line per epoch where a log is kept."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from tqdm import tqdm


class Progress:
    """Of one segment: `first_epoch` to `last_epoch`, `images` training images an epoch.

    Lines go to stderr (and with it to the job's log), the bar only to a terminal; nothing of it reaches a result.
    """

    def __init__(self, title: str, images: int, first_epoch: int, last_epoch: int) -> None:
        self.title = title
        self.images = images
        self.first_epoch, self.last_epoch = first_epoch, last_epoch
        self.segment_started = self.epoch_started = time.monotonic()
        self._bar: Any = None

    def begin(self, epoch: int) -> None:
        """An epoch begins."""
        self.epoch_started = time.monotonic()
        # The terminal itself: what is printed elsewhere in the script goes to the log as well, and a bar must not.
        terminal = sys.__stderr__
        if terminal is not None and terminal.isatty():
            name = f"{self.title} · epoch {epoch}/{self.last_epoch}"
            self._bar = tqdm(total=self.images, desc=name, unit="img", leave=False, mininterval=0.5, file=terminal)

    def after_batch(self, done: int, batches: int) -> None:
        """`done` of the epoch's `batches` are trained on."""
        if self._bar is not None:
            self._bar.update(round(self.images * done / batches) - self._bar.n)
            if done == batches:
                self._bar.close()
                self._bar = None

    def end(self, row: Mapping[str, Any]) -> None:
        """An epoch is over; `row` is its row of the history."""
        now = time.monotonic()
        seconds = now - self.epoch_started
        tested = [("clean", row["test_clean_accuracy"]), ("robust", row["test_robust_accuracy"])]
        done = row["epoch"] - self.first_epoch + 1
        left = (now - self.segment_started) / done * (self.last_epoch - row["epoch"])
        parts = [
            f"epoch {row['epoch']}/{self.last_epoch}",
            f"loss {row['train_loss']:.3f}",
            f"train {_percent(row['train_accuracy'])}",
            *(f"test {kind} {_percent(accuracy)}" for kind, accuracy in tested if accuracy is not None),
            f"{self.images / seconds:.0f} images/s",
            f"{seconds:.1f} s",
            *([f"{in_words(left)} left"] if left else []),
        ]
        self.say(" · ".join(parts))

    def say(self, words: str) -> None:
        """One line under the segment's title."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        print(f"{self.title} · {words}", file=sys.stderr, flush=True)


def in_words(seconds: float) -> str:
    """A duration as people say it: 48 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
