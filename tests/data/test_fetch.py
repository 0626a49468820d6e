from hashlib import sha256
from pathlib import Path

import pytest

from fault_server import Offer, fault_server
from robust_style.data import fetch
from robust_style.data.fetch import fetch_dataset
from robust_style.data.http_source import Source
from robust_style.errors import DatasetError, DownloadError

SOURCES = Path(__file__).resolve().parents[2] / "config" / "sources.tsv"
BODY = b"an archive" * 1000
RIGHT = sha256(BODY).hexdigest()


def fetch_it(destination: Path, archive: str | None = None, sha256: str | None = None) -> None:
    fetch_dataset(dataset="cifar10", sources=SOURCES, archive=archive, sha256=sha256, destination=destination)


def test_a_local_copy_with_the_right_hash_is_taken(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.tar.gz").write_bytes(BODY)
    fetch_it(tmp_path / "results" / "archive", archive="mine.tar.gz", sha256=RIGHT)
    assert (tmp_path / "results" / "archive").read_bytes() == BODY
    assert (tmp_path / "mine.tar.gz").read_bytes() == BODY


def test_a_local_copy_without_a_hash_is_told_its_hash(tmp_path):
    (tmp_path / "mine.tar.gz").write_bytes(BODY)
    with pytest.raises(DatasetError, match=f"sha256: {RIGHT}"):
        fetch_it(tmp_path / "archive", archive=str(tmp_path / "mine.tar.gz"))
    assert not (tmp_path / "archive").exists()


def test_a_local_copy_with_another_hash_is_refused(tmp_path):
    (tmp_path / "mine.tar.gz").write_bytes(BODY)
    with pytest.raises(DatasetError, match=f"{'0' * 64}, found {RIGHT}"):
        fetch_it(tmp_path / "archive", archive=str(tmp_path / "mine.tar.gz"), sha256="0" * 64)
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(("name", "found"), [("none", "no such file"), (".", "a folder")])
def test_a_local_copy_that_is_none_is_refused(tmp_path, name, found):
    with pytest.raises(DatasetError, match=found):
        fetch_it(tmp_path / "archive", archive=str(tmp_path / name), sha256=RIGHT)


def test_without_a_local_copy_the_sources_are_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with fault_server() as server:
        url = server.offer("/archive", Offer([BODY]))
        monkeypatch.setattr(fetch, "read_sources", lambda *_: [Source(url, RIGHT, len(BODY))])
        fetch_it(tmp_path / "archive")
        assert (tmp_path / "archive").read_bytes() == BODY
        monkeypatch.setattr(fetch, "read_sources", lambda *_: [Source(url + "404", RIGHT, len(BODY))])
        with pytest.raises(DownloadError, match=r"HTTP status 404; .*dataset\.archive and dataset\.sha256"):
            fetch_it(tmp_path / "other")
