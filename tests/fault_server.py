"""A local web server that fails as configured and records the requests; short timeouts for tests."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from robust_style.data import download


@dataclass
class Offer:
    """What the server does with one path. Lists go by request, the last entry stays."""

    bodies: list[bytes]
    status: int = 200
    content_type: str = "application/octet-stream"
    drops_at: list[int] = field(default_factory=list)
    """Absolute positions at which the connection is cut, one request each; afterwards it is not cut any more."""
    has_etag: bool = True
    is_weak_etag: bool = False
    ignores_range: bool = False
    lies_by: int = 0
    """Added to Content-Length."""
    states_length: bool = True
    stalls_at: int | None = None
    pause_s: float = 0.0
    """Between pieces of `piece` bytes."""
    piece: int = 2**16
    headers: dict[str, str] = field(default_factory=dict)
    """Further headers of the answer, also to HEAD."""
    asked: list[dict[str, str]] = field(default_factory=list)
    sent: int = 0


class FaultServer:
    """Offers by path, e.g. `server["/file"] = Offer([b"…"])`."""

    def __init__(self, port: int, ended: threading.Event) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.ended = ended
        self.offers: dict[str, Offer] = {}

    def offer(self, path: str, offer: Offer) -> str:
        self.offers[path] = offer
        return self.root + path


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two attempts and timeouts below a second instead of five and half a minute."""
    settings = {
        "TIMEOUTS_S": (2.0, 0.5),
        "MAX_FAILURES": 2,
        "PAUSE_S": 0.0,
        "WINDOW_S": 0.3,
        "PREFERRED_BYTES_PER_S": 1e6,
    }
    for name, value in settings.items():
        monkeypatch.setattr(download, name if name == "TIMEOUTS_S" else f"_{name}", value)


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    server = FaultServer(http.server_address[1], threading.Event())
    http.faults = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        http.shutdown()
        thread.join()
        http.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        faults: FaultServer = self.server.faults  # type: ignore[attr-defined]
        offer = faults.offers.get(self.path)
        self.send_response(404 if offer is None else offer.status)
        for name, value in offer.headers.items() if offer else ():
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self) -> None:
        faults: FaultServer = self.server.faults  # type: ignore[attr-defined]
        offer = faults.offers.get(self.path)
        if offer is None:
            self.send_error(404)
            return
        turn = len(offer.asked)
        offer.asked.append(dict(self.headers.items()))
        body = offer.bodies[min(turn, len(offer.bodies) - 1)]
        tag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if offer.is_weak_etag:
            tag = "W/" + tag
        start = self._start(offer, tag)
        if start > len(body):
            self.send_error(416)
            return
        self.send_response(206 if start else offer.status)
        self.send_header("Content-Type", offer.content_type)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        for name, value in offer.headers.items():
            self.send_header(name, value)
        if offer.has_etag:
            self.send_header("ETag", tag)
        if offer.states_length:
            self.send_header("Content-Length", str(len(body) - start + offer.lies_by))
        self.end_headers()
        cut = offer.drops_at[turn] if turn < len(offer.drops_at) else len(body)
        with suppress(OSError):
            self._send(offer, body[start : max(cut, start)], start, faults.ended)

    def _start(self, offer: Offer, tag: str) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None or offer.ignores_range or self.headers.get("If-Range", tag) != tag:
            return 0
        return int(asked[1])

    def _send(self, offer: Offer, part: bytes, start: int, ended: threading.Event) -> None:
        for at in range(0, len(part), offer.piece):
            piece = part[at : at + offer.piece]
            if offer.stalls_at is not None and start + at >= offer.stalls_at:
                ended.wait(20)
                return
            self.wfile.write(piece)
            self.wfile.flush()
            offer.sent += len(piece)
            if offer.pause_s:
                time.sleep(offer.pause_s)
