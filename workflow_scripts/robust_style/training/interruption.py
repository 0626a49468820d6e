"""A polite request to end, heard between batches."""

import signal
import threading
from collections.abc import Callable, Iterator
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
    """Whether a signal came; to be asked wherever stopping loses little.

    `agree` makes of the signal's number here (0: none) the one that all processes of a training go by.
    """

    def __init__(self, agree: Callable[[int], int]) -> None:
        self._number = 0
        self._agree = agree

    def stop_if_asked(self) -> None:
        """Raises Interrupted if a signal came."""
        number = self._agree(self._number)
        if number:
            raise Interrupted(number)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        # A second signal is meant: it ends the process at once, as if nobody listened.
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)


@contextmanager
def heard(agree: Callable[[int], int] = int) -> Iterator[Interruption]:
    """Inside, SIGTERM, SIGINT and SIGUSR1 only set a flag; the handlers of before are back afterwards.

    Outside the main thread, where Python hears no signals, nothing changes. `agree`: see Interruption.
    """
    interruption = Interruption(agree)
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = {number: signal.signal(number, interruption._note) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
