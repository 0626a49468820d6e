"""What the system says of a place that it cannot write to, in words that help."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from robust_style.errors import StorageError

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


def storage_error(path: Path | str, error: OSError) -> StorageError | None:
    """The error in one sentence, if it is one of storage: none is of a defect of ours."""
    remedy = _REMEDIES.get(error.errno or 0)
    if remedy is None:
        return None
    return StorageError(
        f"{path}: expected to write there, found: {(error.strerror or '').lower()}; {remedy} and run again, what is "
        "finished is kept"
    )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Inside, a failure of the storage becomes a StorageError that names `path`."""
    try:
        yield
    except OSError as error:
        if (said := storage_error(path, error)) is None:
            raise
        raise said from error
