"""What every rule's script does around its one call: the log, errors in one sentence, and the record of the job."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn, Protocol, runtime_checkable

from robust_style.errors import RobustStyleError
from robust_style.files.atomic import storage_error
from robust_style.provenance.job import Job, recorded

# What a terminal does instead of showing it (colours, deleted lines, other directions), and what no file takes: a
# message names what was found, and that can be anything.
_ACTING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@contextmanager
def step(job: Job | None) -> Iterator[None]:
    """Copies everything printed inside the block to the log of `job` as well as to the terminal, and records the job.

    `job` is what Snakemake calls `snakemake`; None is a command typed by hand, which has neither log nor record.

    A RobustStyleError or a failure of the storage ends the script with one sentence and status 1, without a traceback;
    anything else is a defect and keeps it. A log that no longer takes a line (a full disk) does not stop the step.
    """
    if job is None:
        with _one_sentence():
            yield
        return
    replace_unprintable()
    path = Path(job.log[0])
    with _one_sentence():
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1)
    both: Any = _Both(sys.stderr, file)
    try:
        with redirect_stdout(both), redirect_stderr(both), _one_sentence(), recorded(job):
            yield
    finally:
        with suppress(OSError):
            file.close()


def replace_unprintable() -> None:
    """Lets stdout and stderr write what their encoding lacks as an escape (`\\xe4`) instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def _one_sentence() -> Iterator[None]:
    try:
        yield
    except RobustStyleError as error:
        _end(error)
    except OSError as error:
        # A disk that is full or read-only is the user's to mend wherever it was noticed.
        said = storage_error(error.filename or "a file of this step", error)
        if said is None:
            raise
        _end(said)


def _end(error: RobustStyleError) -> NoReturn:
    print(f"error: {_ACTING.sub('�', str(error))}", file=sys.stderr)
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
            with suppress(OSError):
                stream.write(text)
                stream.flush()
        return len(text)

    def flush(self) -> None:
        for stream in self.streams:
            with suppress(OSError):
                stream.flush()

    def isatty(self) -> bool:
        return False
