"""The script that fetches an archive: from a local copy, or from the table of sources."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from crafted_images import written
from fault_server import Offer
from fetched_archive import fetch
from refusal import contents, refusal
from robust_style.data import fetch_dataset
from robust_style.data.download import Source
from robust_style.data.fetch_dataset import COLUMNS, read_sources

CONTENT = b"an archive"
RIGHT = sha256(CONTENT).hexdigest()


def plain(content: bytes) -> Callable[[Path], Path]:
    return lambda path: written(path, content)


# How the local archive is made, dataset.sha256, and the error.
LOCAL: dict[str, tuple[Callable[[Path], Any], str | None, str]] = {
    "another hash": (plain(b"another"), RIGHT, f"has sha256 {sha256(b'another').hexdigest()} instead of {RIGHT}"),
    "no hash": (plain(CONTENT), None, f"If you trust {{path}}, set dataset.sha256: {RIGHT}"),
    "no file": (lambda path: None, RIGHT, "dataset.archive: {path} does not exist"),
    "a folder": (lambda path: path.mkdir(), RIGHT, "dataset.archive: {path} is a folder"),
    "a pipe": (lambda path: os.mkfifo(path), RIGHT, "dataset.archive: {path} does not exist or is no regular file"),
}


@pytest.mark.parametrize("kind", LOCAL)
def test_an_unusable_local_archive_is_refused(tmp_path: Path, kind: str) -> None:
    make, sha, message = LOCAL[kind]
    make(tmp_path / "mine.tar.gz")
    written(tmp_path / "results" / "cifar10.tar.gz", b"fetched before")
    end = fetch(tmp_path, tmp_path / "mine.tar.gz", sha)
    refusal(end, message.format(path=tmp_path / "mine.tar.gz"))
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": b"fetched before"}


def test_a_local_archive_is_copied(tmp_path: Path) -> None:
    end = fetch(tmp_path, written(tmp_path / "mine.tar.gz", CONTENT), RIGHT)
    assert (end.code, end.log) == (0, "")
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": CONTENT}


def test_without_a_local_archive_the_sources_are_used(tmp_path, server, monkeypatch):
    # The table accepts https only; the local server speaks http.
    url = server.offer("/archive", Offer([CONTENT]))
    monkeypatch.setattr(fetch_dataset, "read_sources", lambda *_: [Source(url + "404", RIGHT, len(CONTENT))])
    refusal(fetch(tmp_path), f"{url}404: HTTP status 404", "set dataset.archive and dataset.sha256")
    assert contents(tmp_path / "results") == {}
    monkeypatch.setattr(fetch_dataset, "read_sources", lambda *_: [Source(url, RIGHT, len(CONTENT))])
    assert fetch(tmp_path).code == 0
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": CONTENT}


ROW = ("cifar10", "binary", "https://example.org/x.tar.gz", "12", "b" * 32, "a" * 64, "a note")


def table(*rows: tuple[str, ...]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows)).encode()


def with_cell(column: str, cell: str) -> bytes:
    return table(ROW, tuple(cell if name == column else value for name, value in zip(COLUMNS, ROW, strict=True)))


def test_only_the_rows_of_the_dataset_are_read_in_order(tmp_path: Path) -> None:
    second = (*ROW[:2], "https://example.org/y.tar.gz", *ROW[3:])
    path = written(tmp_path / "sources.tsv", table(("other", *ROW[1:]), second, ROW))
    assert read_sources(path, "cifar10") == [Source(second[2], "a" * 64, 12), Source(ROW[2], "a" * 64, 12)]


TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "line 1 must list the tab-separated columns dataset, layout, url, bytes, md5, sha256, note"),
    "commas": (table().replace(b"\t", b","), "line 1 must list the tab-separated columns"),
    "Latin-1": (table() + "ä".encode("latin-1"), "not text in UTF-8"),
    "a cell too few": (table(ROW[:-1]), "line 2 (cifar10): 6 tab-separated cells instead of 7"),
    "no row of the dataset": (table(("cifar100", *ROW[1:])), "no source of dataset cifar10 (only of cifar100)"),
    "another layout": (with_cell("layout", "matlab"), "line 3: layout is 'matlab'"),
    "no https": (with_cell("url", "http://example.org/x"), "line 3: url is 'http://example.org/x'"),
    "a space": (with_cell("url", "https://example.org/a b"), "line 3: url is"),
    "a size of 0": (with_cell("bytes", "0"), "line 3: bytes is '0'"),
    "a size of 5000 digits": (with_cell("bytes", "9" * 5000), "line 3: bytes is '9999"),
    "capitals": (with_cell("sha256", "A" * 64), "line 3: sha256 is 'AAAA"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TABLES)
def test_a_malformed_table_is_refused(tmp_path: Path, kind: str) -> None:
    content, message = TABLES[kind]
    path = written(tmp_path / "sources.tsv", content)
    assert len(refusal(fetch(tmp_path, sources=path), str(path), message)) < 500
    assert contents(tmp_path / "results") == {}
