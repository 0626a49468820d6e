"""A folder of images per class as the dataset that every network is trained on."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int64

from robust_style.data.channel_statistics import ChannelStatistics, Three
from robust_style.data.dataset import is_side, write_streamed
from robust_style.data.decoding import decoded
from robust_style.data.image_folder import Classes, Images, read_folder
from robust_style.data.square_image import Unusable
from robust_style.data.subset import first_of_each_class
from robust_style.errors import ConfigError, DatasetError

# How many images, and how many classes, a line names.
_SHOWN, _SHOWN_CLASSES = 3, 20


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
    """Writes the images below `path` (`image_folder.read_folder`) as squares of `size_px` to `dataset`.

    The file takes 3 size_px^2 bytes an image; the images are written as they are decoded, and never in memory together.
    Mean and standard deviation are those of its training images. Equal folders give equal bytes.
    Raises ConfigError for a side that is not a multiple of 32 from 32 to 224, DatasetError for a folder of another
    layout, an impossible size, or images that cannot be used, all of which are counted.
    """
    if not is_side(size_px):
        raise ConfigError(f"dataset.size_px: expected a multiple of 32 from 32 to 224, found {size_px}; change it")
    folder = read_folder(path, classes)
    count = len(folder.class_names)
    train = _first(folder.train, count, train_size, "dataset.train_size")
    test = _first(folder.test, count, test_size, "dataset.test_size")
    statistics = ChannelStatistics()
    unusable: list[Unusable] = []

    def normalisation() -> tuple[Three, Three]:
        """Asked for once every image has been looked at, and before the file has its name."""
        _refuse(unusable)
        return statistics.normalisation()

    write_streamed(
        dataset,
        side_px=size_px,
        train=(statistics.of(decoded(train.paths, size_px, processes, unusable)), _labels(train)),
        test=(decoded(test.paths, size_px, processes, unusable), _labels(test)),
        class_names=folder.class_names,
        normalisation=normalisation,
    )
    shown = ", ".join(folder.class_names[:_SHOWN_CLASSES]) + (", …" if count > _SHOWN_CLASSES else "")
    print(
        f"folder: {len(train.labels)} training and {len(test.labels)} test images of {count} classes ({shown}), "
        f"{size_px} px, {dataset.stat().st_size / 1e6:.1f} MB",
        file=sys.stderr,
    )


def _first(images: Images, classes: int, size: int | None, key: str) -> Images:
    chosen = first_of_each_class(np.array(images.labels, np.int64), classes, size, key)
    return Images(tuple(images.paths[place] for place in chosen), tuple(images.labels[place] for place in chosen))


def _labels(images: Images) -> Int64[np.ndarray, " images"]:
    return np.array(images.labels, np.int64)


def _refuse(unusable: Sequence[Unusable]) -> None:
    if not unusable:
        return
    named = "; ".join(f"{one.path}: {one.reason}" for one in unusable[:_SHOWN])
    more = f" and {len(unusable) - _SHOWN} more" if len(unusable) > _SHOWN else ""
    raise DatasetError(
        f"dataset.path: expected images of 8 bits that can be decoded, found {len(unusable)} that cannot "
        f"({named}{more}); replace them, or take them away"
    )
