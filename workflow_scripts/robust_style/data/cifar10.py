"""CIFAR-10, read from its archive in memory: nothing is extracted to disk."""

import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robust_style.data.dataset import Dataset
from robust_style.errors import DatasetError
from robust_style.files.inert_pickle import Placeholder, load_inert

# Mean and standard deviation per channel of the training images, rounded as in the `robustness` library.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2023, 0.1994, 0.2010)
_CLASSES = 10
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = "test_batch"
_RECORD_BYTES = 1 + 3 * 32 * 32

# The official archives have 184 MB unpacked; a larger one is a decompression bomb.
_MAX_BYTES = 512 * 2**20

_BINARY = {f"cifar-10-batches-bin/{name}.bin" for name in (*_TRAIN, _TEST)} | {"cifar-10-batches-bin/batches.meta.txt"}
_PYTHON = {f"cifar-10-batches-py/{name}" for name in (*_TRAIN, _TEST, "batches.meta")}

_Batch = tuple[NDArray[Any], NDArray[Any]]


def read_archive(path: Path) -> Dataset:
    """All images of a CIFAR-10 archive (`.tar.gz`, official binary or python layout) in the official order.

    Smaller archives of the same layout are accepted: any number of whole records per batch.
    Raises DatasetError for a damaged archive, a missing or repeated member, a member that is not a regular file, an
    incomplete record, or a label outside 0 to 9. Pickles are read without running their code.
    Source: Krizhevsky 2009, and the format described on the author's page.
    """
    members = _read_members(path)
    if set(members) == _BINARY:
        batches, names = _read_binary(members, path)
    elif set(members) == _PYTHON:
        batches, names = _read_python(members, path)
    else:
        layout = _PYTHON if set(members) & _PYTHON and not set(members) & _BINARY else _BINARY
        problem = f"no {', '.join(sorted(layout - set(members)))}" if layout - set(members) else "both layouts"
        raise _error(path, f"not the members of CIFAR-10 ({problem})")
    if len(names) != _CLASSES:
        raise _error(path, f"{len(names)} class names instead of {_CLASSES}")
    test_images, test_labels = batches[_TEST]
    return Dataset(
        train_images=np.concatenate([batches[name][0] for name in _TRAIN]),
        train_labels=np.concatenate([batches[name][1] for name in _TRAIN]),
        test_images=test_images,
        test_labels=test_labels,
        class_names=tuple(names),
        mean=CIFAR10_MEAN,
        std=CIFAR10_STD,
    )


def _read_members(path: Path) -> dict[str, bytes]:
    """Contents of the known members by name. Other members are skipped."""
    members: dict[str, bytes] = {}
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as unzipped:
            stream = _BoundedStream(unzipped, path)
            # "r|": sequential, so that no header can make a member be read twice.
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if name not in _BINARY | _PYTHON:
                        continue
                    if name in members:
                        raise _error(path, f"{name} appears twice")
                    members[name] = _read_member(archive, member, path)
            while stream.read(2**20):  # to the end, where gzip stores its checksum
                pass
    except FileNotFoundError:
        raise DatasetError(f"{path}: no such archive. Run rule fetch_dataset.") from None
    except PermissionError:
        raise DatasetError(f"{path}: permission denied. Permit reading it.") from None
    # OSError includes gzip.BadGzipFile, EOFError a truncated file; the others come from malformed headers.
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, ArithmeticError, LookupError) as error:
        raise _error(path, f"not a complete .tar.gz ({error})") from error
    return members


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes:
    stream = archive.extractfile(member) if member.isreg() else None
    if stream is None or member.issparse():
        raise _error(path, f"{member.name} is not a regular file")
    content = stream.read()
    if len(content) != member.size:
        raise EOFError(f"{member.name} ends after {len(content)} of {member.size} bytes")
    return content


def _read_binary(members: dict[str, bytes], path: Path) -> tuple[dict[str, _Batch], list[str]]:
    batches = {}
    for name in (*_TRAIN, _TEST):
        content = members[f"cifar-10-batches-bin/{name}.bin"]
        if not content or len(content) % _RECORD_BYTES:
            raise _error(path, f"{name}.bin has {len(content)} bytes, no multiple of {_RECORD_BYTES}")
        records = np.frombuffer(content, dtype=np.uint8).reshape(-1, _RECORD_BYTES)
        batches[name] = _check_batch(records[:, 1:], records[:, 0], name, path)
    return batches, _decode(members["cifar-10-batches-bin/batches.meta.txt"].split(), path)


