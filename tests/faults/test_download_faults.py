"""Servers that fail, by the scripts that download: every source is asked, every answer told, no wrong file is kept."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image

from crafted_images import PIXELS, encoded
from fault_client import BODY, IMPATIENT, RIGHT
from fault_server import FaultServer, Offer, fault_server
from fetched_archive import fetch
from prepared_image import prepare
from raw_server import raw_server
from refusal import contents, refusal
from robust_style.artefact.lock import exclusive_lock
from robust_style.data import download, prepare_image
from robust_style.data import fetch as fetch_module
from robust_style.data.http_source import Source
from rule_script import Outcome

SIZE = len(BODY)


@pytest.fixture(autouse=True)
def _soon_tired(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual patience is half a minute; and the servers of these tests are behind no proxy."""
    # A source that stalls and one that trickles are told apart however slowly this machine runs just now.
    patience = replace(IMPATIENT, stall_s=0.6, least_bytes_per_s=IMPATIENT.preferred_bytes_per_s)
    monkeypatch.setattr(download, "Patience", lambda: patience)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


@pytest.fixture
def fetch_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs the script with these sources instead of those of the table, which takes https only."""

    def run(*urls: str, size: int | None = SIZE) -> Outcome:
        monkeypatch.setattr(fetch_module, "read_sources", lambda *_: [Source(url, RIGHT, size) for url in urls])
        return fetch(tmp_path)

    return run


def reply(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode("latin-1") + b"\r\nConnection: close\r\n\r\n" + body


LENGTH = f"HTTP/1.1 200 OK\nContent-Length: {SIZE}"
MOVED = "HTTP/1.1 302 Found\nContent-Length: 0\nLocation: "
# What a server does, and what is said of it. Bytes are what it answers to everything.
USELESS: dict[str, tuple[Offer | bytes, str]] = {
    "forbidden": (Offer([b"no"], status=403), "HTTP status 403"),
    "not there": (Offer([b"no"], status=404), "HTTP status 404"),
    "broken": (Offer([b"no"], status=500), "HTTP status 500"),
    "busy": (Offer([BODY], status=503), "HTTP status 503"),
    "a page": (Offer([b"hello"], content_type="text/html; charset=utf-8"), "a web page instead of the file"),
    "a page that says it is a file": (Offer([b"\n<!DOCTYPE html><p>gone"], states_length=False), "a web page instead"),
    "empty": (Offer([b""]), f"0 bytes offered, expected {SIZE}"),
    "empty, of no stated length": (Offer([b""], states_length=False), "an empty answer"),
    "wrong bytes of the right length": (Offer([BODY[:-1] + b"x"]), f"expected {RIGHT}"),
    "one byte short": (Offer([BODY[:-1]]), f"{SIZE - 1} bytes offered, expected {SIZE}"),
    "one byte long": (Offer([BODY + b"x"], states_length=False), f"more than the expected {SIZE} bytes"),
    "promises more than it has": (Offer([BODY], lies_by=10), f"{SIZE + 10} bytes offered"),
    "promises less than it has": (Offer([BODY], lies_by=-10), f"{SIZE - 10} bytes offered"),
    "stalls": (Offer([BODY], stalls_at=100, piece=100), "stalled, 2 times in a row"),
    "trickles": (Offer([BODY], piece=1, pause_s=0.02), "kB/s"),
    "no words": (b"", "no connection (Remote end closed connection without response)"),
    "another language": (b"SSH-2.0-OpenSSH_9.6\r\n", "no connection (SSH-2.0-OpenSSH_9.6)"),
    "signs for the terminal": (b"HTTP/1.1 99 \x1b[2J\x07\r\n\r\n", r"no connection (HTTP/1.1 99 \x1b[2J\x07)"),
    "a status that is none": (reply("HTTP/1.1 999 ?\nContent-Length: 0"), "HTTP status 999"),
    "a part unasked": (reply("HTTP/1.1 206 x\nContent-Range: bytes 5-9/10\nContent-Length: 5", b"abcde"), "status 206"),
    "sent in circles": (reply(f"{MOVED}http://127.0.0.1:PORT/file"), "Exceeded 30 redirects"),
    "sent to a file of ours": (reply(f"{MOVED}file:///etc/passwd"), "No connection adapters were found"),
    "sent to half an address": (reply(f"{MOVED}http://[::1/file"), "Invalid IPv6 URL"),
    "sent to a name that is none": (reply(f"{MOVED}http://a..b/file"), "label empty or too long"),
    "sent to other bytes": (reply(f"{MOVED}\xff\xfe"), "can't decode byte 0xff"),
    "two lengths": (reply(f"{LENGTH}\nContent-Length: 7", BODY), "multiple unmatching values"),
    "a head without end": (reply(f"{LENGTH}\nX: {'a' * 70_000}", BODY), "got more than 65536 bytes"),
    "too many heads": (reply(LENGTH + "".join(f"\nX-{n}: a" for n in range(200)), BODY), "got more than 100 headers"),
    "chunks of no length": (reply("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n"), "connection lost"),
}  # fmt: skip


@pytest.fixture
def useless(request: pytest.FixtureRequest, server: FaultServer) -> Iterator[tuple[str, str]]:
    """A URL of no use, and what is said of it."""
    bad, answer = USELESS[request.param]
    if isinstance(bad, bytes):
        with raw_server(bad) as url:
            yield url, answer
    else:
        yield server.offer("/bad", bad), answer


@pytest.mark.parametrize("useless", USELESS, indirect=True)
def test_a_source_of_no_use(
    tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome], useless: tuple[str, str]
) -> None:
    """With another, equally bad: both are told, and the way by hand. With a good one behind it: the right file."""
    url, answer = useless
    absent = f"{server.root}/absent"
    refusal(
        fetch_from(url, absent),
        f"{tmp_path / 'results' / 'cifar10.tar.gz'}: expected it from one of 2 sources, found {url}: ",
        answer,
        f"{absent}: HTTP status 404",
        "or get the archive some other way, and name it and its hash as dataset.archive and dataset.sha256",
    )
    # What came of a slow source is kept to go on from; else nothing is left, and never the final name.
    kept = {f"cifar10.tar.gz.partial{end}" for end in ("", ".json")}
    assert set(contents(tmp_path / "results")) <= kept
    end = fetch_from(url, server.offer("/good", Offer([BODY])))
    assert end.code == 0, end.log
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": BODY}
    assert answer in end.log


@pytest.mark.parametrize("at", [0, 1, SIZE // 2, SIZE - 1])
@pytest.mark.parametrize("ignores_range", [False, True])
def test_a_lost_connection(
    tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome], at: int, ignores_range: bool
) -> None:
    """Resumed where it broke; from the start where the server knows no other place."""
    offer = Offer([BODY], drops_at=[at], ignores_range=ignores_range)
    end = fetch_from(server.offer("/file", offer))
    assert end.code == 0, end.log
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": BODY}
    assert offer.sent == SIZE + (at if ignores_range else 0)


def test_a_file_that_changed_between_two_parts(
    tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome]
) -> None:
    end = fetch_from(server.offer("/file", Offer([bytes(SIZE), BODY], drops_at=[100_000], has_etag=False)))
    assert end.code == 0, end.log
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": BODY}


def test_a_connection_lost_again_and_again_is_gone_on_with_by_the_next_run(
    tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome]
) -> None:
    url = server.offer("/file", Offer([BODY], drops_at=[200_000, 200_000]))
    partial = tmp_path / "results" / "cifar10.tar.gz.partial"
    refusal(fetch_from(url), f"start again to go on from the 200000 bytes kept in {partial}")
    assert partial.read_bytes() == BODY[:200_000]
    assert fetch_from(url).code == 0
    assert server.offers["/file"].sent == SIZE
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": BODY}


def test_no_network(tmp_path: Path, fetch_from: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is known, and nobody listens."""

    def unknown(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        silent = f"http://127.0.0.1:{unused.getsockname()[1]}/file"
        refusal(fetch_from(silent), f"{silent}: no connection ([Errno 111] Connection refused)", "dataset.archive")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    refusal(fetch_from("https://example.org/file"), "no connection ([Errno -2] Name or service not known)")
    assert contents(tmp_path / "results") == {}


def test_a_right_file_needs_no_network_and_a_wrong_one_is_replaced(
    tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome]
) -> None:
    assert fetch_from(server.offer("/file", Offer([BODY]))).code == 0
    assert fetch_from("http://127.0.0.1:1/nobody").code == 0
    (tmp_path / "results" / "cifar10.tar.gz").write_bytes(BODY[:-1])
    assert fetch_from(server.offer("/file", Offer([BODY]))).code == 0
    assert contents(tmp_path / "results") == {"cifar10.tar.gz": BODY}


