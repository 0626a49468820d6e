"""A request to end, by a signal: noted and asked for between batches, or raised as an exception."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

# What a scheduler sends before it kills (SIGTERM, SIGUSR1 under Slurm's --signal), and Ctrl-C.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# What ends a command that a person typed.
_ENDING = (signal.SIGINT, signal.SIGTERM)
# The shell's way to say that a signal ended a program.
_SHELL_OFFSET = 128


class Interrupted(SystemExit):
    """Ends the script with status 128 + signal: 143 after SIGTERM, 130 after SIGINT. `kept`: what was saved before."""

    def __init__(self, number: int) -> None:
        super().__init__(_SHELL_OFFSET + number)
        self.name = signal.Signals(number).name
        self.kept = "no unfinished file is left"


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
    with _handled(_SIGNALS, interruption._note):
        yield interruption


@contextmanager
def interruptible() -> Iterator[None]:
    """Inside, SIGINT and SIGTERM raise Interrupted at once; a signal that was ignored before stays ignored."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise Interrupted(number)

    with _handled([number for number in _ENDING if signal.getsignal(number) != signal.SIG_IGN], interrupt):
        yield


@contextmanager
def uninterruptible() -> Iterator[None]:
    """Inside, SIGINT and SIGTERM are ignored: for the short time in which a result is written."""
    with _handled(_ENDING, signal.SIG_IGN):
        yield


@contextmanager
def _handled(
    numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None] | signal.Handlers
) -> Iterator[None]:
    is_main = threading.current_thread() is threading.main_thread()  # only there Python allows handlers
    before = {number: signal.signal(number, handler) for number in numbers} if is_main else {}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
