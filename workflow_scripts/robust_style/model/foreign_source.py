"""The file that a `source` and its `sha256` in the configuration name. Without torch."""

from pathlib import Path

from robust_style.data.download import Source, download
from robust_style.errors import CheckpointError
from robust_style.files.digest import sha256_of_file
from robust_style.model.kinds import is_url


def file_of_source(block: str, source: str, sha256: str, download_to: Path) -> Path:
    """The verified local file of `source`, a path or URL; a download goes to `download_to` and is used again.

    `block` names the block of the configuration in messages. Raises CheckpointError for an absent file or another hash,
    DownloadError if the URL does not give it.
    """
    if is_url(source):
        by_hand = f"get it some other way and put it at {download_to} (sha256 {sha256}), or correct {block}.source"
        download([Source(source, sha256)], download_to, by_hand=by_hand)
        return download_to
    path = Path(source)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise CheckpointError(f"{block}.source: expected a file at {path}, found {found}; correct the path")
    try:
        found = sha256_of_file(path)
    except OSError as error:
        raise CheckpointError(
            f"{block}.source: expected to read {path}, found {error.strerror}; permit reading it, or correct the path"
        ) from None
    if found != sha256:
        raise CheckpointError(
            f"{block}.source: expected {path} with sha256 {sha256}, found {found}; get the file anew, or "
            f"correct {block}.sha256"
        )
    return path
