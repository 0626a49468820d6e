"""Stopping a segment and resuming it: signals end it after the batch under way, the last full epoch is kept."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from robust_style.artefact.atomic import write_text
from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.errors import CheckpointError, Divergence

# Sent by schedulers before SIGKILL (SIGTERM, and SIGUSR1 by Slurm's --signal), and by Ctrl-C.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# A shell reports the end of a program by signal n as status 128 + n.
_SHELL_OFFSET = 128
_PREFIX = "epoch_state"
_DIVERGED = "diverged"


class Interrupted(SystemExit):
    """Ends the script with status 128 + signal: 143 after SIGTERM, 130 after SIGINT, 138 after SIGUSR1."""

    def __init__(self, number: int) -> None:
        super().__init__(_SHELL_OFFSET + number)
        self.name = signal.Signals(number).name


class StopRequest:
    """Whether a signal has asked to stop."""

    def __init__(self) -> None:
        self._number = 0

    def raise_if_received(self) -> None:
        """Raise Interrupted if a signal was received."""
        if self._number:
            raise Interrupted(self._number)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        # A second signal ends the process at once.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def signal_handlers() -> Iterator[StopRequest]:
    """Inside, SIGTERM, SIGINT and SIGUSR1 only set a flag; the previous handlers are restored on exit.

    Outside the main thread, where Python handles no signals, nothing changes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    previous = {number: signal.signal(number, request._handle) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class ResumeState:
    """The state after the last full epoch of one segment, in a folder of its own.

    The file name has the hash of everything the segment depends on (`binding`), so that a state from other settings,
    code or data is never resumed.
    """

    def __init__(self, folder: Path, binding: str) -> None:
        self._folder = folder
        self._file = folder / f"{_PREFIX}.{binding}.pt"
        self._divergence = folder / f"{_DIVERGED}.{binding}.txt"

    def load(self) -> tuple[Checkpoint | None, str | None]:
        """The state to resume from, or None; and a message for the log if a state cannot be used."""
        others = [path for path in self._folder.glob(f"{_PREFIX}.*.pt") if path != self._file]
        if self._file.is_file():
            try:
                return load_checkpoint(self._file), None
            except CheckpointError as error:
                return None, f"resume state is damaged, starting from the segment's first epoch ({error})"
        if others:
            return None, (
                f"resume state {others[0].name} belongs to other settings, code or data; "
                "starting from the segment's first epoch"
            )
        return None, None

    def save(self, state: Checkpoint) -> None:
        """Replace the kept state by `state`, atomically."""
        save_checkpoint(self._file, state)

    def raise_if_diverged_before(self) -> None:
        """Raise Divergence if this very segment diverged before: it would again, after as many hours."""
        if self._divergence.is_file():
            raise Divergence(
                f"{self._divergence.read_text(encoding='utf-8').strip()} (this happened in an earlier attempt and "
                f"would happen again; delete {self._divergence} to try all the same)"
            )

    def save_divergence(self, error: Divergence) -> None:
        """Keep the error for the next attempt, such as Snakemake's retries."""
        write_text(self._divergence, f"{error}\n")

    def discard(self) -> None:
        """Delete this state, those of other settings, and temporary files of killed processes."""
        for pattern in (f"{_PREFIX}.*.pt", f".{_PREFIX}.*.pt", f"{_DIVERGED}.*.txt"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)
