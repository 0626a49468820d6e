"""One attempt to get a file, or the rest of it, from one place on the web."""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3

from robust_style.data.partial import Origin, Partial
from robust_style.errors import DownloadError

# bytes; a file whose size nobody states is an image or a network, and none of use is larger (VGG19: 160 MB).
LARGEST_UNSTATED = 512 * 2**20
_CHUNK = 2**16


@dataclass(frozen=True)
class Source:
    """A place that offers the file, and the hash that decides whether it does. `size_bytes` None: not stated."""

    url: str
    sha256: str
    size_bytes: int | None = None


@dataclass(frozen=True)
class Patience:
    """How long to bear with a source."""

    connect_s: float = 20.0
    stall_s: float = 30.0
    """Without a single byte."""
    window_s: float = 30.0
    """Over which the speed is measured."""
    preferred_bytes_per_s: float = 150_000.0
    """Below it another source is asked first. 170 MB take 19 minutes at this rate."""
    least_bytes_per_s: float = 1_000.0
    """Below it a source is given up, even the last."""
    tries: int = 5
    """Attempts in a row that bring next to nothing."""
    pause_s: float = 1.0
    """Between them."""
    progress_every_s: float = 5.0


class Refused(Exception):
    """The source does not have the file; asking again would not help."""


class Interrupted(Exception):
    """The connection ended early; what came is kept, and the next attempt goes on from there."""


class TooSlow(Exception):
    """The source is slower than asked for; what came is kept."""


def continue_from(source: Source, partial: Partial, patience: Patience, least_bytes_per_s: float) -> bool:
    """Appends to `partial` until the source has given all; True if earlier bytes were built upon.

    Asks for the missing range only (`Range`, `If-Range`), and starts from 0 where the server answers with the whole
    file: it ignores ranges, or has another file now. A web page or an empty answer is never stored.

    Raises Refused, Interrupted or TooSlow; DownloadError if the file cannot be written (disk full).
    """
    start = _resumable_bytes(source, partial)
    if source.size_bytes is not None and start == source.size_bytes:
        return True
    try:
        with requests.get(
            source.url,
            headers=_headers(source, partial, start),
            stream=True,
            timeout=(patience.connect_s, patience.stall_s),
        ) as response:
            start = _accepted_start(response, source, partial, start)
            chunks = _chunks(response)
            first = next(chunks, b"")
            _check_beginning(first, response, start)
            _set_origin(response, source, partial)
            meter = _Meter(source, start, patience, least_bytes_per_s)
            _store(first, partial, "ab" if start else "wb")
            meter.add(len(first))
            for chunk in chunks:
                _check_length(meter.received + len(chunk), source, partial)
                _store(chunk, partial, "ab")
                meter.add(len(chunk))
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Refused(f"no connection ({_innermost(error)})") from error
    # The last two: a redirection to what is no address.
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise Refused(_told(error)) from error
    if source.size_bytes is not None and partial.size < source.size_bytes:
        raise Interrupted(f"ended after {partial.size} of {source.size_bytes} bytes")
    return start > 0


def _resumable_bytes(source: Source, partial: Partial) -> int:
    origin = partial.origin()
    # A mirror may go on with another's bytes: both state the same hash, which decides in the end.
    if origin is None or origin.sha256 != source.sha256:
        return 0
    if source.size_bytes is not None and partial.size > source.size_bytes:
        return 0
    return partial.size


def _headers(source: Source, partial: Partial, start: int) -> dict[str, str]:
    # identity: the bytes that the hash is of, not a compressed form of them.
    headers = {"Accept-Encoding": "identity", "User-Agent": "robust-style"}
    if start:
        headers["Range"] = f"bytes={start}-"
        origin = partial.origin()
        if origin is not None and origin.url == source.url and origin.validator:
            headers["If-Range"] = origin.validator
    return headers


