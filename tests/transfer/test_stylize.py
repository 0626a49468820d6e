"""The rule `stylize`: from files to files, alone and in one batch, with blends and masks."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from robust_style.compute import device
from robust_style.errors import CheckpointError, ConfigError, Divergence, ImageError
from robust_style.files.checkpoint import save_checkpoint
from robust_style.files.trace import Trace
from robust_style.model.restore import restore_network
from robust_style.transfer.input_image import read_picture
from robust_style.transfer.stylize import stylize


def trace_in(files, number=0):
    return json.loads(files["products"][number].trace.read_text())


def written(files):
    return [path for products in files["products"] for path in vars(products).values() if path.exists()]


def add_image(files, name, image):
    """Another input image of that name."""
    path = files["images"][0].with_name(f"{name}.png")
    image.save(path)
    files["images"].append(path)


def test_the_five_products(files, capsys):
    files["recipe"] |= {"iterations": 30, "snapshots": [0, 6, 30]}
    stylize(**files)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" · ")[1] for line in lines] == ["iteration 0/30", "iteration 25/30", "iteration 30/30"]
    trace, products = trace_in(files), files["products"][0]
    assert trace["labels"] == files["labels"] | {"content": "content", "style": "style"}
    assert trace["iteration"] == list(range(31))
    assert len(trace["total_loss"]) == len(trace["content_loss"]) == len(trace["style_loss"]) == 31
    assert trace["snapshots"] == [0, 6, 30]
    assert trace["total_loss"][-1] < 0.5 * trace["total_loss"][0]
    assert trace["stopped"] == "iterations"
    # of lbfgs also the losses of rejected steps; the picture's are the best so far
    evaluated = trace["evaluated_loss"] or trace["total_loss"]
    assert len(evaluated) == 31
    assert trace["worst_rise"] == max(loss / min(evaluated[: at + 1]) for at, loss in enumerate(evaluated))
    assert Trace.load(products.trace).evaluated_loss == tuple(trace["evaluated_loss"])
    assert trace["recipe"] == files["recipe"]
    assert (trace["precision"], trace["threads"], trace["device"], trace["size_px"]) == ("float32", 1, "cpu", 32)
    with Image.open(products.preview) as preview:
        assert max(preview.size) == 40
    with Image.open(products.animation) as animation:
        assert max(animation.size) == 24
        assert animation.n_frames == 4
    strip, picture = (np.asarray(Image.open(path)) for path in (products.snapshots, products.picture))
    assert picture.shape == (trace["height_px"], trace["width_px"], 3) == (32, 48, 3)
    assert strip.shape == (32, 3 * 48, 3)
    content = read_picture(files["images"][0], 32)[0].mul(255).round().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(strip[:, :48], content)
    np.testing.assert_array_equal(strip[:, 96:], picture)


@pytest.mark.parametrize("base", ["fair", "original_recipe"])
def test_equal_inputs_give_equal_bytes(files, products_at, tmp_path, base, request):
    files["recipe"] = request.getfixturevalue(base)
    stylize(**files)
    again = products_at(tmp_path / "again" / "content--style")
    stylize(**files | {"products": [again]})
    for name, path in vars(again).items():
        assert path.read_bytes() == getattr(files["products"][0], name).read_bytes()
    assert not [path for path in (tmp_path / "again").iterdir() if path.name.startswith(".")]
    assert str(tmp_path) not in again.trace.read_text()


def test_noise_depends_on_seed_and_pair_only(files, original_recipe):
    def start(**changes):
        stylize(**files | changes)
        return np.asarray(Image.open(files["products"][0].snapshots))[:, :48]

    noise = files["recipe"] | {"initialisation": "noise"}
    first = start(recipe=noise)
    np.testing.assert_array_equal(first, start(recipe=original_recipe | {"initialisation": "noise"}))
    assert (first != start(recipe=noise, seed=1)).mean() > 0.9
    files["images"].append(shutil.copy(files["images"][1], files["images"][1].with_name("other.png")))
    assert (first != start(recipe=noise, pairs=[("content", "other")])).mean() > 0.9
    assert first.std() > 60  # uniform: 73.9


@pytest.mark.parametrize(("key", "value"), [("network", "other"), ("regime", "adversarial"), ("seed", 1), ("epoch", 4)])
def test_a_checkpoint_with_other_labels_is_refused(files, key, value):
    files["labels"][key] = value
    with pytest.raises(CheckpointError, match=f"expected {key} {value!r}"):
        stylize(**files)
    assert not written(files)


def test_unguarded_recipes_are_painted_in_float32_where_others_are_in_bfloat16(files, monkeypatch):
    monkeypatch.setattr(device, "_has_native_bfloat16", lambda where: True)
    files["precision"] = "auto"
    precisions = []
    for changes in ({}, {"optimiser": "lbfgs_unguarded"}, {"optimiser": "lbfgs_unguarded", "precision": "bfloat16"}):
        stylize(**files | {"recipe": files["recipe"] | {"iterations": 1, "snapshots": [0]} | changes})
        precisions.append(trace_in(files)["precision"])
    assert precisions == ["bfloat16", "float32", "bfloat16"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size_px": 40}, ConfigError, "multiple of 16"),
        ({"device": "tpu"}, ConfigError, "auto, cpu, cuda or cuda:N, found tpu$"),
        ({"precision": "float16"}, ConfigError, "bfloat16"),
        ({"images": [Path("content.png"), Path("style.png")]}, ImageError, "content.png"),
        ({"checkpoint": Path("absent.pt")}, CheckpointError, "absent.pt"),
        ({"pairs": [("content",) * 2]}, ImageError, r"epoch_003\.pt on content--content.*equal Gram matrices"),
    ],
)
def test_faults_are_named_and_leave_nothing(files, change, error, message):
    with pytest.raises(error, match=message):
        stylize(**files | change)
    assert not written(files)


@pytest.mark.parametrize("base", ["fair", "original_recipe"])
def test_weights_that_are_not_finite_are_divergence(files, base, request):
    files["recipe"] = request.getfixturevalue(base)
    _, checkpoint = restore_network(files["checkpoint"])
    checkpoint.weights["features.0.weight"][0, 0, 0, 0] = math.nan
    save_checkpoint(files["checkpoint"], checkpoint)
    with pytest.raises(Divergence, match="finite loss at the start"):
        stylize(**files)
    assert not written(files)


def test_pairs_of_different_shape_are_painted_one_by_one_bit_for_bit(files, products_at):
    stylize(**files)
    alone = np.asarray(Image.open(files["products"][0].picture))
    files["pairs"] = [("content", "style"), ("style", "content")]
    files["products"].append(products_at(files["products"][0].picture.with_name("style--content")))
    stylize(**files)
    np.testing.assert_array_equal(alone, np.asarray(Image.open(files["products"][0].picture)))
    assert trace_in(files)["batch_size"] == trace_in(files, 1)["batch_size"] == 1
    assert trace_in(files, 1)["labels"]["content"] == "style"
    assert len(written(files)) == 10


def test_pairs_of_equal_shape_are_painted_in_one_batch(files, products_at):
    with Image.open(files["images"][1]) as image:
        add_image(files, "third", image.transpose(Image.Transpose.ROTATE_90))
    files["pairs"] = [("content", "style"), ("content", "third")]
    files["products"].append(products_at(files["products"][0].picture.with_name("content--third")))
    stylize(**files)
    assert trace_in(files)["batch_size"] == trace_in(files, 1)["batch_size"] == 2
    together = trace_in(files, 1)["total_loss"]
    stylize(**files | {"pairs": files["pairs"][1:], "products": files["products"][1:]})
    assert trace_in(files, 1)["batch_size"] == 1
    assert trace_in(files, 1)["total_loss"] == pytest.approx(together, rel=0.02)


def test_a_blend_has_the_mean_of_its_styles_as_target(files):
    files["blends"] = {
        "both": [{"image": "style", "weight": 3.0, "mask": None}, {"image": "content", "weight": 1.0, "mask": None}]
    }
    files["pairs"] = [("content", "both")]
    stylize(**files)
    assert trace_in(files)["labels"]["style"] == "both"
    assert trace_in(files)["total_loss"][0] == pytest.approx(300, rel=1e-4)


def test_a_mask_limits_the_style_to_its_region(files):
    mask = np.zeros((64, 96, 3), np.uint8)
    mask[:, :48] = 255
    add_image(files, "left", Image.fromarray(mask))
    files["blends"] = {"left_only": [{"image": "style", "weight": 1.0, "mask": "left"}]}
    files["pairs"] = [("content", "left_only")]
    files["recipe"] |= {"content_weight": 3.0}
    stylize(**files)
    strip = np.asarray(Image.open(files["products"][0].snapshots)).astype(int)
    changed = np.abs(strip[:, 96:] - strip[:, :48]).mean((0, 2))
    # away from the edge of the mask, farther than the receptive field of the deepest layer
    assert changed[:16].mean() > 4 * changed[-8:].mean()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (Image.new("RGB", (64, 64), "white"), r"mask .*square\.png: expected .*, 96 x 64 px, found 64 x 64 px"),
        (Image.new("RGB", (96, 64)), "all black"),
    ],
)
def test_an_unusable_mask_is_refused(files, mask, message):
    add_image(files, "square", mask)
    files["blends"] = {"masked": [{"image": "style", "weight": 1.0, "mask": "square"}]}
    with pytest.raises(ImageError, match=message):
        stylize(**files | {"pairs": [("content", "masked")]})


def test_a_stretched_content_is_reported(files, capsys):
    with Image.open(files["images"][0]) as image:
        image.resize((80, 64)).save(files["images"][0])
    stylize(**files)
    note = "content: 80 x 64 px, painted at 32 x 32 px: sides are multiples of 16, so it is stretched by 25.0 %"
    assert capsys.readouterr().err.count(note) == 1
