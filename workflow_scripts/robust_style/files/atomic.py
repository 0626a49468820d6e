"""Files and folders that are written completely or not at all, JSON files, storage errors, and a lock."""

import errno
import fcntl
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from robust_style.errors import ResultError, RobustStyleError, StorageError

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota",
    errno.EFBIG: "raise the limit on the size of a file (`ulimit -f`)",
    errno.EROFS: "write somewhere else (`pathvars.results`), or mount it for writing",
    errno.EACCES: "ask its owner, or write somewhere else (`pathvars.results`)",
    errno.EPERM: "ask its owner, or write somewhere else (`pathvars.results`)",
    errno.EIO: "have the disk looked at",
    errno.ENOTDIR: "move the file that is in its way",
    errno.ENAMETOOLONG: "choose shorter names",
}


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it replaces `path` if the block succeeds and is deleted if it fails.

    The temporary name keeps the suffix, by which Pillow and matplotlib choose the format. It lies in the same folder,
    so the rename is atomic; file and folder are synced, so it survives a power loss.
    Raises StorageError if the file cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # only the beginning of the name, so that the temporary one is no longer than a file system allows
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:20]}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        unfinished = Path(name)
        try:
            yield unfinished
            _sync(unfinished)
            unfinished.chmod(0o666 & ~_umask())
            unfinished.replace(path)
            _sync(path.parent)
        except BaseException:
            with suppress(FileNotFoundError):
                unfinished.unlink()
            raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` atomically. Raises StorageError if it cannot be written."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write `content` as UTF-8 to `path` atomically. Raises StorageError if it cannot be written."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: object) -> None:
    """Write plain data as indented JSON atomically. Raises ValueError for NaN and infinity."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file. Raises ResultError if it is missing or not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultError(f"{path}: expected a JSON file, found none; run the workflow again to make it") from None
    except ValueError as error:
        raise ResultError(f"{path}: expected JSON, found damage ({error}); delete the file and run again") from None


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`; it replaces `path` if the block succeeds and is deleted if it fails.

    No file of an older folder remains. Raises StorageError if the folder cannot be written.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            yield unfinished
            # mkdtemp gives access to the owner only.
            unfinished.chmod(path.parent.stat().st_mode & 0o777)
            shutil.rmtree(path, ignore_errors=True)
            unfinished.replace(path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn storage failures inside the block into a StorageError that names `path`."""
    try:
        yield
    except OSError as error:
        if (failure := storage_error(path, error)) is None:
            raise
        raise failure from error


def storage_error(path: Path | str, error: OSError) -> StorageError | None:
    """Return the message for a failure of the storage; None for any other OSError, which is a defect of the code."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    return StorageError(
        f"{path}: expected to write there, found: {(error.strerror or '').lower()}; {remedy} and run again, what is "
        "finished is kept"
    )


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; the file is deleted afterwards.

    The kernel releases the lock when the process ends in any way, so a file left behind blocks nobody.
    Raises RobustStyleError, naming the holder, if another process (such as an orphan of a killed workflow) holds it.
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
        # Its holder deleted the file between our open and our lock: a lock on a deleted file excludes nobody.
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # Python can read the umask only by setting it; scripts have one thread at this point.
    current = os.umask(0)
    os.umask(current)
    return current
