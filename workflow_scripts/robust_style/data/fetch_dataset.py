"""The archive of a dataset: a local copy or a download, accepted by its SHA-256."""

import re
import shutil
from pathlib import Path

from robust_style.data.catalogue import read_rows
from robust_style.data.download import Source, download
from robust_style.errors import ConfigError, DatasetError
from robust_style.files.atomic import whole_file
from robust_style.files.digest import sha256_of_file
from robust_style.messages import quoted

# Columns of config/sources.tsv. `layout`, `md5` and `note` inform the reader: the archive shows its layout itself.
COLUMNS = ("dataset", "layout", "url", "bytes", "md5", "sha256", "note")
_FORMATS = {
    "layout": "binary|python",
    "url": r"https://[^\s/]+/\S+",
    "bytes": r"[1-9][0-9]{0,14}",
    "md5": r"[0-9a-f]{32}",
    "sha256": r"[0-9a-f]{64}",
}


def fetch_dataset(*, dataset: str, sources: Path, archive: str | None, sha256: str | None, destination: Path) -> None:
    """Copy the local `archive` of `dataset` to `destination`, or download it from the table `sources`.

    `archive` is relative to the working directory; `sha256` is its expected hash. Raises DatasetError if the archive is
    missing or has another hash, DownloadError if no source delivers it, ConfigError for a malformed table.
    """
    if archive is None:
        by_hand = (
            "get the archive some other way and set dataset.archive and dataset.sha256 in the configuration (hashes in "
            f"{sources})"
        )
        download(read_sources(sources, dataset), destination, by_hand=by_hand)
        return
    _verify(Path(archive), sha256)
    with whole_file(destination) as unfinished:
        shutil.copyfile(archive, unfinished)


def read_sources(path: Path, dataset: str) -> list[Source]:
    """Sources of `dataset` in the table `path`, in its order. Raises ConfigError with file and line of a bad row."""
    sources, datasets = [], set()
    for line, cells in read_rows(path, COLUMNS, "sources"):
        row = dict(zip(COLUMNS, cells, strict=True))
        for column, pattern in _FORMATS.items():
            if not re.fullmatch(pattern, row[column]):
                raise ConfigError(f"{path} line {line}: {column} is {quoted(row[column])}. Its form must be {pattern}.")
        datasets.add(row["dataset"])
        if row["dataset"] == dataset:
            sources.append(Source(row["url"], row["sha256"], int(row["bytes"])))
    if not sources:
        raise ConfigError(
            f"{path}: no source of dataset {dataset} (only of {', '.join(sorted(datasets)) or 'none'}). Add a row."
        )
    return sources


def _verify(archive: Path, sha256: str | None) -> None:
    if not archive.is_file():
        problem = "is a folder" if archive.is_dir() else "does not exist or is no regular file"
        raise DatasetError(f"dataset.archive: {archive} {problem}. Correct the path.")
    try:
        digest = sha256_of_file(archive)
    except OSError as error:
        raise DatasetError(f"dataset.archive: cannot read {archive} ({error.strerror}). Permit reading it.") from None
    if sha256 is None:
        raise DatasetError(f"dataset.sha256 is null. If you trust {archive}, set dataset.sha256: {digest}.")
    if digest != sha256:
        raise DatasetError(
            f"dataset.archive: {archive} has sha256 {digest} instead of {sha256}. Get the file again, or correct "
            "dataset.sha256."
        )
