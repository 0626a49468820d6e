"""Which images a folder holds: layouts, order, what changes the fingerprint."""

import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folder_of_images import COLOURS, write_folder, write_tiny_imagenet
from robust_style.data import image_folder
from robust_style.data.image_folder import Images, read_folder


@pytest.fixture(autouse=True)
def _forgetful() -> None:
    """Within a test a folder changes; within a run it must not."""
    image_folder._read.cache_clear()


def seen_again(path: Path, classes: dict[str, list[str]] | None = None) -> image_folder.ImageFolder:
    image_folder._read.cache_clear()
    return read_folder(path, classes)


def by_class(images: Images) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for path, label in zip(images.paths, images.labels, strict=True):
        found.setdefault(label, []).append(Path(path).name)
    return found


def test_classes_are_sorted_and_taken_in_turn(tmp_path: Path) -> None:
    found = read_folder(write_folder(tmp_path), None)
    assert found.class_names == tuple(sorted(COLOURS))
    assert found.train.labels == (0, 1, 2) * 6
    assert found.test.labels == (0, 1, 2) * 3
    names = ["000.JPEG", "001.png", "002.JPEG", "003.png", "004.JPEG", "005.png"]
    assert by_class(found.train) == dict.fromkeys(range(3), names)
    assert Path(found.train.paths[1]).parent == tmp_path / "train" / found.class_names[1]


def test_val_goes_before_test_and_either_will_do(tmp_path: Path) -> None:
    both = write_folder(tmp_path / "a", {"train": 2, "val": 1, "test": 2})
    assert len(read_folder(both, None).test.labels) == 3
    shutil.rmtree(both / "val")
    assert len(seen_again(both).test.labels) == 6


def test_tiny_imagenet(tmp_path: Path) -> None:
    found = read_folder(write_tiny_imagenet(tmp_path), None)
    assert found.class_names == ("n01", "n02")
    assert by_class(found.test) == {0: ["val_0.JPEG", "val_2.JPEG"], 1: ["val_1.JPEG", "val_3.JPEG"]}
    assert by_class(found.train)[1] == [f"n02_{number}.JPEG" for number in range(4)]


@pytest.mark.parametrize("is_tiny", [True, False])
def test_classes_of_several_folders(tmp_path: Path, is_tiny: bool) -> None:
    names = ("n01", "n02", "n03", "n04")
    if is_tiny:
        write_tiny_imagenet(tmp_path, names)
    else:
        write_folder(tmp_path, {"train": 4, "val": 2}, dict.fromkeys(names, (90, 90, 90)))
    found = read_folder(tmp_path, {"wolf": ["n03"], "dog": ["n04", "n01"]})
    assert found.class_names == ("dog", "wolf")
    dogs = [Path(path) for path, label in zip(found.train.paths, found.train.labels, strict=True) if label == 0]
    folders = [path.parent.parent.name if is_tiny else path.parent.name for path in dogs]
    assert folders == ["n04", "n01"] * 4, "a subset of the class has images of each folder"
    assert Counter(found.test.labels) == {0: 4, 1: 2}


def test_what_is_no_image_is_passed_over(tmp_path: Path) -> None:
    write_folder(tmp_path)
    before = read_folder(tmp_path, None)
    for name in ("Thumbs.db", "notes.txt", ".hidden.png"):
        (tmp_path / "train" / "crimson" / name).write_bytes(b"")
    (tmp_path / "train" / ".cache").mkdir()
    assert seen_again(tmp_path) == before


def test_links_are_followed(tmp_path: Path) -> None:
    """A part of ImageNet is often a folder of links to the whole."""
    write_folder(tmp_path / "whole")
    part = tmp_path / "part"
    for name in ("train", "val"):
        (part / name).mkdir(parents=True)
        for folder in (tmp_path / "whole" / name).iterdir():
            (part / name / folder.name).symlink_to(folder)
    assert seen_again(part).fingerprint == seen_again(tmp_path / "whole").fingerprint


@pytest.mark.parametrize("change", ["content", "date", "name", "one more", "one less", "one to test with"])
def test_the_fingerprint_changes_with_any_image(tmp_path: Path, change: str) -> None:
    write_folder(tmp_path)
    before = read_folder(tmp_path, None).fingerprint
    assert seen_again(tmp_path).fingerprint == before
    first = tmp_path / "train" / "crimson" / "000.JPEG"
    match change:
        case "content":
            first.write_bytes(first.read_bytes() + b"\0")
        case "date":
            os.utime(first, ns=(0, 10**18))
        case "name":
            first.rename(first.with_name("000.jpg"))
        case "one more":
            shutil.copy2(first, first.with_name("zzz.jpg"))
        case "one less":
            first.unlink()
        case _:
            (tmp_path / "val" / "crimson" / "000.JPEG").touch()
    assert seen_again(tmp_path).fingerprint != before


names = st.text(st.characters(blacklist_categories=("C", "Z"), blacklist_characters="/"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(names.filter(lambda name: name[0] != "."), st.integers(1, 5), min_size=2, max_size=5))
def test_every_image_once_and_any_beginning_balanced(counts: dict[str, int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for part in ("train", "val"):
            for name, count in counts.items():
                (Path(folder) / part / name).mkdir(parents=True, exist_ok=True)
                for number in range(count):
                    (Path(folder) / part / name / f"{number}.png").touch()
        made = {path.name for path in (Path(folder) / "train").iterdir()}
        if len(made) != len(counts):
            return  # a file system that takes two of the names for one
        found = seen_again(Path(folder))
    assert found.class_names == tuple(sorted(counts))
    assert len(set(found.train.paths)) == len(found.train.paths) == sum(counts.values())
    assert Counter(found.train.labels) == {label: counts[name] for label, name in enumerate(found.class_names)}
    least = min(counts.values())
    assert found.train.labels[: least * len(counts)] == tuple(range(len(counts))) * least
