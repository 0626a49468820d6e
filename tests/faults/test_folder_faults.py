"""Folders that cannot be used, by the script that makes a dataset of one: one sentence, and nothing written."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folder_of_images import write_folder, write_tiny_imagenet
from robust_style.data import image_folder
from rule_script import Outcome, run_script

Spoil = Callable[[Path], object]


def run(folder: Path, target: Path, **params: Any) -> Outcome:
    image_folder._read.cache_clear()
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


def assert_refused(place: Path, *said: str, **params: Any) -> None:
    target = place.parent / "made" / "folder.npz"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"made before")
    ended = run(place, target, **params)
    assert ended.code == 1
    assert len(ended.log.splitlines()) == 1, ended.log
    for words in said:
        assert words in ended.error
    assert target.read_bytes() == b"made before"
    assert {path.name for path in target.parent.iterdir()} == {"folder.npz", "folder.log"}


def emptied(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def without(folder: Path) -> None:
    emptied(folder)
    folder.rmdir()


def others(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name != "crimson"]


def renamed(path: Path, name: str) -> None:
    path.rename(path.with_name(name))


SPOILT: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "no train": (
        lambda at: renamed(at / "train", "training"),
        ("expected train and val (or test) in", "found training, val"),
    ),
    "no val": (
        lambda at: renamed(at / "val", "validation"),
        ("expected train and val (or test) in", "found train, validation"),
    ),
    "no class": (
        lambda at: [renamed(path, f".{path.name}") for path in list((at / "train").iterdir())],
        ("expected a folder for each class in", "found none"),
    ),
    "a class that is not tested": (
        lambda at: without(at / "val" / "crimson"),
        ("val/crimson for the class of that name, found none; add it, or take the class away",),
    ),
    "a class that is not trained": (
        lambda at: (at / "val" / "zebra").mkdir(),
        ("expected the classes of", "found 'zebra' only there"),
    ),
    "a class without images": (
        lambda at: emptied(at / "train" / "crimson"),
        ("expected images (.png, .jpg, .jpeg, .webp) in", "train/crimson, found none"),
    ),
    "folders where images should be": (
        lambda at: (at / "train" / "crimson" / "more").mkdir(),
        ("train/crimson, found folders in it ('more')",),
    ),
    "a link that leads nowhere": (
        lambda at: (at / "train" / "crimson" / "x.png").symlink_to("nowhere.png"),
        ("x.png, which cannot be read (No such file or directory)",),
    ),
    "a pipe": (
        lambda at: os.mkfifo(at / "train" / "crimson" / "x.png"),
        ("x.png, which is no ordinary file",),
    ),
    "a name that no line holds": (
        lambda at: [renamed(at / part / "crimson", "cri\nmson") for part in ("train", "val")],
        ("expected class names of printable characters, found 'cri\\nmson'; rename that folder",),
    ),
    "a file that is no picture": (
        lambda at: (at / "train" / "crimson" / "000.JPEG").write_bytes(b"<html>"),
        ("found 1 that cannot (", "crimson/000.JPEG: no picture (PNG, JPEG, WEBP)"),
    ),
    "one class": (
        lambda at: [without(path) for part in ("train", "val") for path in others(at / part)],
        ("expected at least two classes, found only crimson",),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOILT)
def test_a_folder_of_another_kind(tmp_path: Path, kind: str) -> None:
    spoil, said = SPOILT[kind]
    folder = write_folder(tmp_path / "images")
    spoil(folder)
    assert_refused(folder, "dataset.path: expected ", *said)


def test_nothing_there_or_a_file(tmp_path: Path) -> None:
    assert_refused(tmp_path / "none", f"found no such folder at {tmp_path}/none; correct the folder, or dataset.path")
    (tmp_path / "file").touch()
    assert_refused(tmp_path / "file", "found a file at")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"train_size": 100}, "dataset.train_size: expected a multiple of 3, the number of classes, found 100"),
        ({"train_size": 21}, "dataset.train_size: expected at most 18 (the rarest class has 6 images), found 21"),
        ({"test_size": 12}, "dataset.test_size: expected at most 9"),
        ({"size_px": 50}, "dataset.size_px: expected a multiple of 32 from 32 to 224, found 50"),
        ({"classes": {"a": ["crimson"], "b": ["crimsen"]}}, "found 'crimsen'; did you mean crimson?"),
        ({"classes": {"a": ["crimson"], "b": ["n123"]}}, "dataset.classes.b: expected folders of"),
        ({"classes": {"a": ["crimson"], "b": ["crimson"]}}, "expected each folder once, found crimson also in a"),
        ({"classes": {"a": ["../val/crimson"], "b": ["crimson"]}}, "found '../val/crimson'"),
        ({"classes": {"a\tb": ["forest ☃"], "b": ["crimson"]}}, "class names of printable characters, found 'a\\tb'"),
        ({"classes": {"a": ["crimson"]}}, "expected at least two classes, found only a"),
    ],
)  # fmt: skip
def test_settings_that_do_not_fit_the_folder(tmp_path: Path, params: dict[str, Any], said: str) -> None:
    assert_refused(write_folder(tmp_path / "images"), said, **params)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("val_0.JPEG\tn99\t0", "found the class 'n99', of which train has no folder"),
        ("val_9.JPEG\tn01\t0", "found 'val_9.JPEG', which is not there"),
        ("val_0.JPEG\tn01\t0\nval_0.JPEG\tn02\t0", "line 2 an image of"),
        ("no table at all", "line 1 an image of"),
        ("", "expected a line in"),
    ],
)
def test_a_table_of_annotations_that_does_not_fit(tmp_path: Path, line: str, said: str) -> None:
    folder = write_tiny_imagenet(tmp_path / "images")
    (folder / "val" / "val_annotations.txt").write_text(line, encoding="utf-8")
    assert_refused(folder, "val_annotations.txt", said)


def test_the_good_folder_is_prepared(tmp_path: Path) -> None:
    """So that what is refused above is refused for its fault."""
    target = tmp_path / "made" / "folder.npz"
    assert run(write_folder(tmp_path / "images"), target).code == 0
    assert target.exists()
