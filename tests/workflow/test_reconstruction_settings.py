"""Which reconstructions a configuration asks for."""

from typing import Any

import pytest

from merged_config import CONFIG, merge, merged
from robust_style.errors import ConfigError
from robust_style.workflow.reconstruction import (
    images_to_reconstruct,
    reconstructed_checkpoints,
    reconstruction_px,
)
from robust_style.workflow.settings import checked, reconstructed_pair


def configured(transfer: dict[str, Any] | None = None, **reconstruction: Any) -> dict[str, Any]:
    config = merged("config")
    merge(config, {"reconstruction": reconstruction, "transfer": transfer or {}})
    return checked(config, CONFIG / "schema.yaml")


def test_all_the_last_or_none() -> None:
    assert len(reconstructed_checkpoints(configured())) == 2 * 5
    assert reconstructed_checkpoints(configured(checkpoints="last")) == [("standard", 0, 100), ("adversarial", 0, 100)]
    assert reconstructed_checkpoints(configured(checkpoints="none")) == []


def test_the_first_pair_unless_named() -> None:
    assert reconstructed_pair(configured()) == ("bigben", "the_scream")
    assert reconstructed_pair(configured(style="great_wave")) == ("bigben", "great_wave")
    assert reconstructed_pair(configured(content="astronaut")) == ("astronaut", "the_scream")


def test_images_are_wanted_where_there_are_reconstructions() -> None:
    blends = {"both": [{"image": "the_scream"}, {"image": "op_art"}]}
    assert images_to_reconstruct(configured({"blends": blends}, style="both")) == ["bigben", "the_scream", "op_art"]
    assert images_to_reconstruct(configured(checkpoints="none")) == []


def test_as_large_as_the_pictures_but_not_very() -> None:
    assert reconstruction_px(configured()) == 256
    assert reconstruction_px(configured({"size_px": 128})) == 128
    assert reconstruction_px(configured(size_px=512)) == 512


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"checkpoints": "first"}, "reconstruction.checkpoints: expected one of all, last, none, found 'first'"),
        ({"layers": ["relu6_1"]}, "found 'relu6_1'; did you mean relu5_1?"),
        ({"size_px": 100}, "reconstruction.size_px: expected a multiple of 16"),
        ({"content": "barn", "style": "barn"}, "reconstruction: expected two images, found barn"),
        ({"style": "bigben"}, "reconstruction: expected two images, found bigben"),
        ({"content": "both"}, "reconstruction.content: expected an image of the catalogue, found the blend both"),
        ({"layer": 1}, "reconstruction.layer: no such key; did you mean layers?"),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        configured({"blends": {"both": [{"image": "the_scream"}]}}, **change)
    assert message in str(caught.value)
