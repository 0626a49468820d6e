import dataclasses
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.data.dataset import Dataset, read_dataset, write_dataset
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
        ({"train_images": None}, "expected the arrays"),
        ({"extra": np.zeros(1)}, "expected the arrays"),
        ({"train_images": np.zeros((6, 3, 32, 32))}, "train_images to be uint8"),
        ({"train_images": np.zeros((6, 32, 32, 3), np.uint8)}, "train_images to be uint8"),
        ({"test_images": np.zeros((0, 3, 32, 32), np.uint8), "test_labels": np.zeros(0, np.int64)}, "test_images"),
        ({"test_labels": np.zeros(4, np.int32)}, "test_labels to be int64"),
        ({"test_labels": np.zeros(5, np.int64)}, "test_labels to be int64"),
        ({"test_labels": np.array([0, 1, 2, 3])}, "from 0 to 2, found 0 to 3"),
        ({"test_labels": np.array([0, 1, 2, -1])}, "from 0 to 2, found -1 to 2"),
        ({"class_names": np.array([1, 2, 3])}, "class_names"),
        ({"class_names": np.array(["one"])}, "class_names"),
        ({"mean": np.zeros(4)}, "mean to be three"),
        ({"mean": np.array([0.0, np.nan, 0.0])}, "mean to be three finite"),
        ({"std": np.zeros(3)}, "std above 0"),
    ],
)
def test_another_layout_is_refused(tmp_path, changes, message):
    write_dataset(tmp_path / "good.npz", small())
    with np.load(tmp_path / "good.npz") as good:
        arrays = {key: value for key, value in (dict(good) | changes).items() if value is not None}
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DatasetError, match=message):
        read_dataset(tmp_path / "d.npz")


def test_a_dataset_that_could_not_be_read_is_not_written(tmp_path):
    wrong = dataclasses.replace(small(), test_labels=np.array([0, 1, 2, 3]))
    with pytest.raises(DatasetError, match="from 0 to 2"):
        write_dataset(tmp_path / "d.npz", wrong)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_names_the_rule(tmp_path):
    with pytest.raises(DatasetError, match="run rule prepare_dataset"):
        read_dataset(tmp_path / "none.npz")


def test_objects_are_refused_unread(tmp_path):
    np.savez(tmp_path / "d.npz", train_images=np.array([{}], dtype=object))
    with pytest.raises(DatasetError, match="damage"):
        read_dataset(tmp_path / "d.npz")


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04rest", b"\x93NUMPY"])
def test_what_is_no_dataset_is_refused(tmp_path, content):
    (tmp_path / "d.npz").write_bytes(content)
    with pytest.raises(DatasetError):
        read_dataset(tmp_path / "d.npz")


def test_a_lone_array_is_refused(tmp_path):
    with (tmp_path / "d.npz").open("wb") as stream:
        np.save(stream, np.zeros(3))
    with pytest.raises(DatasetError):
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
