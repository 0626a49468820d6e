"""A lock that one process at a time can hold, and that dies with it."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robust_style.errors import RobustStyleError


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Holds the lock file `path` while the block runs; the file is gone afterwards.

    The kernel releases the lock when its holder ends, however it ends, so that a file left behind locks nobody out.
    Raises RobustStyleError, naming the holder, if another process (an orphan of a killed workflow, say) holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _acquire(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(descriptor)


def _acquire(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace") or "another process"
            os.close(descriptor)
            raise RobustStyleError(
                f"{path}: expected no other process at work here, found {holder}; wait until it ends, or end it, "
                "and start again"
            ) from None
        if _is_current(descriptor, path):
            return descriptor
        # Its holder deleted the file between our opening and our locking: what we hold locks nothing.
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
