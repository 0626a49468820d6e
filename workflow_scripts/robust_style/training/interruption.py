"""A polite request to end, heard between batches."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# What a scheduler sends before it kills (SIGTERM, SIGUSR1 under Slurm's --signal), and Ctrl-C.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# The shell's way to say that a signal ended a program.
_SHELL_OFFSET = 128


class Interrupted(SystemExit):
    """Ends the script with status 128 + signal: 143 after SIGTERM, 130 after SIGINT."""

    def __init__(self, number: int) -> None:
        super().__init__(_SHELL_OFFSET + number)
        self.name = signal.Signals(number).name


class Interruption:
    """Whether a signal came; to be asked wherever stopping loses little."""

    def __init__(self) -> None:
        self._number = 0

    def stop_if_asked(self) -> None:
        """Raises Interrupted if a signal came."""
        if self._number:
            raise Interrupted(self._number)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        # A second signal is meant: it ends the process at once, as if nobody listened.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def heard() -> Iterator[Interruption]:
    """Inside, SIGTERM, SIGINT and SIGUSR1 only set a flag; the handlers of before are back afterwards.

    Outside the main thread, where Python hears no signals, nothing changes.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption._note) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
