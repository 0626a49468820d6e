import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.data.dataset import Dataset
from robust_style.data.subset import take_subset
from robust_style.errors import DatasetError


def numbered(train_labels, test_labels=(0, 1, 2)) -> Dataset:
    """Each image holds its own index."""

    def images(labels):
        return np.broadcast_to(np.arange(len(labels), dtype=np.uint8)[:, None, None, None], (len(labels), 3, 32, 32))

    return Dataset(
        train_images=images(train_labels),
        train_labels=np.array(train_labels, dtype=np.int64),
        test_images=images(test_labels),
        test_labels=np.array(test_labels, dtype=np.int64),
        class_names=("a", "b", "c"),
        mean=(0.1, 0.2, 0.3),
        std=(0.4, 0.5, 0.6),
    )


def test_the_first_of_each_class_in_their_old_order():
    subset = take_subset(numbered([2, 2, 0, 1, 2, 0, 1, 1, 0]), 6, None)
    assert subset.train_images[:, 0, 0, 0].tolist() == [0, 1, 2, 3, 5, 6]
    assert subset.train_labels.tolist() == [2, 2, 0, 1, 0, 1]
    assert len(subset.test_labels) == 3


def test_null_takes_all():
    dataset = numbered([2, 2, 0, 1])
    subset = take_subset(dataset, None, None)
    assert all(
        np.array_equal(getattr(subset, field.name), getattr(dataset, field.name))
        for field in dataclasses.fields(Dataset)
    )


@pytest.mark.parametrize(
    ("train_size", "test_size", "message"),
    [
        (4, None, "dataset.train_size: expected a multiple of 3"),
        (0, None, "dataset.train_size: expected a multiple of 3"),
        (-3, None, "dataset.train_size: expected a multiple of 3"),
        (6, None, r"dataset.train_size: expected at most 3 \(the rarest class has 1"),
        (None, 6, "dataset.test_size: expected at most 3"),
    ],
)
def test_an_impossible_size_names_the_key(train_size, test_size, message):
    with pytest.raises(DatasetError, match=message):
        take_subset(numbered([0, 0, 0, 1, 2, 2]), train_size, test_size)


@settings(max_examples=50, deadline=None)
@given(labels=st.lists(st.integers(0, 2), min_size=20, max_size=60), per_class=st.integers(1, 5))
def test_balanced_and_grows_from_itself(labels, per_class):
    labels = [0, 1, 2] * 5 + labels
    smaller = take_subset(numbered(labels), 3 * per_class, None)
    assert np.bincount(smaller.train_labels).tolist() == [per_class] * 3
    larger = take_subset(numbered(labels), 15, None)
    assert set(smaller.train_images[:, 0, 0, 0]) <= set(larger.train_images[:, 0, 0, 0])
