"""Where a command may write is decided before any work; what it must not replace stays as it was."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from nobody import as_nobody, open_folder
from robust_style.errors import StorageError
from robust_style.files.atomic import write_text
from robust_style.files.destination import Destinations, names_folder, typed_path

ENDINGS = (".png", ".jpg")


def all_names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("name", ["photo.png", "new/../photo.png", "link.png", "hard.png", "here/photo.png"])
def test_an_input_is_never_replaced(tmp_path: Path, name: str, force: bool) -> None:
    photo = tmp_path / "photo.png"
    photo.write_text("photo")
    (tmp_path / "new").mkdir()
    (tmp_path / "link.png").symlink_to(photo)
    (tmp_path / "hard.png").hardlink_to(photo)
    (tmp_path / "here").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(StorageError, match=r"is an input of this command|is a symbolic link"):
        Destinations([tmp_path / "absent.png", photo], force=force).approve(tmp_path / name, ENDINGS)


@pytest.mark.parametrize(
    ("name", "make", "message"),
    [
        ("old.png", Path.touch, "exists already. Add --force"),
        ("link.png", lambda path: path.symlink_to("other.png"), r"is a symbolic link to .*other\.png\. Name that"),
    ],
)
def test_only_force_replaces_a_file_or_writes_through_a_link(
    tmp_path: Path, name: str, make: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / name
    make(path)
    with pytest.raises(StorageError, match=message):
        Destinations([]).approve(path, ENDINGS)
    approved = Destinations([], force=True).approve(path, ENDINGS)
    write_text(approved, "new")
    assert path.read_text() == "new"
    assert path.is_symlink() == (name == "link.png")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "is a device, pipe or socket"),
        (lambda path: path.symlink_to(os.devnull), "is a device, pipe or socket"),
        (lambda path: path.symlink_to(path.parent), "is a folder"),
        (lambda path: path.symlink_to(path.name), "cannot write there"),
    ],
)
def test_only_regular_files_are_replaced(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    path = tmp_path / "odd.png"
    make(path)
    with pytest.raises(StorageError, match=message):
        Destinations([], force=True).approve(path, ENDINGS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".png", "the name consists of an ending only"),
        ("..png", "the name consists of an ending only"),
        ("painting", r"the name has no ending\. Choose a name that ends with \.png or \.jpg"),
        ("painting.gif", r"the ending \.gif is not known here"),
        ("file/painting.png", "file is a file, not a folder"),
        ("file/new/painting.png", "file is a file, not a folder"),
        (f"{'x' * 300}.png", "File name too long"),
        (f"new/{'x' * 300}.png", "File name too long"),
        (f"{'x' * 300}/painting.png", "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_and_nothing_left(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=message):
        Destinations([]).approve(tmp_path / name, ENDINGS)
    assert all_names(tmp_path) == ["file"]


def test_a_folder_without_permission_is_refused() -> None:
    with open_folder() as folder:
        (folder / "results").chmod(0o555)
        with as_nobody(), pytest.raises(StorageError, match="Permission denied"):
            Destinations([]).approve(folder / "results" / "new" / "painting.png", ENDINGS)


def test_the_longest_name_is_written_and_checking_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / f"{'ü' * 125}.png"
    assert Destinations([]).approve(path, ENDINGS) == path
    assert all_names(tmp_path) == []
    write_text(path, "whole")
    assert path.read_text() == "whole"


def test_outputs_of_one_run_are_distinct(tmp_path: Path) -> None:
    destinations = Destinations([], force=True)
    destinations.approve(tmp_path / "a.png", ENDINGS)
    with pytest.raises(StorageError, match="two files of that name"):
        destinations.approve(tmp_path / "new" / ".." / "a.png", ENDINGS)


def test_names_as_a_shell_understands_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert typed_path("~/a.png") == tmp_path / "a.png"
    assert typed_path("~nobody-of-this-name/a.png") == Path("~nobody-of-this-name/a.png")
    assert names_folder("~")
    assert names_folder("new/")
    assert not names_folder("~/a.png")
    assert not names_folder("x" * 300)
