"""CIFAR-10 out of its archive, in memory: nothing is ever extracted to the disk."""

import gzip
import io
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robust_style.data.dataset import Dataset
from robust_style.data.pickles import unpickle
from robust_style.errors import DatasetError

# Mean and deviation per channel of the training images, as the `robustness` library rounds them.
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
CIFAR10_STD = (0.2023, 0.1994, 0.2010)
_CLASSES = 10
_TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
_TEST = ("test_batch",)
_RECORD_BYTES = 1 + 3 * 32 * 32

# Unpacked, the official archives are 184 MB; what grows to more is no CIFAR-10 but a bomb.
_LARGEST_BYTES = 512 * 2**20

_BINARY = {f"cifar-10-batches-bin/{name}.bin" for name in _TRAIN + _TEST} | {"cifar-10-batches-bin/batches.meta.txt"}
_PYTHON = {f"cifar-10-batches-py/{name}" for name in (*_TRAIN, *_TEST, "batches.meta")}


def read_archive(path: Path) -> Dataset:
    """All images of a CIFAR-10 archive (`.tar.gz`) in the official binary or python layout, in the official order.

    Smaller archives of the same layout are welcome: any whole number of records in each batch.
    Raises DatasetError for a damaged or truncated archive, a missing or repeated member, a member that is not a
    regular file, a size that is no whole number of records, a label outside 0 to 9, or a pickle that asks for code.
    Source: Krizhevsky 2009, and the format on the authors' page.
    """
    members = _members(path)
    if set(members) == _BINARY:
        images, labels, names = _read_binary(members, path)
    elif set(members) == _PYTHON:
        images, labels, names = _read_python(members, path)
    else:
        wanted = _PYTHON if set(members) & _PYTHON and not set(members) & _BINARY else _BINARY
        raise DatasetError(
            f"{path}: expected the members of CIFAR-10, found no {', '.join(sorted(wanted - set(members)))} "
            f"{'beside members of another layout ' if set(members) - wanted else ''}; get the archive anew"
        )
    if len(names) != _CLASSES:
        raise DatasetError(f"{path}: expected {_CLASSES} class names, found {len(names)}; get the archive anew")
    return Dataset(
        train_images=np.concatenate([images[name] for name in _TRAIN]),
        train_labels=np.concatenate([labels[name] for name in _TRAIN]),
        test_images=images[_TEST[0]],
        test_labels=labels[_TEST[0]],
        class_names=tuple(names),
        mean=CIFAR10_MEAN,
        std=CIFAR10_STD,
    )


def _members(path: Path) -> dict[str, bytes]:
    """The known members by name. Every other member is passed over unread."""
    found: dict[str, bytes] = {}
    try:
        with path.open("rb") as raw, gzip.GzipFile(fileobj=raw) as unzipped:
            stream = _Bounded(unzipped, path)
            # "r|": strictly forwards, so that no header can send us back or make us read a member twice.
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    name = member.name.removeprefix("./")
                    if name in _BINARY | _PYTHON:
                        found[name] = _read_member(archive, member, name in found, path)
            while stream.read(2**20):  # to the end, where gzip keeps its checksum
                pass
    except FileNotFoundError:
        raise DatasetError(f"{path}: expected the archive of CIFAR-10, found none; run rule fetch_dataset") from None
    except PermissionError:
        raise DatasetError(f"{path}: expected to read it, found permission denied; permit reading it") from None
    # OSError includes gzip.BadGzipFile; EOFError is a truncated one; the others are headers that make no sense.
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, ArithmeticError, LookupError) as error:
        raise DatasetError(
            f"{path}: expected a whole .tar.gz, found damage ({error}); delete it and fetch it anew"
        ) from error
    return found


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, is_repeated: bool, path: Path) -> bytes:
    if is_repeated:
        raise DatasetError(f"{path}: expected {member.name} once, found it twice; get the archive anew")
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or member.issparse():
        raise DatasetError(f"{path}: expected {member.name} as a regular file, found another kind; do not use it")
    read = content.read()
    if len(read) != member.size:
        raise EOFError(f"{member.name} ends after {len(read)} of {member.size} bytes")
    return read


def _read_binary(
    members: dict[str, bytes], path: Path
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], list[str]]:
    images, labels = {}, {}
    for name in _TRAIN + _TEST:
        content = members[f"cifar-10-batches-bin/{name}.bin"]
        if not content or len(content) % _RECORD_BYTES:
            raise DatasetError(
                f"{path}: expected {name}.bin of whole records of {_RECORD_BYTES} bytes, found {len(content)} bytes; "
                "get the archive anew"
            )
        records = np.frombuffer(content, dtype=np.uint8).reshape(-1, _RECORD_BYTES)
        images[name], labels[name] = _checked(records[:, 1:], records[:, 0], name, path)
    try:
        names = members["cifar-10-batches-bin/batches.meta.txt"].decode("ascii").split()
    except UnicodeDecodeError:
        raise DatasetError(
            f"{path}: expected class names in batches.meta.txt, found other bytes; get the archive anew"
        ) from None
    return images, labels, names


def _read_python(
    members: dict[str, bytes], path: Path
) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]], list[str]]:
    images, labels = {}, {}
    for name in _TRAIN + _TEST:
        batch = unpickle(members[f"cifar-10-batches-py/{name}"], f"{path}: {name}")
        data, numbers = batch.get(b"data"), batch.get(b"labels")
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != 3072:
            found = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
            raise _not_held(path, f"{name} to hold data uint8 (n, 3072)", found)
        if not isinstance(numbers, list) or not all(type(label) is int and 0 <= label < 256 for label in numbers):
            found = "other things in it" if isinstance(numbers, list) else type(numbers).__name__
            raise _not_held(path, f"{name} to hold a list of labels", found)
        images[name], labels[name] = _checked(data, np.array(numbers, dtype=np.uint8), name, path)
    names = unpickle(members["cifar-10-batches-py/batches.meta"], f"{path}: batches.meta").get(b"label_names")
    if not isinstance(names, list) or not all(isinstance(name, bytes) for name in names):
        raise _not_held(path, "batches.meta to hold label_names", type(names).__name__)
    return images, labels, [name.decode("ascii", errors="replace") for name in names]


def _not_held(path: Path, expected: str, found: str) -> DatasetError:
    return DatasetError(f"{path}: expected {expected}, found {found}; get the archive anew")


def _checked(pixels: NDArray[Any], labels: NDArray[Any], name: str, path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    if len(labels) != len(pixels) or len(labels) == 0:
        raise DatasetError(
            f"{path}: expected a label for each image of {name}, found {len(labels)} labels and {len(pixels)} images; "
            "get the archive anew"
        )
    if labels.max() >= _CLASSES:
        raise DatasetError(
            f"{path}: expected labels 0 to {_CLASSES - 1} in {name}, found {labels.max()}; get the archive anew"
        )
    return np.ascontiguousarray(pixels.reshape(-1, 3, 32, 32)), labels.astype(np.int64)


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than an archive of CIFAR-10 can hold."""

    def __init__(self, stream: gzip.GzipFile, path: Path) -> None:
        self._stream = stream
        self._path = path
        self._given = 0

    def read(self, size: int = -1, /) -> bytes:
        content = self._stream.read(min(size, 2**20) if size >= 0 else 2**20)
        self._given += len(content)
        if self._given > _LARGEST_BYTES:
            raise DatasetError(
                f"{self._path}: expected at most {_LARGEST_BYTES // 2**20} MiB unpacked, found more; do not use it"
            )
        return content
