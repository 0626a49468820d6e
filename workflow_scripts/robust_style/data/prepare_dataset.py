"""Prepare the dataset that every network of a run is trained and tested on."""

import multiprocessing
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from robust_style.data.cifar10 import read_archive
from robust_style.data.dataset import Dataset, balanced_subset, is_side, write_dataset, write_streamed
from robust_style.data.image_folder import Classes, Images, read_folder
from robust_style.data.phototiles import make_phototiles
from robust_style.data.square_image import Unusable, read_square
from robust_style.errors import ConfigError, DatasetError

# Numbers of unusable images and of classes named in a message.
_NAMED_IMAGES, _NAMED_CLASSES = 3, 20
# Images per task: enough to make the communication cheap, few enough to balance the processes.
_IMAGES_PER_TASK = 64
# Tasks queued or running per process; they bound the memory.
_TASKS_PER_PROCESS = 3
_WHITE = 255
# Lower bound of the standard deviation for images of one colour; it is below a thousandth of a grey level.
_MIN_STD = 1e-6

Batch = UInt8[np.ndarray, "images 3 side side"]
_Triple = tuple[float, float, float]


def prepare_dataset(
    *,
    name: str,
    archive: Path | None,
    train_size: int | None,
    test_size: int | None,
    dataset: Path,
    folder: Path | None = None,
    classes: Classes | None = None,
    size_px: int = 64,
    processes: int = 1,
) -> None:
    """Write dataset `name` to `dataset` and a summary to stderr.

    `cifar10` is read from `archive`, `phototiles` is cut from photographs of scikit-image, `folder` holds the user's
    images (with `classes`, `size_px` and `processes`, see `prepare_folder`). Sizes are class-balanced; None takes all
    images. Raises DatasetError for a damaged archive, an unusable folder or an impossible size, ConfigError for an
    unknown name, or a missing archive or folder.
    """
    if name == "folder":
        if folder is None:
            raise ConfigError("dataset.path is null. Name the folder of images.")
        prepare_folder(
            path=folder,
            classes=classes,
            size_px=size_px,
            train_size=train_size,
            test_size=test_size,
            processes=processes,
            dataset=dataset,
        )
        return
    prepared = _make(name, archive, train_size, test_size)
    write_dataset(dataset, prepared)
    print(
        f"{name}: {len(prepared.train_labels)} training and {len(prepared.test_labels)} test images "
        f"of {len(prepared.class_names)} classes ({', '.join(prepared.class_names)})",
        file=sys.stderr,
    )


def prepare_folder(
    *,
    path: Path,
    classes: Classes | None,
    size_px: int,
    train_size: int | None,
    test_size: int | None,
    processes: int,
    dataset: Path,
) -> None:
    """Write the images below `path` (`image_folder.read_folder`) as squares of `size_px` to `dataset`.

    The file has 3 size_px^2 bytes per image. Images are written as they are decoded and are never in memory together.
    Mean and standard deviation are those of the training images. Equal folders give equal bytes.
    Raises ConfigError for a side that is no multiple of 32 from 32 to 224, DatasetError for a folder of another layout,
    an impossible size, or images that cannot be decoded (with their number).
    """
    if not is_side(size_px):
        raise ConfigError(f"dataset.size_px is {size_px}. It must be a multiple of 32 from 32 to 224.")
    folder = read_folder(path, classes)
    count = len(folder.class_names)
    train = _subset(folder.train, count, train_size, "dataset.train_size")
    test = _subset(folder.test, count, test_size, "dataset.test_size")
    statistics = ChannelStatistics()
    unusable: list[Unusable] = []

    def normalisation() -> tuple[_Triple, _Triple]:
        """Called after the last image, before the file gets its name."""
        _check_usable(unusable)
        return statistics.normalisation()

    write_streamed(
        dataset,
        side_px=size_px,
        train=(statistics.count(decode_images(train.paths, size_px, processes, unusable)), _labels(train)),
        test=(decode_images(test.paths, size_px, processes, unusable), _labels(test)),
        class_names=folder.class_names,
        normalisation=normalisation,
    )
    names = ", ".join(folder.class_names[:_NAMED_CLASSES]) + (", …" if count > _NAMED_CLASSES else "")
    print(
        f"folder: {len(train.labels)} training and {len(test.labels)} test images of {count} classes ({names}), "
        f"{size_px} px, {dataset.stat().st_size / 1e6:.1f} MB",
        file=sys.stderr,
    )


def decode_images(paths: Sequence[str], side_px: int, processes: int, unusable: list[Unusable]) -> Iterator[Batch]:
    """Decode the images (`square_image.read_square`) in batches, in the order of `paths` for any number of processes.

    An unusable image is black in its batch and is appended to `unusable`. Raises DatasetError if a process is killed.
    """
    tasks = [paths[first : first + _IMAGES_PER_TASK] for first in range(0, len(paths), _IMAGES_PER_TASK)]
    for images, refused in _run_in_order(tasks, side_px, processes):
        unusable += refused
        yield images


