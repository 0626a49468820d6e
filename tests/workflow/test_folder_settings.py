"""What the configuration says of a folder of images, and what the plan makes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from robustness.tools.constants import RESTRICTED_IMAGNET_RANGES

from folder_of_images import write_folder
from merged_config import CONFIG, merge, merged
from robust_style.data import image_folder
from robust_style.data.image_folder import read_folder
from robust_style.errors import DatasetError
from robust_style.provenance.run import without_local_paths
from robust_style.workflow import cost, dataset, disk
from robust_style.workflow.settings import checked


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    image_folder._read.cache_clear()
    yield
    image_folder._read.cache_clear()


def configured(path: Path | None, **changes: Any) -> dict[str, Any]:
    config = merged("config", "miniature")
    usual = {"name": "folder", "path": str(path), "train_size": None, "test_size": None}
    merge(config, {"dataset": usual | changes})
    return checked(config, CONFIG / "schema.yaml")


def test_images_are_counted_where_no_number_is_given(tmp_path: Path) -> None:
    config = configured(write_folder(tmp_path / "images"))
    assert dataset.sizes(config) == (18, 9)
    assert dataset.side_px(config) == 64
    assert dataset.bytes_of_images(config) == 27 * 3 * 64 * 64
    assert dataset.sizes(configured(tmp_path / "images", train_size=6)) == (6, 9)
    assert dataset.sizes(configured(tmp_path / "nowhere", train_size=6, test_size=3)) == (6, 3)
    assert dataset.sizes(checked(merged("config"), CONFIG / "schema.yaml")) == (50_000, 10_000)


def test_larger_images_cost_as_their_pixels(tmp_path: Path) -> None:
    usual = {"train_size": 3_000_000, "test_size": 3}
    hours = [cost.cpu_hours(configured(tmp_path, size_px=px, **usual)) for px in (32, 64, 224)]
    assert hours[1] / hours[0] == pytest.approx(4, rel=0.05)
    assert hours[2] / hours[0] == pytest.approx(49, rel=0.05)
    room = [disk.needed_bytes(configured(tmp_path, size_px=px, **usual)) for px in (32, 64)]
    assert room[1] - room[0] == pytest.approx(3 * (64**2 - 32**2) * 3_000_003)


def test_the_plan_sees_a_changed_image(tmp_path: Path) -> None:
    config = configured(write_folder(tmp_path / "images"))
    before = dataset.state_of_images(config)
    (tmp_path / "images" / "train" / "crimson" / "000.JPEG").touch()
    image_folder._read.cache_clear()
    assert dataset.state_of_images(config) not in (None, before)
    assert dataset.state_of_images(checked(merged("config"), CONFIG / "schema.yaml")) is None
    with pytest.raises(DatasetError, match="is missing"):
        dataset.state_of_images(configured(tmp_path / "nowhere"))


def test_no_product_names_its_place(tmp_path: Path) -> None:
    assert without_local_paths(configured(tmp_path / "images"))["dataset"]["path"] == "images"


def test_restricted_imagenet_has_the_library_s_ranges(tmp_path: Path) -> None:
    classes = yaml.safe_load((CONFIG / "restricted_imagenet.yaml").read_text(encoding="utf-8"))["dataset"]["classes"]
    for part in ("train", "val"):
        for folders in classes.values():
            for name in folders:
                (tmp_path / part / name).mkdir(parents=True)
                (tmp_path / part / name / "a.JPEG").touch()
    found = read_folder(tmp_path, classes)
    assert found.class_names == ("bird", "cat", "crab", "dog", "fish", "frog", "insect", "primate", "turtle")
    sizes = {name: len(folders) for name, folders in classes.items()}
    assert sorted(sizes.values()) == sorted(last - first + 1 for first, last in RESTRICTED_IMAGNET_RANGES)
    assert all(folders == sorted(folders) for folders in classes.values())
    config = merged("config", "restricted_imagenet")
    merge(config, {"dataset": {"path": str(tmp_path)}})
    assert dataset.sizes(checked(config, CONFIG / "schema.yaml")) == (sum(sizes.values()),) * 2
