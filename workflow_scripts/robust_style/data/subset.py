"""A smaller dataset with as many images of each class."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robust_style.data.dataset import Dataset
from robust_style.errors import DatasetError


def take_subset(dataset: Dataset, train_size: int | None, test_size: int | None) -> Dataset:
    """The first images of each class, in their old order; None takes all.

    Raises DatasetError naming the key if a size is no multiple of the number of classes, or more than there is.
    """
    train = first_of_each_class(dataset.train_labels, len(dataset.class_names), train_size, "dataset.train_size")
    test = first_of_each_class(dataset.test_labels, len(dataset.class_names), test_size, "dataset.test_size")
    return replace(
        dataset,
        train_images=dataset.train_images[train],
        train_labels=dataset.train_labels[train],
        test_images=dataset.test_images[test],
        test_labels=dataset.test_labels[test],
    )


def first_of_each_class(labels: NDArray[Any], classes: int, size: int | None, key: str) -> NDArray[Any]:
    """Positions of the first `size / classes` images of each class, in ascending order; None: of every image.

    Raises DatasetError, naming `key`, as `take_subset`.
    """
    if size is None:
        return np.arange(len(labels))
    if size <= 0 or size % classes:
        raise DatasetError(f"{key}: expected a multiple of {classes}, the number of classes, found {size}; change it")
    available = int(np.bincount(labels, minlength=classes).min())
    if size // classes > available:
        raise DatasetError(
            f"{key}: expected at most {available * classes} (the rarest class has {available} images), found {size}; "
            "lower it, or set it to null for all"
        )
    chosen = [np.flatnonzero(labels == label)[: size // classes] for label in range(classes)]
    return np.sort(np.concatenate(chosen))
