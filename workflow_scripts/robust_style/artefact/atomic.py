"""Files that appear under their final name whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from robust_style.artefact.storage import writing


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path`; renamed onto it when the block ends well, deleted when it does not.

    The temporary name keeps the suffix (Pillow and matplotlib choose the format by it) and lies in the same folder,
    so that the rename is atomic; file and folder are synced, so that it also survives a loss of power. Raises
    StorageError where the place cannot be written to, or is full.
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
    """Writes `content` to `path`, whole or not at all."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Writes `content` as UTF-8 to `path`, whole or not at all."""
    write_bytes(path, content.encode())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # Python cannot read the umask without setting it; scripts are single-threaded at this point.
    current = os.umask(0)
    os.umask(current)
    return current
