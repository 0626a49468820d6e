"""Download a file from the first of several sources that delivers it with the expected SHA-256."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

from robust_style.errors import DownloadError
from robust_style.files.atomic import exclusive_lock, whole_file, writing
from robust_style.files.digest import sha256_of_file
from robust_style.messages import escaped

# Seconds to connect, and between two packets.
TIMEOUTS_S = (20.0, 30.0)
USER_AGENT = "robust-style"
# Attempts in a row that bring less than 1 MiB each, and the pause between them.
_MAX_FAILURES, _PAUSE_S = 5, 1.0
_PROGRESS_BYTES = 2**20
# A source slower than this over a window is asked last. 170 MB take 19 minutes at this rate.
_WINDOW_S, _PREFERRED_BYTES_PER_S = 30.0, 150_000.0
# Limit where the size is not known: an image or a network (MadryLab's VGG16 with its optimiser state: 1.11 GB).
_MAX_UNSTATED_BYTES = 2 * 2**30
_CHUNK_BYTES = 2**13


@dataclass(frozen=True)
class Source:
    """URL of a file, its expected SHA-256 or first digits of it, and its size in bytes (None: unknown)."""

    url: str
    sha256: str
    size_bytes: int | None = None


class _SourceFailed(Exception):
    """The source does not deliver the file."""


class _TooSlow(_SourceFailed):
    """The source is slower than preferred; received bytes are kept."""


class _Interrupted(Exception):
    """The transfer ended early; received bytes are kept for the next attempt."""


def download(sources: Sequence[Source], destination: Path, *, by_hand: str) -> None:
    """Download `destination` unless it already has the SHA-256 of one of the `sources`.

    Sources are tried in order; slow ones are tried again after the others. An interrupted transfer is resumed, also by
    a later call: received bytes are kept in `<destination>.<hash>.partial`. Proxies are read from the environment.

    Raises DownloadError with the failure of every source and `by_hand` (how to obtain the file without a network),
    StorageError if the disk is full, RobustStyleError if another process downloads the same file.
    Differs from pooch: resumes, tries mirrors, limits the size, and moves on from a slow source.
    """
    if _is_complete(destination, sources):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(destination.with_name(f".{destination.name}.lock")):
        # Another process may have completed it before the lock was acquired.
        if not _is_complete(destination, sources):
            _try_sources(sources, destination, by_hand)


def _try_sources(sources: Sequence[Source], destination: Path, by_hand: str) -> None:
    # Named by hash, so that only bytes of the same file are resumed, from any mirror.
    partials = {s.sha256: destination.with_name(f"{destination.name}.{s.sha256[:12]}.partial") for s in sources}
    failures: dict[str, str] = {}
    queue = [(source, _PREFERRED_BYTES_PER_S if len(sources) > 1 else 0.0) for source in sources]
    while queue:
        source, min_bytes_per_s = queue.pop(0)
        try:
            _fetch(source, partials[source.sha256], min_bytes_per_s)
        except _SourceFailed as error:
            failures[source.url] = str(error)
            if queue:
                print(f"{source.url}: {error}", file=sys.stderr)
            if isinstance(error, _TooSlow):
                queue.append((source, 0.0))
        else:
            with whole_file(destination) as unfinished:
                partials[source.sha256].replace(unfinished)
            for partial in partials.values():
                partial.unlink(missing_ok=True)
            return
    reasons = "; ".join(f"{url}: {reason}" for url, reason in failures.items())
    raise DownloadError(
        f"{destination}: no source delivered the file ({reasons}). Run again to retry (received bytes are kept), or "
        f"{by_hand}."
    )


def _fetch(source: Source, partial: Path, min_bytes_per_s: float) -> None:
    """Complete `partial` with the expected hash. Raises _SourceFailed or _TooSlow."""
    failures = 0
    while True:
        start = _size(partial)
        try:
            _append(source, partial, start, min_bytes_per_s)
        except _Interrupted as error:
            failures = 0 if _size(partial) - start >= _PROGRESS_BYTES else failures + 1
            if failures >= _MAX_FAILURES:
                raise _SourceFailed(f"{error}, {failures} times in a row") from error
            time.sleep(_PAUSE_S)
            continue
        digest = sha256_of_file(partial)
        if digest.startswith(source.sha256):
            return
        partial.unlink()
        # The bytes of an earlier attempt can be the cause: try once more from the beginning.
        if start == 0:
            raise _SourceFailed(f"the file has sha256 {digest} instead of {source.sha256}")


def _append(source: Source, partial: Path, start: int, min_bytes_per_s: float) -> None:
    """Append the bytes after `start` to `partial`, or rewrite it if the server ignores the range."""
    # identity: the hash is of the uncompressed bytes.
    headers = {"Accept-Encoding": "identity", "User-Agent": USER_AGENT}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        response = requests.get(source.url, headers=headers, stream=True, timeout=TIMEOUTS_S)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _SourceFailed(f"no connection ({describe(error)})") from error
    except (requests.RequestException, ValueError) as error:  # ValueError: a redirection to a malformed address
        raise _SourceFailed(describe(error)) from error
    with response:
        if start and response.status_code == 416:  # nothing after `start`: the hash decides
            return
        if start and response.status_code == 206:
            if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                partial.unlink()
                raise _Interrupted("another range than requested")
        elif response.status_code == 200:
            start = 0
        else:
            raise _SourceFailed(f"HTTP status {response.status_code}")
        if response.headers.get("Content-Type", "").lower().startswith(("text/html", "text/xml")):
            raise _SourceFailed("a web page instead of the file")
        length = response.headers.get("Content-Length", "")
        if source.size_bytes and length.isdecimal() and start + int(length) != source.size_bytes:
            raise _SourceFailed(f"{start + int(length)} bytes instead of {source.size_bytes}")
        try:
            _store(response, source, partial, start, min_bytes_per_s)
        except requests.RequestException as error:
            raise _Interrupted(f"connection lost ({describe(error)})") from error


def _store(response: requests.Response, source: Source, partial: Path, start: int, min_bytes_per_s: float) -> None:
    limit = source.size_bytes or _MAX_UNSTATED_BYTES
    received, window = start, (time.monotonic(), start)
    with writing(partial), partial.open("ab" if start else "wb") as stream:
        for chunk in response.iter_content(_CHUNK_BYTES):
            received += len(chunk)
            if received > limit:
                partial.unlink()
                raise _SourceFailed(f"more than {limit} bytes")
            stream.write(chunk)
            elapsed_s = time.monotonic() - window[0]
            if elapsed_s >= _WINDOW_S:
                speed = (received - window[1]) / elapsed_s
                print(f"{source.url}: {received / 1e6:.1f} MB, {speed / 1e6:.2f} MB/s", file=sys.stderr)
                if speed < min_bytes_per_s:
                    raise _TooSlow(f"only {speed / 1e3:.1f} kB/s")
                window = (time.monotonic(), received)


def describe(error: Exception) -> str:
    """The cause of a network error in one short line. It may quote the server: control characters are escaped."""
    while isinstance(error.__context__, Exception):
        error = error.__context__
    return escaped(error, 200)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _is_complete(destination: Path, sources: Sequence[Source]) -> bool:
    return destination.is_file() and sha256_of_file(destination).startswith(tuple(s.sha256 for s in sources))
