"""A torch file of unknown origin as plain data and tensors."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

from robust_style.errors import CheckpointError
from robust_style.files.file_kind import kind_of
from robust_style.files.foreign.container import open_container
from robust_style.files.foreign.rebuild import builders, storage_of
from robust_style.files.inert_pickle import load_inert


def read_foreign(path: Path) -> object:
    """What `torch.save` wrote to `path`, whoever wrote it and with whatever pickle module (pickle, dill).

    Rebuilt are tensors (on the CPU, sharing storages as saved; parameters as tensors) and plain data; everything else
    is a Placeholder with the name it would have had. No code of the file or named in it is imported or run. Storages
    take at most the size of the file, however often they are used; the pickle has at most 2^24 opcodes.
    Raises CheckpointError if the file is missing or not of torch's zip or legacy layout, or if a tensor reaches
    outside its storage, or a storage outside the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"{path}: expected a file written by torch.save, found {error.strerror}; correct the path"
        ) from None
    try:
        container = open_container(content)
        storages = container.storages
        return load_inert(io.BytesIO(container.pickle), builders(), lambda identifier: storage_of(identifier, storages))
    # What damage raises depends on where it strikes.
    except (
        ArithmeticError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = kind_of(content[:64]) or shown(error)
        raise CheckpointError(
            f"{path}: expected a file written by torch.save, found {reason}; get the file anew"
        ) from None


def shown(found: object) -> str:
    """A stranger's text, or an error about it, in a message: one line, no control characters, not long."""
    # Of other things the kind: a number can have more digits than Python is willing to write.
    text = str(found) if isinstance(found, str | Exception) else type(found).__name__
    return ascii(" ".join(text.split()) or type(found).__name__)[1:-1][:100]