def _accepted_start(response: requests.Response, source: Source, partial: Partial, start: int) -> int:
    """The byte that the answer begins with. Raises Refused or Interrupted for an answer of no use."""
    if start and (response.status_code == 416 or (response.status_code == 206 and not _continues(response, start))):
        partial.discard()
        raise Interrupted("another range than asked for")
    if response.status_code not in (200, 206) or (response.status_code == 206 and not start):
        raise Refused(f"HTTP status {response.status_code}")
    if response.headers.get("Content-Type", "").partition(";")[0].strip().lower() in ("text/html", "text/xml"):
        raise Refused("a web page instead of the file")
    start = start if response.status_code == 206 else 0
    length = _stated_length(response)
    if source.size_bytes is not None and length is not None and start + length != source.size_bytes:
        raise Refused(f"{start + length} bytes offered, expected {source.size_bytes}")
    return start


def _stated_length(response: requests.Response) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if re.fullmatch(r"[0-9]{1,15}", length) else None


def _continues(response: requests.Response, start: int) -> bool:
    return re.match(rf"bytes {start}-", response.headers.get("Content-Range", "")) is not None


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives. Raises Interrupted if it ends before the stated length, or stalls."""
    try:
        # read1: what one packet brought, so that a trickle of bytes is seen as such and not as a stall.
        while chunk := response.raw.read1(_CHUNK):
            yield chunk
    except urllib3.exceptions.ReadTimeoutError as error:
        raise Interrupted("stalled") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Interrupted(f"connection lost ({_innermost(error)})") from error


def _check_beginning(first: bytes, response: requests.Response, start: int) -> None:
    if not first:
        if start or _stated_length(response):
            raise Interrupted("connection lost before the first byte")
        raise Refused("an empty answer")
    if start == 0 and re.match(rb"\s*<(!doctype html|html)", first[:100], re.IGNORECASE):
        raise Refused("a web page instead of the file")


def _check_length(received: int, source: Source, partial: Partial) -> None:
    limit = LARGEST_UNSTATED if source.size_bytes is None else source.size_bytes
    if received > limit:
        partial.discard()
        raise Refused(f"more than the expected {limit} bytes")


def _set_origin(response: requests.Response, source: Source, partial: Partial) -> None:
    tag = response.headers.get("ETag", "")
    # RFC 9110, 13.1.5: If-Range takes a strong ETag or a date, never a weak ETag.
    strong = tag if tag.startswith('"') else None
    try:
        partial.set_origin(Origin(source.url, source.sha256, strong or response.headers.get("Last-Modified")))
    except OSError as error:
        raise _unwritable(partial, error) from error


def _store(chunk: bytes, partial: Partial, mode: str) -> None:
    try:
        with partial.path.open(mode) as stream:
            stream.write(chunk)
    except OSError as error:
        raise _unwritable(partial, error) from error


def _unwritable(partial: Partial, error: OSError) -> DownloadError:
    return DownloadError(
        f"{partial.path}: expected room for the download, found {error.strerror} after {partial.size} bytes; free "
        "space or permit writing there, and start again: what was fetched is kept"
    )


def _innermost(error: BaseException) -> str:
    while error.__context__ is not None:
        error = error.__context__
    return _told(error)


def _told(error: BaseException) -> str:
    """An error about what a server sent, which may quote it: one line, no control characters, not long."""
    return ascii(" ".join(str(error).split()) or type(error).__name__)[1:-1][:200]


class _Meter:
    """Counts what arrives, tells stderr, and gives up on a slow source."""

    def __init__(self, source: Source, start: int, patience: Patience, least_bytes_per_s: float) -> None:
        self.received = start
        self._source = source
        self._patience = patience
        self._least_bytes_per_s = least_bytes_per_s
        self._window = (time.monotonic(), start)
        self._told = (time.monotonic(), start)

    def add(self, count: int) -> None:
        """Raises TooSlow if the last window brought less than asked for."""
        self.received += count
        now = time.monotonic()
        since, before = self._told
        if now - since >= self._patience.progress_every_s:
            total = "?" if self._source.size_bytes is None else f"{self._source.size_bytes / 1e6:.1f}"
            speed = (self.received - before) / (now - since) / 1e6
            print(f"{self._source.url}: {self.received / 1e6:.1f} of {total} MB, {speed:.2f} MB/s", file=sys.stderr)
            self._told = (now, self.received)
        since, before = self._window
        if now - since >= self._patience.window_s:
            speed = (self.received - before) / (now - since)
            if speed < self._least_bytes_per_s:
                raise TooSlow(f"{speed / 1e3:.1f} kB/s")
            self._window = (now, self.received)
