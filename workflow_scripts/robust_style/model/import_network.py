"""Import a network that was trained elsewhere into the results."""

from pathlib import Path
from typing import Any

from robust_style.data.dataset import read_dataset
from robust_style.files.checkpoint import save_checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.model.convert import converted
from robust_style.model.foreign_source import file_of_source, stated_hash
from robust_style.model.kinds import CAFFE, without_place
from robust_style.model.painters import is_painter


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
    """Write the checkpoint of `networks.<network>`, whose block `settings` has a `source` and perhaps its `sha256`.

    Without `sha256` the source states it (`model.foreign_source.stated_hash`). A download is kept as
    `downloads/<network>-<first 12 digits of its sha256>` and used again. The checkpoint names `dataset`, on which the
    network is evaluated, as if it had been trained on it: that its classes are the same in the same order is the user's
    responsibility. An ImageNet network or a painter of the package is for painting only and is not evaluated.
    Raises CheckpointError for a file with another hash or one that `model.convert` rejects, DownloadError for a failed
    download, DatasetError for a damaged dataset.
    """
    source, sha256 = settings["source"], settings.get("sha256")
    if sha256 is None:
        source, sha256 = stated_hash(f"networks.{network}", source)
    file = file_of_source(f"networks.{network}", source, sha256, downloads / f"{network}-{sha256[:12]}")
    data = read_dataset(dataset)
    save_checkpoint(
        checkpoint,
        converted(
            file,
            origin=without_place(source),
            network=network,
            architecture=settings["architecture"],
            width=settings["width"],
            regime=settings["regime"],
            seed=seed,
            epoch=epoch,
            class_names=None if is_painter(source) else data.class_names,
            dataset_sha256=sha256_of_file(dataset),
            settings={**settings, "source": without_place(source)},
            code=code,
            caffe_input=settings.get("input") == CAFFE,
        ),
    )
