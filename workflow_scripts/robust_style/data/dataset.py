"""The prepared dataset that every network is trained and tested on: one uncompressed `.npz` of plain arrays."""

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.typing import DTypeLike, NDArray

from robust_style.errors import DatasetError
from robust_style.files.atomic import whole_file

# px; from five halvings of the image to the usual size of ImageNet.
SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 32, 224
_KEYS = ("train_images", "train_labels", "test_images", "test_labels", "class_names", "mean", "std")
# Arrays are written and checked in pieces of this size.
_PIECE_BYTES = 2**22
# Length of a zip's local header up to the member's name. Source: PKWARE's APPNOTE 6.3, section 4.3.7.
_LOCAL_HEADER_BYTES = 30


@dataclass(frozen=True)
class Dataset:
    """Training and test images with labels, and the normalisation constants.

    Images are sRGB, channels first, 0 to 255; `side` is a multiple of 32 from 32 to 224 px. Labels are indices into
    `class_names`. `mean` and `std` are per channel, on the pixel scale [0, 1].
    """

    train_images: UInt8[np.ndarray, "train 3 side side"]
    train_labels: Int64[np.ndarray, " train"]
    test_images: UInt8[np.ndarray, "test 3 side side"]
    test_labels: Int64[np.ndarray, " test"]
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def read_dataset(path: Path) -> Dataset:
    """Read and validate a dataset. Raises DatasetError if it is missing, damaged, or of another layout.

    Images are memory-mapped: a dataset may be larger than the memory, and processes share the system's cache. Writing
    to them changes neither the file nor what other processes read.
    """
    arrays = _load(path)
    _check(arrays, path)
    return Dataset(
        train_images=arrays["train_images"],
        train_labels=arrays["train_labels"],
        test_images=arrays["test_images"],
        test_labels=arrays["test_labels"],
        class_names=tuple(str(name) for name in arrays["class_names"]),
        mean=_triple(arrays["mean"]),
        std=_triple(arrays["std"]),
    )


def write_dataset(path: Path, dataset: Dataset) -> None:
    """Write `dataset` atomically; equal datasets give equal bytes. Raises DatasetError if it is invalid."""
    arrays = {
        "train_images": dataset.train_images,
        "train_labels": dataset.train_labels,
        "test_images": dataset.test_images,
        "test_labels": dataset.test_labels,
        "class_names": np.array(dataset.class_names, dtype=np.str_),
        "mean": np.array(dataset.mean, dtype=np.float64),
        "std": np.array(dataset.std, dtype=np.float64),
    }
    _check(arrays, path)
    with whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for key in _KEYS:
            _write_array(archive, key, arrays[key].shape, arrays[key].dtype, _pieces(arrays[key]))


def write_streamed(
    path: Path,
    *,
    side_px: int,
    train: tuple[Iterable[UInt8[np.ndarray, "_ 3 {side_px} {side_px}"]], Int64[np.ndarray, " train"]],
    test: tuple[Iterable[UInt8[np.ndarray, "_ 3 {side_px} {side_px}"]], Int64[np.ndarray, " test"]],
    class_names: tuple[str, ...],
    normalisation: Callable[[], tuple[tuple[float, float, float], tuple[float, float, float]]],
) -> None:
    """Write a dataset whose images arrive in pieces, with the same bytes as `write_dataset`.

    `train` and `test` are images and labels; `normalisation` is called once after all images and gives mean and std.
    """
    names = np.array(class_names, dtype=np.str_)
    with whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for part, (images, labels) in {"train": train, "test": test}.items():
            _write_array(archive, f"{part}_images", (len(labels), 3, side_px, side_px), np.uint8, images)
            _write_array(archive, f"{part}_labels", labels.shape, labels.dtype, [labels])
        _write_array(archive, "class_names", names.shape, names.dtype, [names])
        for key, value in zip(("mean", "std"), normalisation(), strict=True):
            _write_array(archive, key, (3,), np.float64, [np.array(value)])


def is_side(side_px: int) -> bool:
    """True if `side_px` is a valid image side: a multiple of 32 from 32 to 224."""
    return SMALLEST_SIDE_PX <= side_px <= LARGEST_SIDE_PX and side_px % SMALLEST_SIDE_PX == 0


