"""Signals that ask a program to end: noted and asked for between batches, or raised as an exception."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

# Sent by schedulers before SIGKILL (SIGTERM, and SIGUSR1 by Slurm's --signal), and by Ctrl-C.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
# End a command that a person typed.
_ENDING = (signal.SIGINT, signal.SIGTERM)
# A shell reports the end of a program by signal n as status 128 + n.
_SHELL_OFFSET = 128


class Interrupted(SystemExit):
    """Ends the script with status 128 + signal: 143 after SIGTERM, 130 after SIGINT, 138 after SIGUSR1.

    `kept` says what was saved before.
    """

    def __init__(self, number: int) -> None:
        super().__init__(_SHELL_OFFSET + number)
        self.name = signal.Signals(number).name
        self.kept = "no unfinished file is left"


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
    with _handled(_SIGNALS, request._handle):
        yield request


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
    previous = {number: signal.signal(number, handler) for number in numbers} if is_main else {}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
