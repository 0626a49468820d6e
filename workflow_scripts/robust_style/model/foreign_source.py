"""The file that `source` and `sha256` in the configuration name. Does not import torch."""

from pathlib import Path

from robust_style.data.download import Source, download
from robust_style.errors import CheckpointError
from robust_style.files.digest import sha256_of_file
from robust_style.model.kinds import is_url


def file_of_source(block: str, source: str, sha256: str, download_to: Path) -> Path:
    """The verified local file of `source`, a path or URL; a download is kept as `download_to` and used again.

    `block` is the block of the configuration for messages. Raises CheckpointError for a missing file or another hash,
    DownloadError for a failed download.
    """
    if is_url(source):
        by_hand = f"get it some other way and put it at {download_to} (sha256 {sha256}), or correct {block}.source"
        download([Source(source, sha256)], download_to, by_hand=by_hand)
        return download_to
    path = Path(source)
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no such file"
        raise CheckpointError(f"{block}.source: expected a file at {path}, found {kind}; correct the path")
    try:
        actual_sha256 = sha256_of_file(path)
    except OSError as error:
        raise CheckpointError(
            f"{block}.source: expected to read {path}, found {error.strerror}; permit reading it, or correct the path"
        ) from None
    if actual_sha256 != sha256:
        raise CheckpointError(
            f"{block}.source: expected {path} with sha256 {sha256}, found {actual_sha256}; get the file again, or "
            f"correct {block}.sha256"
        )
    return path
