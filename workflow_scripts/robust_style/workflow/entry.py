"""What surrounds the work of a rule's script (log, errors, job record) and of a run (closing words)."""

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from html import unescape
from pathlib import Path
from shlex import quote
from typing import Any, NoReturn, Protocol, runtime_checkable

from robust_style.errors import RobustStyleError
from robust_style.files.atomic import storage_error
from robust_style.messages import printable
from robust_style.provenance.job import Job, recorded

# Environment variable: scripts write to their log only, because the terminal shows the progress of the run.
LOG_ONLY = "ROBUST_STYLE_LOG_ONLY"


@contextmanager
def step(job: Job | None) -> Iterator[None]:
    """Copy everything printed in the block to the log of `job` as well as to the terminal, and record the job.

    `job` is the object `snakemake` of a script; None is a command of the command line, without log and record.

    A RobustStyleError or a failure of the storage ends the script with one message and status 1; other exceptions are
    defects and keep their traceback. A log that cannot be written any more (a full disk) does not stop the step.

    With `LOG_ONLY` in the environment nothing is printed to the terminal, also by child processes and after the block.
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
    streams = [sys.stderr, file]
    if os.environ.get(LOG_ONLY):
        streams = [file]
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    both: Any = _Both(*streams)
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
    """The closing words of a successful run; `results` is its folder. Products are links to open in a terminal."""
    folder = Path(results)
    if not (folder / "check.json").exists():
        return f"\nDone with what was requested; the results are in {quote(results)}/."
    products = {
        "figure": "figures/standard_vs_adversarial.png",
        "page": "comparison/index.html",
        "scores": "scores.tsv",
        "claims": "claims.tsv",
        "report": "report.html",
    }
    lines = ["\nDone.", *_first_sentence(folder / "answer.html")]
    for name, product in products.items():
        path = folder / product
        hint = f"not made yet: the same command with --report {quote(f'{results}/{product}')}"
        lines.append(f"  {name:<7} {path.resolve().as_uri() if path.exists() else hint}")
    return "\n".join(lines)


def _first_sentence(answer: Path) -> list[str]:
    """The first sentence of the answer's first paragraph, without markup; nothing if there is none."""
    try:
        paragraph = re.search(r'<p class="lead">(.*?)</p>', answer.read_text(encoding="utf-8"), flags=re.DOTALL)
    except OSError:
        return []
    words = unescape(re.sub("<[^>]+>", "", paragraph[1])) if paragraph else ""
    sentence = re.split(r"(?<=[.?!])\s", printable(" ".join(words.split())))[0]
    return [sentence] if sentence else []


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
