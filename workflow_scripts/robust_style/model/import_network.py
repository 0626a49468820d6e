"""A network that somebody else trained, taken into the results."""

from pathlib import Path
from typing import Any

from robust_style.artefact.checkpoint import save_checkpoint
from robust_style.artefact.digest import sha256_of_file
from robust_style.data.dataset import read_dataset
from robust_style.data.download import download
from robust_style.data.http_source import Source
from robust_style.errors import CheckpointError
from robust_style.model.convert import converted
from robust_style.model.kinds import is_url, without_place


def import_network(
    *,
    dataset: Path,
    checkpoint: Path,
    downloads: Path,
    network: str,
    settings: dict[str, Any],
    seed: int,
    epoch: int,
    code: str,
) -> None:
    """Writes the checkpoint of `networks.<network>`, whose block `settings` names a `source` and its `sha256`.

    A download is kept as `downloads/<network>-<first 12 digits of its sha256>` and used again. The checkpoint records
    `dataset`, on which the network is evaluated here, as if it had been trained on it: that it tells the same classes
    apart in the same order is the user's word, that it is good at it the evaluation's.
    Raises CheckpointError for a file of another hash or one that `model.convert` refuses, DownloadError if the source
    does not give it, DatasetError for a damaged dataset.
    """
    file = _file(network, settings["source"], settings["sha256"], downloads)
    data = read_dataset(dataset)
    save_checkpoint(
        checkpoint,
        converted(
            file,
            origin=without_place(settings["source"]),
            network=network,
            architecture=settings["architecture"],
            width=settings["width"],
            regime=settings["regime"],
            seed=seed,
            epoch=epoch,
            class_names=data.class_names,
            dataset_sha256=sha256_of_file(dataset),
            settings={**settings, "source": without_place(settings["source"])},
            code=code,
        ),
    )


def _file(network: str, source: str, sha256: str, downloads: Path) -> Path:
    if is_url(source):
        path = downloads / f"{network}-{sha256[:12]}"
        by_hand = f"get it some other way and put it at {path} (sha256 {sha256}), or correct networks.{network}.source"
        download([Source(source, sha256)], path, by_hand=by_hand)
        return path
    path = Path(source)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no such file"
        raise CheckpointError(f"networks.{network}.source: expected a file at {path}, found {found}; correct the path")
    found = sha256_of_file(path)
    if found != sha256:
        raise CheckpointError(
            f"networks.{network}.source: expected {path} with sha256 {sha256}, found {found}; get the file anew, or "
            f"correct networks.{network}.sha256"
        )
    return path