def test_two_at_once(tmp_path: Path, server: FaultServer, fetch_from: Callable[..., Outcome]) -> None:
    (tmp_path / "results").mkdir()
    offer = Offer([BODY])
    with exclusive_lock(tmp_path / "results" / ".cifar10.tar.gz.lock"):
        end = fetch_from(server.offer("/file", offer))
    assert end.code == 1
    assert "process" in end.error
    assert offer.asked == []


PICTURE = encoded(Image.fromarray(PIXELS), "PNG")


@pytest.mark.parametrize("kind", ["forbidden", "a page", "wrong bytes of the right length", "sent in circles"])
def test_a_picture_that_its_address_does_not_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The same download, named by its row, and where to put the file by hand."""
    bad, answer = USELESS[kind]
    expected = sha256(PICTURE).hexdigest()
    with fault_server() as server, raw_server(bad if isinstance(bad, bytes) else b"") as raw:
        url = raw if isinstance(bad, bytes) else server.offer("/in.png", bad)
        monkeypatch.setattr(prepare_image, "Source", lambda _, hashed: Source(url, hashed))
        end = prepare(tmp_path, "https://example.org/in.png", expected)
    place = tmp_path / "results" / "downloads" / f"a-{expected[:12]}"
    said = answer.replace(RIGHT, expected)
    refusal(end, said, f"put it at {place} (sha256 {expected}), or correct {tmp_path / 'images.tsv'} line 2 (a)")
    assert contents(tmp_path / "results") == {}
    # As the message says: put there by hand, it is taken without asking anybody.
    place.write_bytes(PICTURE)
    assert prepare(tmp_path, "https://example.org/in.png", expected).code == 0


def test_a_download_with_the_right_hash_that_is_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"<html>noted by mistake</html>" + bytes(100)
    with fault_server() as server:
        url = server.offer("/in.png", Offer([b" " * 200 + content]))
        monkeypatch.setattr(prepare_image, "Source", lambda _, hashed: Source(url, hashed))
        end = prepare(tmp_path, "https://example.org/in.png", sha256(b" " * 200 + content).hexdigest())
    refusal(end, "images.tsv line 2 (a): expected a picture", "found a web page")
    assert "images/a.png" not in contents(tmp_path / "results")
