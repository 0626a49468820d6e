"""The dataset that every network of a run is trained and tested on."""

import sys
from pathlib import Path

from robust_style.data.archive import read_archive
from robust_style.data.dataset import Dataset, write_dataset
from robust_style.data.image_folder import Classes
from robust_style.data.phototiles import make_phototiles
from robust_style.data.prepare_folder import prepare_folder
from robust_style.data.subset import take_subset
from robust_style.errors import ConfigError


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
    """Writes dataset `name` to `dataset` and a line about it to stderr.

    `cifar10` is read from `archive`; `phototiles` is cut from photographs that come with scikit-image; `folder` is the
    user's own images in `folder`, as `classes` and `size_px` say, decoded by so many `processes` (`prepare_folder`).
    Sizes are class-balanced; None takes all. Raises DatasetError for a damaged archive, a folder that cannot be used or
    an impossible size, ConfigError for another name, or for cifar10 without an archive or folder without a path.
    """
    if name == "folder":
        if folder is None:
            raise ConfigError("dataset.path: expected the folder of images, found null; name it in the configuration")
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
    prepared = _prepare(name, archive, train_size, test_size)
    write_dataset(dataset, prepared)
    print(
        f"{name}: {len(prepared.train_labels)} training and {len(prepared.test_labels)} test images "
        f"of {len(prepared.class_names)} classes ({', '.join(prepared.class_names)})",
        file=sys.stderr,
    )


def _prepare(name: str, archive: Path | None, train_size: int | None, test_size: int | None) -> Dataset:
    if name == "phototiles":
        return make_phototiles(train_size, test_size)
    if name != "cifar10":
        raise ConfigError(f"dataset.name: expected cifar10, phototiles or folder, found {name}; correct it")
    if archive is None:
        raise ConfigError("dataset.name: expected an archive for cifar10, found none; run rule fetch_dataset first")
    return take_subset(read_archive(archive), train_size, test_size)
