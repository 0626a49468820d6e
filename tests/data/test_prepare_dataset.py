"""The script that prepares a dataset, and the functions it calls."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cifar_archive
from folder_of_images import COLOURS, write_folder, write_tiny_imagenet
from robust_style.data import image_folder, prepare_dataset
from robust_style.data.dataset import Dataset, read_dataset, write_dataset
from robust_style.data.prepare_dataset import ChannelStatistics, prepare_folder
from robust_style.data.square_image import read_square
from robust_style.errors import ConfigError, DatasetError
from rule_script import Outcome, run_script


@pytest.fixture(autouse=True)
def _clear_cache() -> None:
    image_folder._read.cache_clear()


def prepare(folder: Path, target: Path, **changes: Any) -> Dataset:
    usual = {"classes": None, "size_px": 64, "train_size": None, "test_size": None, "processes": 1}
    prepare_folder(path=folder, dataset=target, **(usual | changes))
    return read_dataset(target)


def test_both_layouts_of_cifar10_give_the_same_bytes(tmp_path, capsys):
    batches = cifar_archive.random_batches()
    for layout in ("binary", "python"):
        members = getattr(cifar_archive, f"{layout}_members")(batches)
        archive = cifar_archive.write_archive(tmp_path / f"{layout}.tar.gz", members)
        prepare_dataset.prepare_dataset(
            name="cifar10", archive=archive, train_size=50, test_size=None, dataset=tmp_path / layout
        )
        assert "cifar10: 50 training and 20 test images of 10 classes" in capsys.readouterr().err
    assert (tmp_path / "binary").read_bytes() == (tmp_path / "python").read_bytes()
    dataset = read_dataset(tmp_path / "binary")
    assert np.bincount(dataset.train_labels).tolist() == [5] * 10
    assert dataset.class_names == cifar_archive.CLASSES


@pytest.mark.parametrize(
    ("name", "key"), [("imagenet", "dataset.name is imagenet"), ("folder", "dataset.path is null")]
)
def test_an_impossible_dataset_is_refused(tmp_path, name, key):
    with pytest.raises(ConfigError, match=key):
        prepare_dataset.prepare_dataset(
            name=name, archive=None, train_size=None, test_size=None, dataset=tmp_path / "d.npz"
        )
    assert not (tmp_path / "d.npz").exists()


def test_a_folder_is_decoded_in_order_and_written_like_any_dataset(tmp_path, capsys):
    dataset = prepare(write_folder(tmp_path / "images"), tmp_path / "d.npz")
    listed = image_folder.read_folder(tmp_path / "images", None)
    assert dataset.class_names == tuple(sorted(COLOURS))
    assert dataset.train_images.shape == (18, 3, 64, 64)
    assert dataset.test_labels.tolist() == [0, 1, 2] * 3
    for number, path in enumerate(listed.train.paths):
        assert (dataset.train_images[number] == read_square(path, 64)).all()
    assert dataset.mean == pytest.approx((dataset.train_images / 255).mean((0, 2, 3)))
    assert dataset.std == pytest.approx((dataset.train_images / 255).std((0, 2, 3)))
    assert "folder: 18 training and 9 test images of 3 classes (crimson, forest ☃, o'cean" in capsys.readouterr().err
    write_dataset(tmp_path / "at once.npz", dataset)
    assert (tmp_path / "at once.npz").read_bytes() == (tmp_path / "d.npz").read_bytes()


def test_the_number_of_processes_does_not_change_the_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_dataset, "_IMAGES_PER_TASK", 4)
    write_folder(tmp_path / "images", {"train": 15, "val": 2})
    prepare(tmp_path / "images", tmp_path / "1.npz", size_px=32)
    prepare(tmp_path / "images", tmp_path / "3.npz", size_px=32, processes=3)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "3.npz").read_bytes()


def test_a_subset_of_a_folder_is_the_first_of_each_class(tmp_path):
    write_tiny_imagenet(tmp_path / "images")
    whole = prepare(tmp_path / "images", tmp_path / "whole.npz", size_px=32)
    part = prepare(tmp_path / "images", tmp_path / "part.npz", size_px=32, train_size=4, test_size=2)
    assert (part.train_images == whole.train_images[:4]).all()
    assert (part.test_images == whole.test_images[:2]).all()
    assert part.train_labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("processes", [1, 2])
def test_unusable_images_are_counted_and_nothing_is_written(tmp_path, processes):
    folder = write_folder(tmp_path / "images")
    for name in ("train/crimson/000.JPEG", "train/crimson/003.png", "train/forest ☃/001.png", "val/crimson/002.JPEG"):
        (folder / name).write_bytes((folder / name).read_bytes()[:-800])
    with pytest.raises(DatasetError, match=r"4 images cannot be used .*crimson/000.JPEG: damaged .* and 1 more\)"):
        prepare(folder, tmp_path / "out" / "d.npz", processes=processes)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_killed_process_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare_dataset, "read_square", lambda path, side_px: os._exit(9))
    with pytest.raises(DatasetError, match="one of 2 processes that decode images was killed"):
        prepare(write_folder(tmp_path / "images"), tmp_path / "out" / "d.npz", processes=2)
    assert list((tmp_path / "out").iterdir()) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_channel_statistics_equal_numpy_for_any_batches(side, sizes, seed):
    images = np.random.default_rng(seed).integers(0, 256, (sum(sizes), 3, side, side), dtype=np.uint8)
    statistics, whole = ChannelStatistics(), ChannelStatistics()
    assert (np.concatenate(list(statistics.count(np.split(images, np.cumsum(sizes)[:-1])))) == images).all()
    mean, std = statistics.normalisation()
    assert mean == pytest.approx((images / 255).mean((0, 2, 3)), rel=1e-12)
    assert std == pytest.approx(np.maximum((images / 255).std((0, 2, 3)), 1e-6), rel=1e-9)
    list(whole.count([images]))
    assert whole.normalisation() == (mean, std)


def test_images_of_one_colour_have_a_positive_std():
    statistics = ChannelStatistics()
    list(statistics.count([np.full((2, 3, 32, 32), 255, np.uint8)]))
    assert statistics.normalisation() == ((1.0, 1.0, 1.0), (1e-6, 1e-6, 1e-6))


def run(folder: Path, target: Path, **params: Any) -> Outcome:
    usual = {"train_size": None, "test_size": None, "classes": None, "size_px": 64}
    return run_script(
        "prepare_dataset",
        target.with_suffix(".log"),
        input={"archive": []},
        output={"dataset": target},
        wildcards={"dataset": "folder"},
        params=usual | params,
        config={"dataset": {"path": str(folder)}},
    )


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def remove(folder: Path) -> None:
    empty(folder)
    folder.rmdir()


def rename(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no train": (lambda at: rename(at / "train", "x"), "has no folders train and val (or test), but val, x"),
    "no val": (lambda at: rename(at / "val", "validation"), "has no folders train and val (or test), but train"),
    "no class": (
        lambda at: [rename(path, f".{path.name}") for path in list((at / "train").iterdir())],
        "train has no folder of a class",
    ),
    "a class only in train": (lambda at: remove(at / "val" / "crimson"), "val/crimson. Add it, or remove the class"),
    "a class only in val": (lambda at: (at / "val" / "zebra").mkdir(), "train lacks ('zebra')"),
    "a class without images": (lambda at: empty(at / "train" / "crimson"), "crimson has no images (.png, .jpg, "),
    "nested folders": (lambda at: (at / "train" / "crimson" / "more").mkdir(), "crimson holds folders ('more')"),
    "a broken link": (
        lambda at: (at / "train" / "crimson" / "x.png").symlink_to("nowhere.png"),
        "x.png cannot be read (No such file or directory)",
    ),
    "a pipe": (lambda at: os.mkfifo(at / "train" / "crimson" / "x.png"), "x.png is no regular file"),
    "a line break in a name": (
        lambda at: [rename(at / part / "crimson", "cri\nmson") for part in ("train", "val")],
        "the class name 'cri\\nmson' is not printable. Rename that folder",
    ),
    "a web page": (
        lambda at: (at / "train" / "crimson" / "000.JPEG").write_bytes(b"<html>"),
        "1 images cannot be used (",
    ),
    "one class": (
        lambda at: [remove(p) for part in ("train", "val") for p in list((at / part).iterdir()) if p.name != "crimson"],
        "the only class is crimson; two or more are needed",
    ),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_spoilt_folder_is_refused_and_the_dataset_made_before_kept(tmp_path, kind):
    spoil, message = SPOILT[kind]
    folder, target = write_folder(tmp_path / "images"), tmp_path / "made" / "folder.npz"
    spoil(folder)
    target.parent.mkdir()
    target.write_bytes(b"made before")
    ended = run(folder, target)
    assert ended.code == 1
    assert len(ended.log.splitlines()) == 1, ended.log
    assert "dataset.path: " in ended.error
    assert message in ended.error
    assert target.read_bytes() == b"made before"
    assert {path.name for path in target.parent.iterdir()} == {"folder.npz", "folder.log"}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"train_size": 100}, "dataset.train_size is 100. It must be a positive multiple of 3"),
        ({"test_size": 12}, "dataset.test_size is 12. It can be at most 9"),
        ({"classes": {"a": ["crimson"], "b": ["crimsen"]}}, "has no folder 'crimsen'. Did you mean crimson?"),
        ({"classes": {"a": ["crimson"], "b": ["n123"]}}, "dataset.classes.b: "),
        ({"classes": {"a": ["crimson"], "b": ["crimson"]}}, "folder crimson is already in class a"),
        ({"classes": {"a": ["../val/crimson"], "b": ["crimson"]}}, "has no folder '../val/crimson'"),
    ],
)
def test_settings_that_do_not_fit_the_folder_are_refused(tmp_path, params, message):
    ended = run(write_folder(tmp_path / "images"), tmp_path / "folder.npz", **params)
    assert ended.code == 1
    assert message in ended.error


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("val_0.JPEG\tn99\t0", "line 1: class 'n99' has no folder in train"),
        ("val_9.JPEG\tn01\t0", "line 1: there is no image 'val_9.JPEG'"),
        ("val_0.JPEG\tn01\t0\nval_0.JPEG\tn02\t0", "line 2: there is no image 'val_0.JPEG' left"),
        ("", "has no line for 'val_0.JPEG', 'val_1.JPEG', 'val_2.JPEG' and 1 more"),
    ],
)
def test_annotations_that_do_not_fit_are_refused(tmp_path, line, message):
    folder = write_tiny_imagenet(tmp_path / "images")
    (folder / "val" / "val_annotations.txt").write_text(line, encoding="utf-8")
    with pytest.raises(DatasetError, match=message):
        image_folder.read_folder(folder, None)
