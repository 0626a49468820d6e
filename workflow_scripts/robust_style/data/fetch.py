"""The archive of a dataset, from a local copy or from the web, with the hash it must have."""

import shutil
from pathlib import Path

from robust_style.artefact.atomic import whole_file
from robust_style.artefact.digest import sha256_of_file
from robust_style.data.download import download
from robust_style.data.sources import read_sources
from robust_style.errors import DatasetError


def fetch_dataset(*, dataset: str, sources: Path, archive: str | None, sha256: str | None, destination: Path) -> None:
    """Makes `destination` the archive of `dataset`: a verified copy of `archive`, or else a download from `sources`.

    `archive` is relative to the working directory. Raises DatasetError if it is missing or its hash is another,
    DownloadError if no source gives the file, ConfigError for a bad table of sources.
    """
    if archive is None:
        by_hand = (
            "get the archive some other way, and name it and its hash as dataset.archive and dataset.sha256 in the "
            f"config (hashes in {sources})"
        )
        download(read_sources(sources, dataset), destination, by_hand=by_hand)
        return
    _verify(Path(archive), sha256)
    with whole_file(destination) as unfinished:
        shutil.copyfile(archive, unfinished)


def _verify(archive: Path, sha256: str | None) -> None:
    if not archive.is_file():
        found = "a folder" if archive.is_dir() else "no such file"
        raise DatasetError(f"dataset.archive: expected a file at {archive}, found {found}; correct the path")
    try:
        found = sha256_of_file(archive)
    except OSError as error:
        raise DatasetError(
            f"dataset.archive: expected to read {archive}, found {error.strerror}; permit it, or correct the path"
        ) from None
    if sha256 is None:
        raise DatasetError(
            f"dataset.sha256: expected the hash of {archive}, found null; if you trust that file, write sha256: {found}"
        )
    if found != sha256:
        raise DatasetError(
            f"dataset.archive: expected {archive} with sha256 {sha256}, found {found}; get the file anew, or correct "
            "dataset.sha256"
        )
