"""A file from the first of several sources that gives it with the right hash."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from robust_style.artefact.digest import sha256_of_file
from robust_style.artefact.lock import exclusive_lock
from robust_style.data.http_source import Interrupted, Patience, Refused, Source, TooSlow, continue_from
from robust_style.data.partial import Partial
from robust_style.errors import DownloadError

# bytes; an attempt that brought this much was worth it, and does not count against `Patience.tries`.
_WORTH_IT = 2**20


def download(sources: Sequence[Source], destination: Path, *, by_hand: str, patience: Patience | None = None) -> None:
    """Makes `destination` the file that the sources state the hash of; touches no network if it already is.

    Sources are asked in turn. An interrupted download is resumed, also by a later call: the bytes so far stay in
    `<destination>.partial`. The final name appears only on a file whose SHA-256 is right. A source below the
    preferred speed is left for the next one, and asked again with patience once all others have failed.

    Raises DownloadError naming every source and what it answered, and `by_hand`, the way without a network; or
    if the disk is full. Raises RobustStyleError if another process is downloading the same file.
    """
    if _is_right(destination, sources):
        return
    destination.parent.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(destination.with_name(f".{destination.name}.lock")):
        # Another process may have finished it between our look and our lock.
        if not _is_right(destination, sources):
            _try_each(sources, destination, by_hand, patience or Patience())


def _try_each(sources: Sequence[Source], destination: Path, by_hand: str, patience: Patience) -> None:
    partial = Partial.of(destination)
    answers: dict[str, str] = {}
    waiting = list(sources)
    # With nowhere else to go there is nothing to prefer.
    speeds = (patience.preferred_bytes_per_s, patience.least_bytes_per_s)[-min(len(waiting), 2) :]
    for least_bytes_per_s in speeds:
        slow = []
        for source in waiting:
            try:
                _get(source, partial, patience, least_bytes_per_s)
            except TooSlow as answer:
                slow.append(source)
                answers[source.url] = str(answer)
            except Refused as answer:
                answers[source.url] = str(answer)
            else:
                partial.finish(destination)
                return
            print(f"{source.url}: {answers[source.url]}", file=sys.stderr)
        waiting = slow
    told = "; ".join(f"{url}: {answer}" for url, answer in answers.items())
    kept = f"; start again to go on from the {partial.size} bytes kept in {partial.path}" if partial.size else ""
    raise DownloadError(
        f"{destination}: expected it from one of {len(answers)} sources, found {told}{kept}; or {by_hand}"
    )


def _get(source: Source, partial: Partial, patience: Patience, least_bytes_per_s: float) -> None:
    """Completes `partial` with the right hash, or raises Refused or TooSlow."""
    fruitless = 0
    while True:
        before = partial.size
        try:
            resumed = continue_from(source, partial, patience, least_bytes_per_s)
        except Interrupted as answer:
            fruitless = 0 if partial.size - before >= _WORTH_IT else fruitless + 1
            if fruitless >= patience.tries:
                raise Refused(f"{answer}, {fruitless} times in a row") from answer
            time.sleep(patience.pause_s)
            continue
        found = sha256_of_file(partial.path)
        if found == source.sha256:
            return
        partial.discard()
        # Old bytes may be to blame (a file that changed, a torn write): once more, from 0.
        if not resumed:
            raise Refused(f"a file of sha256 {found}, expected {source.sha256}")


def _is_right(destination: Path, sources: Sequence[Source]) -> bool:
    return destination.is_file() and sha256_of_file(destination) in {source.sha256 for source in sources}
