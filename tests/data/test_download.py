import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from fault_server import FaultServer, Offer, impatient
from raw_server import raw_server
from robust_style.data.download import Source, download
from robust_style.errors import DownloadError, RobustStyleError, StorageError
from robust_style.files.atomic import exclusive_lock

BODY = np.random.default_rng(1).bytes(300_000)
SIZE = len(BODY)
# A lost connection costs at most one chunk.
CHUNK = 2**13
RIGHT = sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch)


def get(destination: Path, *urls: str, body: bytes = BODY, has_size: bool = True) -> None:
    sources = [Source(url, sha256(body).hexdigest(), len(body) if has_size else None) for url in urls]
    download(sources, destination, by_hand="put it there by hand")


def partial_of(destination: Path, body: bytes = BODY) -> Path:
    return destination.with_name(f"{destination.name}.{sha256(body).hexdigest()[:12]}.partial")


def assert_complete(destination: Path) -> None:
    """The file is complete, and no temporary file is left."""
    assert destination.read_bytes() == BODY
    assert [path.name for path in destination.parent.iterdir()] == [destination.name]


def reply(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode("latin-1") + b"\r\nConnection: close\r\n\r\n" + body


LENGTH = f"HTTP/1.1 200 OK\nContent-Length: {SIZE}"
MOVED = "HTTP/1.1 302 Found\nContent-Length: 0\nLocation: "
# Behaviour of a server (bytes: its answer to every request) and the reported failure.
USELESS: dict[str, tuple[Offer | bytes, str]] = {
    "forbidden": (Offer([b"no"], status=403), "HTTP status 403"),
    "busy": (Offer([BODY], status=503), "HTTP status 503"),
    "web page": (Offer([b"hello"], content_type="text/html; charset=utf-8"), "a web page instead of the file"),
    "web page as a file": (Offer([b"\n<!DOCTYPE html><p>gone"], states_length=False), f"instead of {RIGHT}"),
    "empty": (Offer([b""]), f"0 bytes instead of {SIZE}"),
    "empty without length": (Offer([b""], states_length=False), f"instead of {RIGHT}"),
    "wrong bytes": (Offer([BODY[:-1] + b"x"]), f"instead of {RIGHT}"),
    "one byte short": (Offer([BODY[:-1]]), f"{SIZE - 1} bytes instead of {SIZE}"),
    "one byte long": (Offer([BODY + b"x"], states_length=False), f"more than {SIZE} bytes"),
    "promises more": (Offer([BODY], lies_by=10), f"{SIZE + 10} bytes instead of {SIZE}"),
    "stalls": (Offer([BODY], stalls_at=100, piece=100), "connection lost (timed out), 2 times in a row"),
    "slow": (Offer([BODY], piece=500, pause_s=0.02), "kB/s"),
    "closes at once": (b"", "no connection (Remote end closed connection without response)"),
    "control characters": (b"HTTP/1.1 99 \x1b[2J\x07\r\n\r\n", r"no connection (HTTP/1.1 99 \x1b[2J\x07)"),
    "part without a range": (reply("HTTP/1.1 206 x\nContent-Range: bytes 5-9/10\nContent-Length: 5", b"abcde"), "206"),
    "redirection loop": (reply(f"{MOVED}http://127.0.0.1:PORT/file"), "Exceeded 30 redirects"),
    "redirection to a local file": (reply(f"{MOVED}file:///etc/passwd"), "No connection adapters were found"),
    "redirection to half an address": (reply(f"{MOVED}http://[::1/file"), "Invalid IPv6 URL"),
    "redirection to a malformed name": (reply(f"{MOVED}http://a..b/file"), "label empty or too long"),
    "redirection to bytes": (reply(f"{MOVED}\xff\xfe"), "can't decode byte 0xff"),
    "two lengths": (reply(f"{LENGTH}\nContent-Length: 7", BODY), "multiple unmatching values"),
    "endless header": (reply(f"{LENGTH}\nX: {'a' * 70_000}", BODY), "got more than 65536 bytes"),
    "malformed chunks": (reply("HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n"), "connection lost"),
}  # fmt: skip


@pytest.fixture
def useless(request: pytest.FixtureRequest, server: FaultServer) -> Iterator[tuple[str, str]]:
    """A URL that does not deliver the file, and the reported failure."""
    behaviour, failure = USELESS[request.param]
    if isinstance(behaviour, bytes):
        with raw_server(behaviour) as url:
            yield url, failure
    else:
        yield server.offer("/bad", behaviour), failure


@pytest.mark.parametrize("useless", USELESS, indirect=True)
def test_a_useless_source(tmp_path, server, useless, capsys):
    """Alone: one error with every failure and the way by hand, no file. With a good mirror: the right file."""
    url, failure = useless
    absent = f"{server.root}/absent"
    slow_is_the_only_fault = failure == "kB/s"
    if not slow_is_the_only_fault:
        with pytest.raises(DownloadError) as error:
            get(tmp_path / "file", url, absent)
        for part in (f"{url}: ", failure, f"{absent}: HTTP status 404", "put it there by hand", str(tmp_path / "file")):
            assert part in str(error.value)
        assert str(error.value).isprintable()
        assert {path.name for path in tmp_path.iterdir()} <= {partial_of(tmp_path / "file").name}
    get(tmp_path / "file", url, server.offer("/good", Offer([BODY])))
    assert_complete(tmp_path / "file")
    assert failure in capsys.readouterr().err


def test_a_file_is_downloaded_once(server, tmp_path):
    offer = Offer([BODY])
    for _ in range(2):
        get(tmp_path / "deep" / "file", server.offer("/file", offer))
        assert_complete(tmp_path / "deep" / "file")
    assert len(offer.asked) == 1


def test_a_wrong_file_is_replaced(server, tmp_path):
    (tmp_path / "file").write_bytes(BODY[:-1])
    get(tmp_path / "file", server.offer("/file", Offer([BODY])))
    assert_complete(tmp_path / "file")


def test_a_slow_source_is_used_if_all_others_fail(server, tmp_path):
    slow = Offer([BODY], piece=60_000, pause_s=0.12)
    get(tmp_path / "file", server.offer("/slow", slow), server.root + "/none")
    assert_complete(tmp_path / "file")
    assert len(slow.asked) == 2
    assert "Range" in slow.asked[1]


@pytest.mark.parametrize("has_size", [True, False])
@pytest.mark.parametrize("at", [0, 150_000, SIZE - 1])
def test_a_lost_connection_is_resumed(server, tmp_path, at, has_size):
    offer = Offer([BODY], drops_at=[at])
    get(tmp_path / "file", server.offer("/file", offer), has_size=has_size)
    assert_complete(tmp_path / "file")
    assert SIZE <= offer.sent < SIZE + CHUNK
    assert ("Range" in offer.asked[1]) == (at > 0)


def test_a_file_that_changed_between_parts_is_downloaded_again(server, tmp_path):
    offer = Offer([bytes(SIZE), BODY], drops_at=[100_000])
    get(tmp_path / "file", server.offer("/file", offer))
    assert_complete(tmp_path / "file")


def test_the_next_call_resumes(server, tmp_path):
    url = server.offer("/file", Offer([BODY], drops_at=[200_000, 200_000]))
    with pytest.raises(DownloadError, match=r"connection lost .* 2 times in a row.*received bytes are kept"):
        get(tmp_path / "file", url)
    kept = partial_of(tmp_path / "file").read_bytes()
    assert kept == BODY[: len(kept)]
    assert len(kept) > 200_000 - CHUNK
    get(tmp_path / "file", url)
    assert_complete(tmp_path / "file")
    assert "Range" in server.offers["/file"].asked[-1]


@pytest.mark.parametrize("content", [b"", b"garbage", BODY[:1000], BODY, BODY + b"more", bytes(SIZE)])
@pytest.mark.parametrize("has_size", [True, False])
def test_any_partial_file_ends_in_the_right_file(server, tmp_path, content, has_size):
    partial_of(tmp_path / "file").write_bytes(content)
    get(tmp_path / "file", server.offer("/file", Offer([BODY])), has_size=has_size)
    assert_complete(tmp_path / "file")


def test_a_file_of_unknown_size_is_limited(server, tmp_path, monkeypatch):
    monkeypatch.setattr("robust_style.data.download._MAX_UNSTATED_BYTES", SIZE - 1)
    with pytest.raises(DownloadError, match=f"more than {SIZE - 1} bytes"):
        get(tmp_path / "file", server.offer("/file", Offer([BODY])), has_size=False)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_keeps_the_received_bytes(server, tmp_path):
    body = np.random.default_rng(2).bytes(3 * 2**20)
    url = server.offer("/file", Offer([body]))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, hard))
    try:
        with pytest.raises(StorageError, match="file too large"):
            get(tmp_path / "file", url, body=body)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = partial_of(tmp_path / "file", body).stat().st_size
    assert kept == 2**20
    assert not (tmp_path / "file").exists()
    before = server.offers["/file"].sent
    get(tmp_path / "file", url, body=body)
    assert (tmp_path / "file").read_bytes() == body
    assert server.offers["/file"].sent - before == len(body) - kept


