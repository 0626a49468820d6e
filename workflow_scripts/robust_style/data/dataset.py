"""The prepared dataset: what every network is trained and tested on, as one file of plain arrays."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8
from numpy.typing import NDArray

from robust_style.artefact.atomic import whole_file
from robust_style.data.stored_arrays import in_pieces, read_arrays, write_member
from robust_style.errors import DatasetError

# px; the sides that networks which halve an image five times can take, up to ImageNet's usual one.
SMALLEST_SIDE_PX, LARGEST_SIDE_PX = 32, 224
_KEYS = ("train_images", "train_labels", "test_images", "test_labels", "class_names", "mean", "std")


@dataclass(frozen=True)
class Dataset:
    """Images and labels of training and test, with the constants that normalise them.

    Images are sRGB, channels first, 0 to 255; `side` is a multiple of 32 from 32 to 224 px. Labels count from 0 and
    index `class_names`. `mean` and `std` are per channel, on the pixel scale [0, 1].
    """

    train_images: UInt8[np.ndarray, "train 3 side side"]
    train_labels: Int64[np.ndarray, " train"]
    test_images: UInt8[np.ndarray, "test 3 side side"]
    test_labels: Int64[np.ndarray, " test"]
    class_names: tuple[str, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def read_dataset(path: Path) -> Dataset:
    """The dataset in `path`, verified. Raises DatasetError if it is missing, damaged, or of another layout.

    Its images stay in the file (memory-mapped): a dataset larger than the memory can be read.
    """
    arrays = _load(path)
    _check(arrays, path)
    return Dataset(
        train_images=arrays["train_images"],
        train_labels=arrays["train_labels"],
        test_images=arrays["test_images"],
        test_labels=arrays["test_labels"],
        class_names=tuple(str(name) for name in arrays["class_names"]),
        mean=_three(arrays["mean"]),
        std=_three(arrays["std"]),
    )


def write_dataset(path: Path, dataset: Dataset) -> None:
    """Writes `dataset` as an uncompressed `.npz`, whole or not at all; equal datasets give equal bytes.

    Raises DatasetError before anything is written if the dataset is not one that `read_dataset` would accept.
    """
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
            write_member(archive, key, arrays[key].shape, arrays[key].dtype, in_pieces(arrays[key]))


def write_streamed(
    path: Path,
    *,
    side_px: int,
    train: tuple[Iterable[UInt8[np.ndarray, "_ 3 {side_px} {side_px}"]], Int64[np.ndarray, " train"]],
    test: tuple[Iterable[UInt8[np.ndarray, "_ 3 {side_px} {side_px}"]], Int64[np.ndarray, " test"]],
    class_names: tuple[str, ...],
    normalisation: Callable[[], tuple[tuple[float, float, float], tuple[float, float, float]]],
) -> None:
    """Writes what `write_dataset` would, of images that come in pieces and are never in memory together.

    `train` and `test` are images and labels; `normalisation` is asked for mean and std once all images are written.
    """
    names = np.array(class_names, dtype=np.str_)
    with whole_file(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for part, (images, labels) in {"train": train, "test": test}.items():
            write_member(archive, f"{part}_images", (len(labels), 3, side_px, side_px), np.uint8, images)
            write_member(archive, f"{part}_labels", labels.shape, labels.dtype, [labels])
        write_member(archive, "class_names", names.shape, names.dtype, [names])
        for key, value in zip(("mean", "std"), normalisation(), strict=True):
            write_member(archive, key, (3,), np.float64, [np.array(value)])


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        return read_arrays(path, mapped=("train_images", "test_images"))
    except FileNotFoundError:
        raise DatasetError(f"{path}: expected a prepared dataset, found none; run rule prepare_dataset") from None
    except PermissionError:
        raise DatasetError(f"{path}: expected to read it, found permission denied; permit reading it") from None
    # What damage raises depends on where it strikes: RuntimeError is a bit that says the member is encrypted.
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, EOFError, OSError, RuntimeError) as error:
        raise DatasetError(
            f"{path}: expected a prepared dataset (.npz), found damage ({error}); delete it and run prepare_dataset"
        ) from error


def _check(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    if set(arrays) != set(_KEYS):
        raise _refused(path, f"the arrays {', '.join(_KEYS)}", ", ".join(sorted(arrays)) or "none")
    names = arrays["class_names"]
    if names.dtype.kind != "U" or names.ndim != 1 or len(names) < 2:
        raise _refused(path, "class_names to be at least two names", f"{names.dtype} of shape {names.shape}")
    for part in ("train", "test"):
        _check_part(arrays[f"{part}_images"], arrays[f"{part}_labels"], len(names), part, path)
    sides = [arrays[f"{part}_images"].shape[-1] for part in ("train", "test")]
    if sides[0] != sides[1]:
        raise _refused(path, f"test_images of {sides[0]} px as train_images", f"{sides[1]} px")
    for key in ("mean", "std"):
        value = arrays[key]
        if value.dtype != np.float64 or value.shape != (3,) or not np.isfinite(value).all():
            raise _refused(path, f"{key} to be three finite float64", f"{value.dtype} of shape {value.shape}")
    if (arrays["std"] <= 0).any():
        raise _refused(path, "std above 0", str(arrays["std"].tolist()))


def _check_part(images: NDArray[Any], labels: NDArray[Any], classes: int, part: str, path: Path) -> None:
    side = images.shape[-1] if images.ndim == 4 else 0
    if images.dtype != np.uint8 or not is_side(side) or images.shape[1:] != (3, side, side) or len(images) == 0:
        raise _refused(path, f"{part}_images to be uint8 (n, 3, side, side)", f"{images.dtype} {images.shape}")
    if labels.dtype != np.int64 or labels.shape != (len(images),):
        raise _refused(path, f"{part}_labels to be int64 ({len(images)},)", f"{labels.dtype} {labels.shape}")
    if labels.min() < 0 or labels.max() >= classes:
        raise _refused(path, f"{part}_labels from 0 to {classes - 1}", f"{labels.min()} to {labels.max()}")


def is_side(side_px: int) -> bool:
    """Whether images of a dataset may have so many px: a multiple of 32, from 32 to 224."""
    return SMALLEST_SIDE_PX <= side_px <= LARGEST_SIDE_PX and side_px % SMALLEST_SIDE_PX == 0


def _refused(path: Path, expected: str, found: str) -> DatasetError:
    return DatasetError(f"{path}: expected {expected}, found {found}; delete it and run rule prepare_dataset again")


def _three(values: NDArray[Any]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third
