"""The script that fetches an archive, given a local copy that is not the one, or a table of sources that is none."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crafted_images import written
from fetched_archive import fetch
from refusal import contents, refusal
from robust_style.data.sources import COLUMNS


def plain(content: bytes) -> Callable[[Path], Path]:
    return lambda path: written(path, content)


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


CONTENT = b"an archive"
RIGHT = sha256(CONTENT).hexdigest()
LOCAL: dict[str, tuple[Callable[[Path], Any], str | None, str]] = {
    "another hash": (plain(b"another"), RIGHT, f"with sha256 {RIGHT}, found {sha256(b'another').hexdigest()}; get"),
    "one bit": (plain(b"an archivd"), RIGHT, f"expected {{path}} with sha256 {RIGHT}"),
    "empty": (plain(b""), RIGHT, f"with sha256 {RIGHT}, found {sha256(b'').hexdigest()}"),
    "no hash": (plain(CONTENT), None, "dataset.sha256: expected the hash of {path}, found null; if you trust"),
    "no file": (lambda path: None, RIGHT, "dataset.archive: expected a file at {path}, found no such file; correct"),
    "a folder": (a_folder, RIGHT, "dataset.archive: expected a file at {path}, found a folder; correct the path"),
    "a link to nothing": (lambda path: path.symlink_to("gone"), RIGHT, "expected a file at {path}, found no such"),
    "a pipe": (lambda path: os.mkfifo(path), RIGHT, "dataset.archive: expected a file at {path}, found no"),
}  # fmt: skip


@pytest.mark.parametrize("kind", LOCAL)
def test_a_local_archive_that_is_not_the_one(tmp_path: Path, kind: str) -> None:
    make, sha, message = LOCAL[kind]
    make(tmp_path / "mine.tar.gz")
    written(tmp_path / "results" / "cifar10.tar.gz", b"fetched before")
    end = fetch(tmp_path, tmp_path / "mine.tar.gz", sha)
    refusal(end, message.format(path=tmp_path / "mine.tar.gz"))
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": b"fetched before"}


def test_the_right_one_is_copied(tmp_path: Path) -> None:
    end = fetch(tmp_path, written(tmp_path / "mine.tar.gz", CONTENT), RIGHT)
    assert (end.code, end.log) == (0, "")
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": CONTENT}


ROW = ("cifar10", "binary", "https://example.org/x.tar.gz", "12", "b" * 32, "a" * 64, "a note")


def table(*rows: tuple[str, ...]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)).encode()


def with_cell(column: str, cell: str) -> bytes:
    row = list(ROW)
    row[COLUMNS.index(column)] = cell
    return table(ROW, tuple(row))


TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "expected the tab-separated columns dataset, layout, url, bytes, md5, sha256, note in line 1"),
    "a web page": (b"<html></html>\n", "expected the tab-separated columns"),
    "commas": (table().replace(b"\t", b","), "expected the tab-separated columns"),
    "Latin-1": (table() + "ä".encode("latin-1"), "expected a table of sources, found 'utf-8' codec"),
    "a cell too few": (table(ROW[:-1]), "line 2: expected 7 tab-separated cells, found 6; correct that row"),
    "no row of the dataset": (table(("cifar100", *ROW[1:])), "a source of dataset cifar10, found only cifar100"),
    "no row at all": (table(), "expected a source of dataset cifar10, found only none; add a row for it"),
    "another layout": (with_cell("layout", "matlab"), "line 3: expected layout of the form binary|python"),
    "no https": (with_cell("url", "http://example.org/x"), "line 3: expected url of the form https://"),
    "no address": (with_cell("url", "x.tar.gz"), "line 3: expected url of the form https://"),
    "a space": (with_cell("url", "https://example.org/a b"), "line 3: expected url of the form https://"),
    "no size": (with_cell("bytes", ""), "line 3: expected bytes of the form [1-9][0-9]{0,14}, found ''"),
    "a size of 0": (with_cell("bytes", "0"), "line 3: expected bytes of the form"),
    "a size with a point": (with_cell("bytes", "1.7e8"), "line 3: expected bytes of the form"),
    "a size of 5000 digits": (with_cell("bytes", "9" * 5000), "line 3: expected bytes of the form"),
    "half a hash": (with_cell("sha256", "a" * 63), "line 3: expected sha256 of the form [0-9a-f]{64}"),
    "capitals": (with_cell("sha256", "A" * 64), "line 3: expected sha256 of the form [0-9a-f]{64}"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_of_sources_that_is_none(tmp_path: Path, kind: str) -> None:
    content, message = TABLES[kind]
    path = written(tmp_path / "sources.tsv", content)
    written(tmp_path / "results" / "cifar10.tar.gz", b"fetched before")
    sentence = refusal(fetch(tmp_path, sources=path), str(path), message)
    assert len(sentence) < 500
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": b"fetched before"}


def test_no_table_of_sources(tmp_path: Path) -> None:
    path = tmp_path / "sources.tsv"
    refusal(fetch(tmp_path, sources=path), f"{path}: expected a table of sources", "No such file", "correct `sources`")
    path.mkdir()
    refusal(fetch(tmp_path, sources=path), f"{path}: expected a table of sources", "Is a directory")
    assert contents(tmp_path / "results") == {}
