"""The file of SqueezeNet's weights, taken into the results."""

from pathlib import Path

from robust_style.files.atomic import write_bytes
from robust_style.model.foreign_source import file_of_source


def fetch_squeezenet(*, source: str, sha256: str, weights: Path, download_to: Path) -> None:
    """Writes the bytes of `source`, a path or URL whose SHA-256 is `sha256`, to `weights`; a download is kept.

    Raises CheckpointError for an absent file or another hash, DownloadError if the URL does not give it.
    """
    write_bytes(weights, file_of_source("raters.squeezenet", source, sha256, download_to).read_bytes())
