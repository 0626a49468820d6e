import numpy as np
import pytest

import cifar_archive
from robust_style.data.dataset import read_dataset
from robust_style.data.prepare import prepare_dataset
from robust_style.errors import ConfigError, DatasetError


def test_both_layouts_give_the_same_bytes(tmp_path, capsys):
    batches = cifar_archive.random_batches()
    for layout in ("binary", "python"):
        members = getattr(cifar_archive, f"{layout}_members")(batches)
        archive = cifar_archive.write_archive(tmp_path / f"{layout}.tar.gz", members)
        prepare_dataset(name="cifar10", archive=archive, train_size=50, test_size=None, dataset=tmp_path / layout)
        assert "cifar10: 50 training and 20 test images of 10 classes" in capsys.readouterr().err
    assert (tmp_path / "binary").read_bytes() == (tmp_path / "python").read_bytes()
    dataset = read_dataset(tmp_path / "binary")
    assert np.bincount(dataset.train_labels).tolist() == [5] * 10
    assert dataset.class_names == cifar_archive.CLASSES


def test_phototiles_need_no_archive(tmp_path):
    prepare_dataset(name="phototiles", archive=None, train_size=20, test_size=10, dataset=tmp_path / "d.npz")
    dataset = read_dataset(tmp_path / "d.npz")
    assert np.bincount(dataset.train_labels).tolist() == [2] * 10
    assert np.bincount(dataset.test_labels).tolist() == [1] * 10


def test_what_cannot_be_prepared_is_refused(tmp_path):
    archive = cifar_archive.write_archive(
        tmp_path / "a.tar.gz", cifar_archive.binary_members(cifar_archive.random_batches())
    )
    for name, path, size, error, message in [
        ("cifar10", archive, 15, DatasetError, "dataset.train_size"),
        ("cifar10", archive, 1000, DatasetError, "at most 100"),
        ("cifar10", None, None, ConfigError, "fetch_dataset"),
        ("imagenet", archive, None, ConfigError, "found imagenet"),
    ]:
        with pytest.raises(error, match=message):
            prepare_dataset(name=name, archive=path, train_size=size, test_size=None, dataset=tmp_path / "d.npz")
    assert not (tmp_path / "d.npz").exists()
