"""A segment trained by as many processes as configured: this one, or several that torch's launcher starts."""

import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import torch

from robust_style import errors
from robust_style.artefact.json_file import read_json, write_json
from robust_style.errors import RobustStyleError
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.training.interruption import Interrupted
from robust_style.training.processes import Processes
from robust_style.training.rank import MODULE, PATHS, answer_file, told_file
from robust_style.training.segment import train_segment

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# Those that the launcher passes on to its processes, and one more of schedulers' that it would die of.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1)
_SHELL_OFFSET = 128


def launch_segment(*, processes: int, **arguments: Any) -> None:
    """Trains a segment as `train_segment`, whose `arguments` these are, in `processes` processes of this machine.

    Several of them share each batch; each has its own CUDA device or `threads` threads of the CPU. The checkpoint is
    that of one process but for rounding, and the same to the bit for an equal number of processes. Signals are passed
    on: the processes end after the batch under way, those that take longer than half a minute at once. If one ends in
    any way, the others are ended, too.

    Raises what `train_segment` raises, and RobustStyleError if a process was killed.
    """
    if processes == 1:
        train_segment(**arguments)
        return
    # As in one process, because the job's record tells of threads and switches here.
    make_deterministic(arguments["threads"])
    where = choose_device(arguments["device"])
    Processes(0, processes).demand_devices(where)
    with tempfile.TemporaryDirectory(prefix="segment-") as folder:
        answers = Path(folder)
        paths = {name: str(Path(arguments[name]).absolute()) for name in PATHS}
        write_json(answers / "segment.json", arguments | paths)
        failed = _run(processes, answers, arguments["threads"])
        if failed is not None:
            _refuse(processes, answers, failed)
    if where.type == "cuda":  # and of the device; not before, for each device may be for one process only
        torch.cuda.init()  # type: ignore[no-untyped-call]


def _run(processes: int, answers: Path, threads: int) -> dict[int, int] | None:
    """Runs the processes to their end: None if all ended well, else the exit codes of those that did not, by rank.

    Raises Interrupted if this process was asked to stop.
    """
    # A second of imports that one process alone has no use for.
    from torch.distributed import run as torchrun
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.multiprocessing.tail_log import TailLog

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise SignalException(signal.Signals(number).name, signal.Signals(number))

    command = [
        "--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", str(processes), "--max-restarts", "0",
        "--log-dir", str(answers), "-m", MODULE, str(answers / "segment.json"), "--answers", str(answers),
    ]  # fmt: skip
    told_file(answers).touch()
    tail = TailLog("", {0: str(told_file(answers))}, sys.stderr, {0: ""}).start()
    try:
        with _handlers_given_back(), _environment(threads), _quiet():
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGUSR1, stop)
            torchrun.run(torchrun.parse_args(command))  # type: ignore[no-untyped-call]
    except SignalException as request:
        raise Interrupted(request.sigval) from None
    except ChildFailedError as error:
        return {rank: failure.exitcode for rank, failure in error.failures.items()}
    finally:
        tail.stop()
    return None


def _refuse(processes: int, answers: Path, failed: dict[int, int]) -> NoReturn:
    """Raises for all of them what the one that ended first, of itself, ended of."""
    found = [read_json(path) for rank in range(processes) if (path := answer_file(answers, rank)).is_file()]
    for answer in found:
        if answer["kind"]:
            raise getattr(errors, answer["kind"])(answer["message"])
    for code in failed.values():
        if code - _SHELL_OFFSET in _SIGNALS:
            raise Interrupted(code - _SHELL_OFFSET)
    for rank, code in failed.items():
        if code < 0 and -code != signal.SIGTERM:
            raise RobustStyleError(
                f"training.processes: expected {processes} processes that train to the end, found process {rank} ended "
                f"by {signal.Signals(-code).name} (if nobody did it, often for want of memory); run again, it goes on "
                "after the last full epoch"
            )
    if found:
        raise RuntimeError("\n\n".join(answer["message"] for answer in found))
    raise RobustStyleError(
        f"training.processes: expected {processes} processes that train to the end, found them ended (exit codes "
        f"{', '.join(map(str, failed.values()))}); run again, it goes on after the last full epoch"
    )


@contextmanager
def _handlers_given_back() -> Iterator[None]:
    """The launcher installs handlers of its own and leaves them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """What the processes inherit: where the package is; the threads, which the launcher would set to one."""
    before = dict(os.environ)
    path = [str(_PACKAGE_ROOT), *filter(None, [before.get("PYTHONPATH")])]
    os.environ |= {"PYTHONPATH": os.pathsep.join(path), "OMP_NUM_THREADS": str(threads)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _quiet() -> Iterator[None]:
    """The launcher logs what its exceptions say as well, in banners."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
