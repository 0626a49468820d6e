"""What the configuration says of the dataset, before it is prepared. Standard library only: the Snakefile reads it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from robust_style.data.image_folder import ImageFolder, read_folder

FOLDER = "folder"
# px; of cifar10 and phototiles, and what the robustness library's training crops every image to.
LIBRARY_SIDE_PX = 32
# px; Tiny ImageNet's.
DEFAULT_FOLDER_SIDE_PX = 64
# Images to train and to test with where the configuration names no number. Of phototiles any number can be made.
_DEFAULT_SIZES = {"cifar10": (50_000, 10_000), "phototiles": (5_000, 1_000)}


def dataset_contradictions(dataset: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong in the block `dataset` besides the types of its values."""
    name = dataset["name"]
    if name != "cifar10" and dataset["archive"] is not None:
        yield f"dataset.archive: only cifar10 has an archive, found it with {name}; set it to null"
    if dataset["sha256"] is not None and dataset["archive"] is None:
        yield "dataset.sha256: belongs to dataset.archive, which is null; give both or neither"
    if name == FOLDER:
        if dataset["path"] is None:
            yield "dataset.path: expected the folder of images, found null; name it"
        return
    for key in ("path", "classes"):
        if dataset[key] is not None:
            yield f"dataset.{key}: belongs to the dataset {FOLDER}, found it with {name}; set it to null"
    if dataset["size_px"] not in (None, LIBRARY_SIDE_PX):
        yield f"dataset.size_px: {name} has images of {LIBRARY_SIDE_PX} px, found {dataset['size_px']}; set it to null"


def side_px(config: Mapping[str, Any]) -> int:
    """The side of the images that networks are trained on."""
    dataset = config["dataset"]
    usual = DEFAULT_FOLDER_SIDE_PX if dataset["name"] == FOLDER else LIBRARY_SIDE_PX
    return int(dataset["size_px"] or usual)


def sizes(config: Mapping[str, Any]) -> tuple[int, int]:
    """How many images there are to train and to test with; of a folder they are counted where no number is given."""
    dataset = config["dataset"]
    train, test = dataset["train_size"], dataset["test_size"]
    if None not in (train, test):
        return train, test
    if dataset["name"] == FOLDER:
        there = images_there(config)
        return train or len(there.train.labels), test or len(there.test.labels)
    usual = _DEFAULT_SIZES[dataset["name"]]
    return train or usual[0], test or usual[1]


def sizes_available(name: str) -> tuple[int | None, int | None]:
    """How many images the dataset of that name has to train and to test with; None where it is not known."""
    return _DEFAULT_SIZES[name] if name == "cifar10" else (None, None)


def images_there(config: Mapping[str, Any]) -> ImageFolder:
    """The images of the dataset `folder`. Raises DatasetError in one sentence if it cannot be used."""
    return read_folder(Path(config["dataset"]["path"]), config["dataset"]["classes"])


def state_of_images(config: Mapping[str, Any]) -> str | None:
    """What changes when an image of the dataset `folder` does; None of the other datasets. Raises as `images_there`."""
    return images_there(config).fingerprint if config["dataset"]["name"] == FOLDER else None


def bytes_of_images(config: Mapping[str, Any]) -> int:
    """What the prepared images take, in the file and wherever they are kept whole: 3 bytes a pixel."""
    return 3 * side_px(config) ** 2 * sum(sizes(config))
