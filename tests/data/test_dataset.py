import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_strategies

from robust_style.data.dataset import (
    Dataset,
    _read_arrays,
    _write_array,
    balanced_subset,
    read_dataset,
    write_dataset,
)
from robust_style.errors import DatasetError


def small(train: int = 6, test: int = 4) -> Dataset:
    random = np.random.default_rng(0)
    return Dataset(
        train_images=random.integers(0, 256, (train, 3, 32, 32), dtype=np.uint8),
        train_labels=np.arange(train, dtype=np.int64) % 3,
        test_images=random.integers(0, 256, (test, 3, 32, 32), dtype=np.uint8),
        test_labels=np.arange(test, dtype=np.int64) % 3,
        class_names=("cat", "dog", "☃"),
        mean=(0.1, 0.2, 0.3),
        std=(0.4, 0.5, 0.6),
    )


def test_what_is_written_is_read(tmp_path):
    dataset = small()
    write_dataset(tmp_path / "d.npz", dataset)
    read = read_dataset(tmp_path / "d.npz")
    for field in dataclasses.fields(Dataset):
        assert np.array_equal(getattr(read, field.name), getattr(dataset, field.name))
    assert isinstance(read.class_names, tuple)
    assert isinstance(read.mean[0], float)


def test_equal_datasets_give_equal_bytes_that_numpy_reads(tmp_path):
    write_dataset(tmp_path / "a.npz", small())
    # The same numbers in another memory order.
    other = small()
    write_dataset(tmp_path / "b.npz", dataclasses.replace(other, train_images=np.asfortranarray(other.train_images)))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as oracle:
        assert (oracle["train_images"] == other.train_images).all()
        assert oracle["mean"].dtype == np.float64
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": None}, "holds the arrays"),
        ({"extra": np.zeros(1)}, "holds the arrays"),
        ({"train_images": np.zeros((6, 3, 32, 32))}, "train_images is"),
        ({"train_images": np.zeros((6, 32, 32, 3), np.uint8)}, "train_images is"),
        ({"test_images": np.zeros((0, 3, 32, 32), np.uint8), "test_labels": np.zeros(0, np.int64)}, "test_images"),
        ({"test_labels": np.zeros(4, np.int32)}, "test_labels is"),
        ({"test_labels": np.zeros(5, np.int64)}, "test_labels is"),
        ({"test_labels": np.array([0, 1, 2, 3])}, "test_labels are 0 to 3 instead of 0 to 2"),
        ({"test_labels": np.array([0, 1, 2, -1])}, "test_labels are -1 to 2 instead of 0 to 2"),
        ({"class_names": np.array([1, 2, 3])}, "class_names"),
        ({"class_names": np.array(["one"])}, "class_names"),
        ({"mean": np.zeros(4)}, "mean is float64"),
        ({"mean": np.array([0.0, np.nan, 0.0])}, "three finite"),
        ({"std": np.zeros(3)}, "not above 0"),
    ],
)
def test_another_layout_is_refused(tmp_path, changes, message):
    write_dataset(tmp_path / "good.npz", small())
    with np.load(tmp_path / "good.npz") as good:
        arrays = {key: value for key, value in (dict(good) | changes).items() if value is not None}
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DatasetError, match=message):
        read_dataset(tmp_path / "d.npz")


def test_a_missing_file_names_the_rule(tmp_path):
    with pytest.raises(DatasetError, match="Run rule prepare_dataset"):
        read_dataset(tmp_path / "none.npz")


def test_objects_are_refused_unread(tmp_path):
    np.savez(tmp_path / "d.npz", train_images=np.array([{}], dtype=object))
    with pytest.raises(DatasetError, match="damaged"):
        read_dataset(tmp_path / "d.npz")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_cut_or_flipped_file_is_noticed_or_harmless(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damage") / "d.npz"
    write_dataset(path, small())
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    try:
        read = read_dataset(path)
    except DatasetError:
        return
    assert (read.train_images == small().train_images).all()
    assert (read.test_labels == small().test_labels).all()


def test_a_header_that_numpy_cannot_parse_is_damage(tmp_path):
    """A flipped bit in the length of the header of the first array."""
    write_dataset(tmp_path / "d.npz", small())
    content = bytearray((tmp_path / "d.npz").read_bytes())
    content[75] ^= 2
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(DatasetError, match="the file is damaged"):
        read_dataset(tmp_path / "d.npz")


def write_array(path: Path, array: np.ndarray, pieces: list[np.ndarray]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        _write_array(archive, "x", array.shape, array.dtype, pieces)
    return path


@settings(max_examples=30, deadline=None)
@given(
    numpy_strategies.arrays(
        st.sampled_from([np.uint8, np.int64, np.float64]), numpy_strategies.array_shapes(max_dims=4)
    ),
    st.lists(st.integers(0, 9), max_size=4),
)
def test_the_file_does_not_depend_on_the_pieces_and_numpy_reads_it(tmp_path_factory, array, cuts):
    folder = tmp_path_factory.mktemp("pieces")
    whole = write_array(folder / "a.npz", array, [array])
    several = write_array(folder / "b.npz", array, np.split(array, sorted(cuts)))
    assert whole.read_bytes() == several.read_bytes()
    with np.load(whole, allow_pickle=False) as oracle:
        np.testing.assert_array_equal(oracle["x"], array)
    for mapped in ((), ("x",)):
        read = _read_arrays(several, mapped)["x"]
        np.testing.assert_array_equal(read, array)
        assert read.dtype == array.dtype


def test_writing_to_mapped_images_does_not_change_the_file(tmp_path):
    write_dataset(tmp_path / "d.npz", small())
    before = (tmp_path / "d.npz").read_bytes()
    images = read_dataset(tmp_path / "d.npz").train_images
    assert isinstance(images.base, np.memmap)
    images[:] = 7
    assert (tmp_path / "d.npz").read_bytes() == before


def test_a_subset_is_the_first_of_each_class():
    labels = np.array([2, 2, 0, 1, 2, 0, 1, 1, 0])
    assert balanced_subset(labels, 3, 6, "key").tolist() == [0, 1, 2, 3, 5, 6]
    assert balanced_subset(labels, 3, None, "key").tolist() == list(range(9))


@pytest.mark.parametrize(
    ("size", "message"), [(4, "positive multiple of 3"), (0, "positive"), (-3, "positive"), (6, "at most 3 .*1 images")]
)
def test_an_impossible_size_is_refused(size, message):
    with pytest.raises(DatasetError, match=rf"dataset.train_size is {size}. It .*{message}"):
        balanced_subset(np.array([0, 0, 0, 1, 2, 2]), 3, size, "dataset.train_size")


@settings(max_examples=50, deadline=None)
@given(labels=st.lists(st.integers(0, 2), min_size=20, max_size=60), per_class=st.integers(1, 5))
def test_a_subset_is_balanced_and_part_of_a_larger_one(labels, per_class):
    labels = np.array([0, 1, 2] * 5 + labels)
    smaller = balanced_subset(labels, 3, 3 * per_class, "key")
    assert np.bincount(labels[smaller]).tolist() == [per_class] * 3
    assert set(smaller) <= set(balanced_subset(labels, 3, 15, "key"))