def test_after_a_kill_the_next_call_completes_the_file(server, tmp_path):
    offer = Offer([BODY], piece=10_000, pause_s=0.02)
    url = server.offer("/file", offer)
    program = (
        "import sys; from pathlib import Path; from robust_style.data.download import Source, download;"
        "print('started', flush=True);"
        "download([Source(sys.argv[1], sys.argv[2])], Path(sys.argv[3]), by_hand='')"
    )
    root = Path(__file__).resolve().parents[2] / "workflow_scripts"
    moments = random.Random(3)
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", program, url, RIGHT, str(tmp_path / "file")],
            env={**os.environ, "PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
        ) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.25))
            running.send_signal(signal.SIGKILL)
        assert not (tmp_path / "file").exists() or (tmp_path / "file").read_bytes() == BODY
    offer.pause_s = 0
    get(tmp_path / "file", url)
    assert (tmp_path / "file").read_bytes() == BODY


def test_without_a_network_every_source_is_named(tmp_path, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        urls = [f"http://127.0.0.1:{unused.getsockname()[1]}/{name}" for name in "ab"]
        with pytest.raises(DownloadError) as error:
            get(tmp_path / "file", *urls)
    assert all(f"{url}: no connection ([Errno 111] Connection refused)" in str(error.value) for url in urls)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadError, match=r"no connection \(\[Errno -2\] Name or service not known\)"):
        get(tmp_path / "file", "https://example.org/file")
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", server.root)
    # A proxy is asked for the whole address.
    server.offer("http://example.invalid/file", Offer([BODY]))
    get(tmp_path / "file", "http://example.invalid/file")
    assert_complete(tmp_path / "file")


def test_two_processes_at_once_are_refused(server, tmp_path):
    offer = Offer([BODY])
    with exclusive_lock(tmp_path / ".file.lock"), pytest.raises(RobustStyleError, match="process"):
        get(tmp_path / "file", server.offer("/file", offer))
    assert offer.asked == []