def balanced_subset(labels: NDArray[Any], classes: int, size: int | None, key: str) -> NDArray[Any]:
    """Ascending positions of the first `size / classes` images of each class; None: of all images.

    Raises DatasetError, naming the configuration `key`, if `size` is no multiple of `classes` or too large.
    """
    if size is None:
        return np.arange(len(labels))
    if size <= 0 or size % classes:
        raise DatasetError(f"{key} is {size}. It must be a positive multiple of {classes}, the number of classes.")
    available = int(np.bincount(labels, minlength=classes).min())
    if size // classes > available:
        raise DatasetError(
            f"{key} is {size}. It can be at most {available * classes} (the rarest class has {available} images), or "
            "null for all images."
        )
    chosen = [np.flatnonzero(labels == label)[: size // classes] for label in range(classes)]
    return np.sort(np.concatenate(chosen))


def _write_array(
    archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], dtype: DTypeLike, pieces: Iterable[NDArray[Any]]
) -> None:
    """Write the array `name` from `pieces` in order. The bytes do not depend on the sizes of the pieces.

    Raises ValueError if the pieces do not add up to `shape`.
    """
    dtype = np.dtype(dtype)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
    missing_bytes = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    # Not numpy.savez: a ZipInfo created here has a fixed date (1980) in every version of numpy.
    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for piece in pieces:
            contiguous = np.ascontiguousarray(piece, dtype=dtype)
            missing_bytes -= contiguous.nbytes
            member.write(contiguous.tobytes())
    if missing_bytes:
        raise ValueError(f"{name}: the pieces have {missing_bytes} bytes too few for {shape}")


def _pieces(array: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """`array` cut along its first axis, about 4 MiB each."""
    rows = max(1, _PIECE_BYTES * len(array) // max(1, array.nbytes))
    return (array[first : first + rows] for first in range(0, len(array), rows))


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return _read_arrays(path, mapped=("train_images", "test_images"))
    except FileNotFoundError:
        raise DatasetError(f"{path}: no prepared dataset. Run rule prepare_dataset.") from None
    except PermissionError:
        raise DatasetError(f"{path}: permission denied. Permit reading the dataset.") from None
    # The exception depends on the damaged byte: RuntimeError is a bit that marks a member as encrypted, TokenError is
    # raised by numpy's parser of headers.
    except (
        zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, ValueError, EOFError, OSError, RuntimeError,
    ) as error:  # fmt: skip
        raise _error(path, f"the file is damaged ({error})") from error


def _read_arrays(path: Path, mapped: Collection[str]) -> dict[str, NDArray[Any]]:
    """The arrays in `path` by name, their checksums verified; those in `mapped` are memory-mapped if uncompressed.

    Raises ValueError for arrays of objects, which could run code, and the errors of zipfile and numpy for damage.
    """
    arrays = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name = info.filename.removesuffix(".npy")
            if name in mapped and info.compress_type == zipfile.ZIP_STORED:
                arrays[name] = _map_array(archive, info, path)
            else:
                arrays[name] = np.lib.format.read_array(io.BytesIO(archive.read(info)), allow_pickle=False)
    return arrays


def _map_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> NDArray[Any]:
    with archive.open(info) as member:
        if np.lib.format.read_magic(member) != (1, 0):
            raise ValueError(f"{info.filename} has another version of the npy format than 1.0")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(member)
        offset = member.tell()
        while member.read(_PIECE_BYTES):  # to the end, where zipfile verifies the checksum
            pass
    if dtype.hasobject:
        raise ValueError(f"{info.filename} holds objects")
    size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
    if offset + size != info.file_size:
        raise ValueError(f"{info.filename}: the header does not match the size")
    if size == 0:  # cannot be mapped
        return np.zeros(shape, dtype)
    with path.open("rb") as stream:
        stream.seek(info.header_offset)
        local = stream.read(_LOCAL_HEADER_BYTES)
    # The lengths of the member's name and of its extra field are the last four bytes.
    offset += info.header_offset + len(local) + sum(int.from_bytes(local[at : at + 2], "little") for at in (26, 28))
    stored: NDArray[Any] = np.memmap(path, dtype, "c", offset, shape, "F" if is_fortran else "C")
    return np.asarray(stored)


def _check(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    if set(arrays) != set(_KEYS):
        raise _error(path, f"it holds the arrays {', '.join(sorted(arrays)) or 'none'} instead of {', '.join(_KEYS)}")
    names = arrays["class_names"]
    if names.dtype.kind != "U" or names.ndim != 1 or len(names) < 2:
        raise _error(path, f"class_names is {names.dtype} {names.shape} instead of two names or more")
    for part in ("train", "test"):
        _check_part(arrays[f"{part}_images"], arrays[f"{part}_labels"], len(names), part, path)
    train_side, test_side = (arrays[f"{part}_images"].shape[-1] for part in ("train", "test"))
    if train_side != test_side:
        raise _error(path, f"train_images have {train_side} px, test_images {test_side} px")
    for key in ("mean", "std"):
        value = arrays[key]
        if value.dtype != np.float64 or value.shape != (3,) or not np.isfinite(value).all():
            raise _error(path, f"{key} is {value.dtype} {value.shape} instead of three finite float64")
    if (arrays["std"] <= 0).any():
        raise _error(path, f"std is {arrays['std'].tolist()}, not above 0")


def _check_part(images: NDArray[Any], labels: NDArray[Any], classes: int, part: str, path: Path) -> None:
    side = images.shape[-1] if images.ndim == 4 else 0
    if images.dtype != np.uint8 or not is_side(side) or images.shape[1:] != (3, side, side) or len(images) == 0:
        raise _error(path, f"{part}_images is {images.dtype} {images.shape} instead of uint8 (n, 3, side, side)")
    if labels.dtype != np.int64 or labels.shape != (len(images),):
        raise _error(path, f"{part}_labels is {labels.dtype} {labels.shape} instead of int64 ({len(images)},)")
    if labels.min() < 0 or labels.max() >= classes:
        raise _error(path, f"{part}_labels are {labels.min()} to {labels.max()} instead of 0 to {classes - 1}")


def _error(path: Path, problem: str) -> DatasetError:
    return DatasetError(f"{path}: {problem}. If the workflow made it, delete it and run rule prepare_dataset again.")


def _triple(values: NDArray[Any]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
