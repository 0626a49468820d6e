"""What every rule's script does around its one call: the log, and errors in one sentence."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from robust_style.errors import RobustStyleError


@contextmanager
def step(log: str | None) -> Iterator[None]:
    """Copies everything printed inside the block to the file `log` as well as to the terminal.

    A RobustStyleError ends the script with its message and status 1, without a traceback; anything else is a defect
    and keeps it.
    """
    path = Path(log) if log else None
    if path is None:
        with _one_sentence():
            yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", buffering=1) as file:
        both: Any = _Both(sys.stderr, file)
        with redirect_stdout(both), redirect_stderr(both), _one_sentence():
            yield


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except RobustStyleError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None


@runtime_checkable
class _Stream(Protocol):
    def write(self, text: str, /) -> int: ...

    def flush(self) -> None: ...


class _Both:
    def __init__(self, *streams: _Stream) -> None:
        self.streams = streams

    def write(self, text: str) -> int:
        for stream in self.streams:
            stream.write(text)
            stream.flush()
        return len(text)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()

    def isatty(self) -> bool:
        return False
