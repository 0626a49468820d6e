"""Contents from single layers and textures from more and more layers: pictures, losses and the record."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from robust_style.errors import CheckpointError, ConfigError, ImageError
from robust_style.transfer.input_image import read_picture
from robust_style.transfer.losses import Objective, Scene, Style
from robust_style.transfer.reconstruct import content_recipes, reconstruct, texture_recipes

LAYERS = ["relu1_1", "relu2_1", "relu4_1"]


@pytest.fixture
def given(files, tmp_path):
    labels = {key: files["labels"][key] for key in ("network", "regime", "seed", "epoch")}
    shared = {key: files[key] for key in ("checkpoint", "images", "blends", "size_px", "seed", "device", "precision")}
    return shared | {
        "labels": labels | {"content": "content", "style": "style"},
        "strip": tmp_path / "made" / "epoch_003.png",
        "record": tmp_path / "made" / "epoch_003.json",
        "layers": LAYERS,
        "iterations": 40,
        "threads": 1,
    }


def tiles_of(given):
    return np.split(np.asarray(Image.open(given["strip"])), 2 * len(given["layers"]), axis=1)


def as_tensor(tile):
    return torch.from_numpy(tile.copy()).permute(2, 0, 1)[None].float() / 255


def missing(tile, content):
    """The squared distance of a tile from the content, relative to the content's spatial variance."""
    pixels, content = as_tensor(tile).double(), content.double()
    return float((pixels - content).square().sum() / (content - content.mean((2, 3), keepdim=True)).square().sum())


def test_pictures_losses_and_record(given, encoder):
    reconstruct(**given)
    record, tiles = json.loads(given["record"].read_text()), tiles_of(given)
    content, style = (read_picture(path, 32) for path in given["images"])

    assert record["labels"] == given["labels"]
    assert (record["width_px"], record["height_px"]) == tiles[0].shape[1::-1] == (48, 32)
    assert [part["layers"] for part in record["content"]] == [[layer] for layer in LAYERS]
    assert [part["layers"] for part in record["texture"]] == [LAYERS[:1], LAYERS[:2], LAYERS]
    parts = [*record["content"], *record["texture"]]
    for part in parts:
        assert part["last_loss"] < 0.5 * part["first_loss"]
        assert part["worst_rise"] >= 1
        assert part["iterations"] <= 40

    # The shallowest layer gives the content back, deeper ones lose more.
    lost = [missing(tile, content) for tile in tiles[:3]]
    assert lost[0] < 0.02
    assert lost[0] < lost[1] < lost[2]
    assert [part["pixel_loss"] for part in record["content"]] == pytest.approx(lost, rel=1e-4)

    # The recorded losses are those of the 8-bit pictures.
    recipes = [*content_recipes(LAYERS, 40), *texture_recipes(LAYERS, 40)]
    for part, tile, recipe in zip(parts, tiles, recipes, strict=True):
        objective = Objective(encoder(recipe), recipe, [Scene(content, [Style(style)])])
        # the checkpoint has mean and deviation rounded to float32
        assert part["shown_loss"] == pytest.approx(float(objective(as_tensor(tile)).total), rel=1e-3, abs=1e-9)
        assert part["shown_loss"] >= 0.9 * part["last_loss"]

    # A texture has the style and not the content.
    assert float(objective(content).total) == pytest.approx(1)
    assert float(objective(as_tensor(tiles[-1])).total) < 0.2
    assert missing(tiles[-1], content) > 0.5


def test_equal_inputs_give_equal_bytes(given, tmp_path):
    given |= {"iterations": 5}
    reconstruct(**given)
    again = given | {"strip": tmp_path / "again.png", "record": tmp_path / "again.json"}
    reconstruct(**again)
    for key in ("strip", "record"):
        assert again[key].read_bytes() == given[key].read_bytes()
    assert str(tmp_path) not in given["record"].read_text()


def test_a_blend_is_a_style(given):
    given["images"].append(shutil.copy(given["images"][0], given["images"][0].with_name("other.png")))
    with Image.open(given["images"][2]) as image:
        image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(given["images"][2])
    given |= {"iterations": 5}
    reconstruct(**given)
    alone = tiles_of(given)[-1]
    parts = [{"image": name, "weight": 1.0, "mask": None} for name in ("style", "other")]
    reconstruct(**given | {"blends": {"both": parts}, "labels": given["labels"] | {"style": "both"}})
    assert (tiles_of(given)[-1] != alone).mean() > 0.5


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"layers": ["relu9_1"]}, ConfigError, "relu5_4"),
        ({"size_px": 40}, ConfigError, "multiple of 16"),
        ({"labels": {"network": "other"}}, CheckpointError, "expected network 'other'"),
        ({"labels": {"style": "content"}}, ImageError, r"epoch_003\.pt on content, content.*equal Gram matrices"),
    ],
)
def test_faults_are_named_and_leave_nothing(given, change, error, message):
    labels = given["labels"] | change.get("labels", {})
    with pytest.raises(error, match=message):
        reconstruct(**given | {"iterations": 2} | change | {"labels": labels})
    assert not given["strip"].exists()
    assert not given["record"].exists()


def test_a_plain_content_is_refused(given):
    Image.new("RGB", (96, 64), (90, 90, 90)).save(given["images"][0])
    with pytest.raises(ImageError, match=r"epoch_003\.pt on content, style: content image: expected"):
        reconstruct(**given | {"iterations": 2})
