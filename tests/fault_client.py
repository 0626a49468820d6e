"""What the download tests ask for, and what they ask of the result."""

from hashlib import sha256
from pathlib import Path

import numpy as np

from robust_style.data.download import download
from robust_style.data.http_source import Patience, Source

BODY = np.random.default_rng(1).bytes(300_000)
RIGHT = sha256(BODY).hexdigest()
IMPATIENT = Patience(
    connect_s=2.0, stall_s=0.3, window_s=0.2, preferred_bytes_per_s=1000.0, least_bytes_per_s=10.0, tries=2, pause_s=0.0
)


def get(destination: Path, *urls: str, body: bytes = BODY, size: bool = True, patience: Patience = IMPATIENT) -> None:
    sources = [Source(url, sha256(body).hexdigest(), len(body) if size else None) for url in urls]
    download(sources, destination, by_hand="put it there by hand", patience=patience)


def assert_whole(destination: Path) -> None:
    assert destination.read_bytes() == BODY
    assert [path.name for path in destination.parent.iterdir()] == [destination.name]
