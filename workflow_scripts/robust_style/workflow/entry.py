"""What surrounds the work of a rule's script (log, errors, job record) and of a run (closing words)."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from shlex import quote
from typing import Any, NoReturn, Protocol, runtime_checkable

from robust_style.errors import RobustStyleError
from robust_style.files.atomic import storage_error
from robust_style.messages import printable
from robust_style.provenance.job import Job, recorded


@contextmanager
def step(job: Job | None) -> Iterator[None]:
    """Copy everything printed in the block to the log of `job` as well as to the terminal, and record the job.

    `job` is the object `snakemake` of a script; None is a command of the command line, without log and record.

    A RobustStyleError or a failure of the storage ends the script with one message and status 1; other exceptions are
    defects and keep their traceback. A log that cannot be written any more (a full disk) does not stop the step.
    """
    if job is None:
        with _errors_as_messages():
            yield
        return
    replace_unencodable()
    path = Path(job.log[0])
    with _errors_as_messages():
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1)
    both: Any = _Both(sys.stderr, file)
    try:
        with redirect_stdout(both), redirect_stderr(both), _errors_as_messages(), recorded(job):
            yield
    finally:
        with suppress(OSError):
            file.close()


def replace_unencodable() -> None:
    """Make stdout and stderr write characters that their encoding lacks as escapes (`\\xe4`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def success_message(results: str) -> str:
    """The closing words of a successful run; `results` is its folder. Paths are quoted for a shell."""

    def product(path: str) -> str:
        return quote(f"{results}/{path}")

    if not Path(results, "check.json").exists():
        return f"\nDone with what was requested; the results are in {product('')}."
    return (
        f"\nDone. Look at {product('figures/standard_vs_adversarial.png')}, open {product('comparison/index.html')} in "
        f"a browser,\nread {product('scores.tsv')} and {product('claims.tsv')}; build a report with "
        f"--report {product('report.html')}."
    )


def failure_message(log: object, logs: str) -> str:
    """The closing words of a run that stopped; `log` is Snakemake's own (one path or several), `logs` that of jobs."""
    paths = ", ".join(quote(str(path)) for path in (log if isinstance(log, list | tuple) else [log]))
    return (
        f"\nStopped. The first line above that begins with `error:` names the problem; the complete log is {paths}, "
        f"the logs of jobs are in {quote(logs)}.\nFinished work is kept: the same command resumes the run "
        "(after a kill -9, `snakemake --unlock` first)."
    )


@contextmanager
def _errors_as_messages() -> Iterator[None]:
    try:
        yield
    except RobustStyleError as error:
        _exit(error)
    except OSError as error:
        # A full or read-only disk is the user's to mend, wherever it is noticed.
        failure = storage_error(error.filename or "a file of this step", error)
        if failure is None:
            raise
        _exit(failure)


def _exit(error: RobustStyleError) -> NoReturn:
    print(f"error: {printable(str(error))}", file=sys.stderr)
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
