"""A folder as a prepared dataset."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from folder_of_images import COLOURS, write_folder, write_tiny_imagenet
from robust_style.data import decoding, image_folder
from robust_style.data.dataset import Dataset, read_dataset, write_dataset
from robust_style.data.prepare import prepare_dataset
from robust_style.data.prepare_folder import prepare_folder
from robust_style.data.square_image import read_square
from robust_style.errors import ConfigError, DatasetError


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    image_folder._read.cache_clear()


def prepare(folder: Path, target: Path, **changes: object) -> Dataset:
    usual = {"classes": None, "size_px": 64, "train_size": None, "test_size": None, "processes": 1}
    prepare_folder(path=folder, dataset=target, **(usual | changes))  # type: ignore[arg-type]
    return read_dataset(target)


def test_every_image_in_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = prepare(write_folder(tmp_path / "images"), tmp_path / "d.npz")
    listed = image_folder.read_folder(tmp_path / "images", None)
    assert found.class_names == tuple(sorted(COLOURS))
    assert found.train_images.shape == (18, 3, 64, 64)
    assert found.test_labels.tolist() == [0, 1, 2] * 3
    for number, path in enumerate(listed.train.paths):
        assert (found.train_images[number] == read_square(path, 64)).all()
    assert found.mean == pytest.approx((found.train_images / 255).mean((0, 2, 3)))
    assert found.std == pytest.approx((found.train_images / 255).std((0, 2, 3)))
    said = capsys.readouterr().err
    assert "folder: 18 training and 9 test images of 3 classes (crimson, forest ☃, o'cean" in said
    assert "64 px, 0.3 MB" in said


def test_streamed_is_what_is_written_at_once(tmp_path: Path) -> None:
    found = prepare(write_folder(tmp_path / "images"), tmp_path / "d.npz")
    write_dataset(tmp_path / "at once.npz", found)
    assert (tmp_path / "at once.npz").read_bytes() == (tmp_path / "d.npz").read_bytes()


def test_any_number_of_processes_gives_the_same_bytes(tmp_path: Path) -> None:
    """Enough images for several pieces each."""
    write_folder(tmp_path / "images", {"train": 150, "val": 2})
    prepare(tmp_path / "images", tmp_path / "1.npz", size_px=32)
    prepare(tmp_path / "images", tmp_path / "3.npz", size_px=32, processes=3)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "3.npz").read_bytes()


def test_a_part_is_the_first_of_each_class(tmp_path: Path) -> None:
    write_tiny_imagenet(tmp_path / "images")
    whole = prepare(tmp_path / "images", tmp_path / "whole.npz", size_px=32)
    part = prepare(tmp_path / "images", tmp_path / "part.npz", size_px=32, train_size=4, test_size=2)
    assert (part.train_images == whole.train_images[:4]).all()
    assert (part.test_images == whole.test_images[:2]).all()
    assert part.train_labels.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize("processes", [1, 2])
def test_all_that_cannot_be_used_are_counted_and_nothing_is_written(tmp_path: Path, processes: int) -> None:
    folder = write_folder(tmp_path / "images")
    for name in ("train/crimson/000.JPEG", "train/crimson/003.png", "train/forest ☃/001.png", "val/crimson/002.JPEG"):
        path = folder / name
        path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(DatasetError) as caught:
        prepare(folder, tmp_path / "out" / "d.npz", processes=processes)
    said = str(caught.value)
    assert "found 4 that cannot (" in said
    assert f"{folder}/train/crimson/000.JPEG: damaged (" in said
    assert "and 1 more)" in said
    assert len(said.splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("size_px", [0, 31, 48, 100, 256, -32])
def test_a_side_that_networks_cannot_take(tmp_path: Path, size_px: int) -> None:
    with pytest.raises(ConfigError, match=f"a multiple of 32 from 32 to 224, found {size_px}"):
        prepare(tmp_path, tmp_path / "d.npz", size_px=size_px)


def test_by_its_name(tmp_path: Path) -> None:
    usual = {"name": "folder", "archive": None, "train_size": 6, "test_size": 3, "dataset": tmp_path / "d.npz"}
    prepare_dataset(**usual, folder=write_folder(tmp_path / "images"), size_px=96)  # type: ignore[arg-type]
    assert read_dataset(tmp_path / "d.npz").train_images.shape == (6, 3, 96, 96)
    with pytest.raises(ConfigError, match=r"dataset\.path"):
        prepare_dataset(**usual)  # type: ignore[arg-type]


def test_a_folder_of_one_colour_is_a_dataset(tmp_path: Path) -> None:
    write_folder(tmp_path / "images", colours={"a": (0, 0, 0), "b": (0, 0, 0)})
    for path in (tmp_path / "images").rglob("*.*"):
        if path.is_file():
            Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(path)
    assert prepare(tmp_path / "images", tmp_path / "d.npz").mean == (0.0, 0.0, 0.0)


def test_a_killed_process_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "read_square", lambda path, side_px: os._exit(9))
    with pytest.raises(DatasetError, match="found one killed"):
        prepare(write_folder(tmp_path / "images"), tmp_path / "out" / "d.npz", processes=2)
    assert list((tmp_path / "out").iterdir()) == []
