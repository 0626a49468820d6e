"""Contents from single layers, textures from more and more of them: what comes back, and what the record says."""

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


def made(given):
    reconstruct(**given)
    tiles = np.split(np.asarray(Image.open(given["strip"])), 2 * len(given["layers"]), axis=1)
    return json.loads(given["record"].read_text()), tiles


def original(given):
    return read_picture(given["images"][0], 32)


def missing(tile, content):
    """The share of the content's spatial variance by which a tile misses it, worked out anew."""
    seen = torch.from_numpy(tile.copy()).permute(2, 0, 1)[None].double() / 255
    content = content.double()
    return float((seen - content).square().sum() / (content - content.mean((2, 3), keepdim=True)).square().sum())


def test_the_shallowest_layer_gives_the_content_back_and_deeper_ones_lose_more(given):
    record, tiles = made(given)
    lost = [missing(tile, original(given)) for tile in tiles[:3]]
    assert lost[0] < 0.02
    assert lost[0] < lost[1] < lost[2]
    assert [part["pixel_loss"] for part in record["content"]] == pytest.approx(lost, rel=1e-4)


def test_the_record_says_what_stands_where(given):
    record, tiles = made(given)
    assert record["labels"] == given["labels"]
    assert (record["width_px"], record["height_px"]) == tiles[0].shape[1::-1] == (48, 32)
    assert [part["layers"] for part in record["content"]] == [[layer] for layer in LAYERS]
    assert [part["layers"] for part in record["texture"]] == [LAYERS[:1], LAYERS[:2], LAYERS]
    for part in (*record["content"], *record["texture"]):
        assert part["last_loss"] < 0.5 * part["first_loss"]
        assert part["worst_rise"] <= 1
        assert part["iterations"] <= 40


def test_losses_are_those_of_the_pictures_as_shown(given, encoder):
    record, tiles = made(given)
    content, style = (read_picture(path, 32) for path in given["images"])
    recipes = [*content_recipes(LAYERS, 40), *texture_recipes(LAYERS, 40)]
    for part, tile, recipe in zip((*record["content"], *record["texture"]), tiles, recipes, strict=True):
        shown = torch.from_numpy(tile.copy()).permute(2, 0, 1)[None].float() / 255
        objective = Objective(encoder(recipe), recipe, [Scene(content, [Style(style)])])
        # the checkpoint keeps its weights and statistics exactly, its mean and deviation rounded to float32
        assert part["shown_loss"] == pytest.approx(float(objective(shown).total), rel=1e-3, abs=1e-9)
        # projected onto what can be shown, a picture is no better than the optimiser's
        assert part["shown_loss"] >= 0.9 * part["last_loss"]


def test_a_texture_has_the_style_not_the_content(given, encoder):
    _, tiles = made(given)
    recipe = texture_recipes(LAYERS, 40)[-1]
    content, style = (read_picture(path, 32) for path in given["images"])
    objective = Objective(encoder(recipe), recipe, [Scene(content, [Style(style)])])
    texture = torch.from_numpy(tiles[-1].copy()).permute(2, 0, 1)[None].float() / 255
    assert float(objective(content).total) == pytest.approx(1)
    assert float(objective(texture).total) < 0.2
    assert missing(tiles[-1], content) > 0.5


def test_equal_inputs_give_equal_bytes(given, tmp_path):
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
    parts = [{"image": name, "weight": 1.0, "mask": None} for name in ("style", "other")]
    _, alone = made(given | {"iterations": 5})
    labels = given["labels"] | {"style": "both"}
    _, blended = made(given | {"iterations": 5, "blends": {"both": parts}, "labels": labels})
    assert (blended[-1] != alone[-1]).mean() > 0.5


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"layers": ["relu9_1"]}, ConfigError, "relu5_4"),
        ({"size_px": 40}, ConfigError, "multiple of 16"),
        ({"labels": {"network": "other"}}, CheckpointError, "expected network 'other'"),
        ({"labels": {"style": "content"}}, ImageError, r"epoch_003\.pt on content, content.*equal Gram matrices"),
    ],
)
def test_faults_are_named_and_leave_nothing(given, change, error, said):
    labels = given["labels"] | change.get("labels", {})
    with pytest.raises(error, match=said):
        reconstruct(**given | {"iterations": 2} | change | {"labels": labels})
    assert not given["strip"].exists()
    assert not given["record"].exists()


def test_one_plain_colour_cannot_be_missed(given):
    Image.new("RGB", (96, 64), (90, 90, 90)).save(given["images"][0])
    with pytest.raises(ImageError, match=r"epoch_003\.pt on content, style: content image: expected"):
        reconstruct(**given | {"iterations": 2})