def _read_python(members: dict[str, bytes], path: Path) -> tuple[dict[str, _Batch], list[str]]:
    batches = {}
    for name in (*_TRAIN, _TEST):
        batch = _unpickle(members[f"cifar-10-batches-py/{name}"], name, path)
        pixels, labels = _array(batch.get(b"data")), batch.get(b"labels")
        if pixels is None or pixels.shape[1] != _RECORD_BYTES - 1:
            raise _error(path, f"data in {name} is no array of uint8 with {_RECORD_BYTES - 1} columns")
        if not isinstance(labels, list) or not all(type(label) is int and 0 <= label < 256 for label in labels):
            raise _error(path, f"labels in {name} is no list of labels")
        batches[name] = _check_batch(pixels, np.array(labels, dtype=np.uint8), name, path)
    names = _unpickle(members["cifar-10-batches-py/batches.meta"], "batches.meta", path).get(b"label_names")
    if not isinstance(names, list):
        raise _error(path, "batches.meta has no list label_names")
    return batches, _decode([_bytes(name) for name in names], path)


def _unpickle(content: bytes, name: str, path: Path) -> dict[object, object]:
    """The dictionary in a pickled batch, with keys as bytes."""
    try:
        batch = load_inert(io.BytesIO(content))
    # The exception depends on the damaged opcode.
    except (ValueError, LookupError, ArithmeticError, MemoryError, TypeError) as error:
        raise _error(path, f"{name} is no pickle ({error})") from error
    if not isinstance(batch, dict):
        raise _error(path, f"{name} holds {type(batch).__name__} instead of a dictionary")
    return {_bytes(key): value for key, value in batch.items()}


def _array(pickled: object) -> NDArray[np.uint8] | None:
    """The two-dimensional array of uint8 that numpy pickled; None for anything else.

    The state of a pickled array: version, shape, dtype, whether it is in Fortran order, bytes.
    """
    match pickled:
        # numpy.core: numpy 1. numpy._core: numpy 2.
        case Placeholder(
            origin="numpy.core.multiarray._reconstruct" | "numpy._core.multiarray._reconstruct",
            state=(1, (int() as rows, int() as columns), Placeholder(arguments=(code, *_)), False | 0, content),
        ) if _bytes(code) == b"u1":
            data = _bytes(content)
            if isinstance(data, bytes) and min(rows, columns) >= 0 and rows * columns == len(data):
                return np.frombuffer(data, dtype=np.uint8).reshape(rows, columns)
    return None


def _bytes(value: object) -> object:
    """Byte strings of Python 2 as bytes (`load_inert` gives latin-1 text); other objects unchanged."""
    try:
        return value.encode("latin-1") if isinstance(value, str) else value
    except UnicodeEncodeError:
        return value


def _decode(names: list[Any], path: Path) -> list[str]:
    try:
        return [name.decode("ascii") for name in names]
    except (UnicodeDecodeError, AttributeError):
        raise _error(path, "the class names are not ASCII text") from None


def _check_batch(pixels: NDArray[Any], labels: NDArray[Any], name: str, path: Path) -> _Batch:
    if len(labels) != len(pixels) or len(labels) == 0:
        raise _error(path, f"{name} has {len(labels)} labels and {len(pixels)} images")
    if labels.max() >= _CLASSES:
        raise _error(path, f"{name} has label {labels.max()}; labels are 0 to {_CLASSES - 1}")
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32)), labels.astype(np.int64)


def _error(path: Path, problem: str) -> DatasetError:
    return DatasetError(f"{path}: {problem}. Delete the archive and get it again.")


class _BoundedStream(io.RawIOBase):
    """A stream that gives at most `_MAX_BYTES`."""

    def __init__(self, stream: gzip.GzipFile, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._read_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(min(size, 2**20) if size >= 0 else 2**20)
        self._read_bytes += len(content)
        if self._read_bytes > _MAX_BYTES:
            raise _error(self._path, f"more than {_MAX_BYTES // 2**20} MiB unpacked")
        return content