@dataclass
class ChannelStatistics:
    """Sums over all pixels per channel, in integers: exact, whatever the batches and their order."""

    pixels: int = 0
    sums: list[int] = field(default_factory=lambda: [0, 0, 0])
    squares: list[int] = field(default_factory=lambda: [0, 0, 0])

    def count(
        self, batches: Iterable[UInt8[np.ndarray, "_ 3 height width"]]
    ) -> Iterator[UInt8[np.ndarray, "_ 3 height width"]]:
        """Yield the same batches, added to the sums."""
        values = np.arange(_WHITE + 1)
        for batch in batches:
            self.pixels += batch[:, 0].size
            for channel in range(3):
                # A histogram: squares of bytes overflow in bytes, and a wider type takes eight times the memory.
                histogram = np.bincount(batch[:, channel].ravel(), minlength=_WHITE + 1)
                self.sums[channel] += int(histogram @ values)
                self.squares[channel] += int(histogram @ values**2)
            yield batch

    def normalisation(self) -> tuple[_Triple, _Triple]:
        """Mean and population standard deviation (above 0) per channel on the pixel scale [0, 1]."""
        means = [total / self.pixels for total in self.sums]
        # The variance times pixels^2 in integers loses no digits.
        variances = [
            (self.pixels * square - total**2) / self.pixels**2
            for total, square in zip(self.sums, self.squares, strict=True)
        ]
        red, green, blue = (mean / _WHITE for mean in means)
        red_std, green_std, blue_std = (max(variance**0.5 / _WHITE, _MIN_STD) for variance in variances)
        return (red, green, blue), (red_std, green_std, blue_std)


def _make(name: str, archive: Path | None, train_size: int | None, test_size: int | None) -> Dataset:
    if name == "phototiles":
        return make_phototiles(train_size, test_size)
    if name != "cifar10":
        raise ConfigError(f"dataset.name is {name}. It must be cifar10, phototiles or folder.")
    if archive is None:
        raise ConfigError("dataset.name is cifar10, but there is no archive. Run rule fetch_dataset first.")
    whole = read_archive(archive)
    train = balanced_subset(whole.train_labels, len(whole.class_names), train_size, "dataset.train_size")
    test = balanced_subset(whole.test_labels, len(whole.class_names), test_size, "dataset.test_size")
    return replace(
        whole,
        train_images=whole.train_images[train],
        train_labels=whole.train_labels[train],
        test_images=whole.test_images[test],
        test_labels=whole.test_labels[test],
    )


def _subset(images: Images, classes: int, size: int | None, key: str) -> Images:
    chosen = balanced_subset(_labels(images), classes, size, key)
    return Images(tuple(images.paths[place] for place in chosen), tuple(images.labels[place] for place in chosen))


def _labels(images: Images) -> Int64[np.ndarray, " images"]:
    return np.array(images.labels, np.int64)


def _check_usable(unusable: Sequence[Unusable]) -> None:
    if unusable:
        named = "; ".join(f"{image.path}: {image.reason}" for image in unusable[:_NAMED_IMAGES])
        more = f" and {len(unusable) - _NAMED_IMAGES} more" if len(unusable) > _NAMED_IMAGES else ""
        raise DatasetError(
            f"dataset.path: {len(unusable)} images cannot be used ({named}{more}). Replace or remove them."
        )


def _run_in_order(
    tasks: Sequence[Sequence[str]], side_px: int, processes: int
) -> Iterator[tuple[Batch, list[Unusable]]]:
    read = partial(_read_batch, side_px=side_px)
    if processes == 1:
        yield from map(read, tasks)
        return
    # Other start methods would run the main program, a rule's script, again in each process.
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        pending: deque[Future[tuple[Batch, list[Unusable]]]] = deque()
        try:
            for task in tasks:
                pending.append(pool.submit(read, task))
                if len(pending) > _TASKS_PER_PROCESS * processes:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool:
            raise DatasetError(
                f"dataset.path: one of {processes} processes that decode images was killed (probably out of memory). "
                "Run again with fewer --cores."
            ) from None
        finally:
            for future in pending:
                future.cancel()


def _read_batch(paths: Sequence[str], side_px: int) -> tuple[Batch, list[Unusable]]:
    squares, unusable = np.zeros((len(paths), 3, side_px, side_px), np.uint8), []
    for number, path in enumerate(paths):
        result = read_square(path, side_px)
        if isinstance(result, Unusable):
            unusable.append(result)
        else:
            squares[number] = result
    return squares, unusable
