import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from robust_style.errors import CheckpointError, ConfigError, Divergence, ImageError
from robust_style.files.checkpoint import save_checkpoint
from robust_style.model.network import NormalisedNetwork, build_network
from robust_style.model.restore import restore_network
from robust_style.transfer.encoder import Encoder
from robust_style.transfer.input_image import read_picture
from robust_style.transfer.losses import Scene, Style
from robust_style.transfer.optimise import Observer, Randomness, optimise
from robust_style.transfer.stylize import Products, stylize

PILOT = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def products_at(stem):
    return Products(*(stem.with_suffix(ending) for ending in (".png", ".jpg", ".json", ".snapshots.png", ".gif")))


def trace_in(files, number=0):
    return json.loads(files["products"][number].trace.read_text())


def written(files):
    return [path for products in files["products"] for path in vars(products).values() if path.exists()]


def test_writes_the_five_products(files):
    stylize(**files)
    trace = trace_in(files)
    assert trace["labels"] == files["labels"] | {"content": "content", "style": "style"}
    assert trace["iteration"] == list(range(13))
    assert len(trace["total_loss"]) == len(trace["content_loss"]) == len(trace["style_loss"]) == 13
    assert trace["snapshots"] == [0, 6, 12]
    assert trace["total_loss"][-1] < 0.5 * trace["total_loss"][0]
    assert trace["stopped"] == "iterations"
    assert trace["recipe"] == files["recipe"]
    assert (trace["precision"], trace["threads"], trace["device"], trace["size_px"]) == ("float32", 1, "cpu", 32)
    with Image.open(files["products"][0].picture) as picture:
        assert picture.size == (trace["width_px"], trace["height_px"]) == (48, 32)
    with Image.open(files["products"][0].preview) as preview:
        assert max(preview.size) == 40
    with Image.open(files["products"][0].animation) as animation:
        assert max(animation.size) == 24
        assert animation.n_frames == 4


def test_the_strip_goes_from_the_content_to_the_picture(files):
    stylize(**files)
    strip, picture = (
        np.asarray(Image.open(path)) for path in (files["products"][0].snapshots, files["products"][0].picture)
    )
    assert strip.shape == (32, 3 * 48, 3)
    content = read_picture(files["images"][0], 32)[0].mul(255).round().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(strip[:, :48], content)
    np.testing.assert_array_equal(strip[:, 96:], picture)


@pytest.mark.parametrize("base", ["fair", "seed_recipe"])
def test_equal_inputs_give_equal_bytes(files, tmp_path, base, request):
    files["recipe"] = request.getfixturevalue(base)
    stylize(**files)
    moved = products_at(tmp_path / "again" / "content--style")
    stylize(**files | {"products": [moved]})
    for name, path in vars(moved).items():
        assert path.read_bytes() == getattr(files["products"][0], name).read_bytes()
    assert not [path for path in (tmp_path / "again").iterdir() if path.name.startswith(".")]
    assert str(tmp_path) not in moved.trace.read_text()


def test_noise_depends_on_seed_and_pair_only(files, seed_recipe):
    def start(**changes):
        stylize(**files | changes)
        return np.asarray(Image.open(files["products"][0].snapshots))[:, :48]

    noise = files["recipe"] | {"initialisation": "noise"}
    first = start(recipe=noise)
    np.testing.assert_array_equal(first, start(recipe=seed_recipe | {"initialisation": "noise"}))
    assert (first != start(recipe=noise, seed=1)).mean() > 0.9
    files["images"].append(shutil.copy(files["images"][1], files["images"][1].with_name("other.png")))
    assert (first != start(recipe=noise, pairs=[("content", "other")])).mean() > 0.9
    assert first.std() > 60  # uniform: 73.9


def test_bfloat16_says_so(files):
    stylize(**files | {"precision": "bfloat16"})
    assert trace_in(files)["precision"] == "bfloat16"


def test_progress_is_reported(files, capsys):
    files["recipe"] |= {"iterations": 30, "snapshots": [0]}
    stylize(**files)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" · ")[1] for line in lines] == ["iteration 0/30", "iteration 25/30", "iteration 30/30"]


@pytest.mark.parametrize(("key", "value"), [("network", "other"), ("regime", "adversarial"), ("seed", 1), ("epoch", 4)])
def test_a_checkpoint_of_another_name_is_refused(files, key, value):
    files["labels"][key] = value
    with pytest.raises(CheckpointError, match=f"expected {key} {value!r}"):
        stylize(**files)
    assert not written(files)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"size_px": 40}, ConfigError, "multiple of 16"),
        ({"device": "tpu"}, ConfigError, "auto, cpu, cuda or cuda:N, found 'tpu'$"),
        ({"precision": "float16"}, ConfigError, "bfloat16"),
        ({"images": [Path("content.png"), Path("style.png")]}, ImageError, "content.png"),
        ({"checkpoint": Path("absent.pt")}, CheckpointError, "absent.pt"),
    ],
)
def test_faults_are_named_and_leave_nothing(files, change, error, said):
    with pytest.raises(error, match=said):
        stylize(**files | change)
    assert not written(files)


def test_an_unknown_layer_is_refused(files):
    files["recipe"]["style_layers"] = ["relu9_1"]
    with pytest.raises(ConfigError, match="relu5_4"):
        stylize(**files)


def test_the_pair_of_an_image_with_itself_is_refused(files):
    with pytest.raises(ImageError, match=r"epoch_003\.pt on content--content.*equal Gram matrices"):
        stylize(**files | {"pairs": [("content", "content")]})


@pytest.mark.parametrize("base", ["fair", "seed_recipe"])
def test_weights_that_are_not_finite_are_divergence(files, base, request):
    files["recipe"] = request.getfixturevalue(base)
    _, checkpoint = restore_network(files["checkpoint"])
    checkpoint.weights["features.0.weight"][0, 0, 0, 0] = math.nan
    save_checkpoint(files["checkpoint"], checkpoint)
    with pytest.raises(Divergence, match="finite loss at the start"):
        stylize(**files)
    assert not written(files)


@pytest.mark.shared_data
@pytest.mark.skipif(not (PILOT / "pilot_checkpoints").exists(), reason="the pilot's checkpoints are not here")
def test_the_pilots_adversarial_network_reaches_the_style(tmp_path, recipe, fair):
    network = build_network("vgg19", 0.5, 10)
    state = torch.load(PILOT / "pilot_checkpoints" / "adv_032.pt", weights_only=True)
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    network = NormalisedNetwork(network, (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)).eval()
    for name, source in (("c", "content/bigben.jpg"), ("s", "style/the_scream.jpg")):
        Image.open(PILOT / "images" / source).convert("RGB").save(tmp_path / f"{name}.png")
    settings = recipe(
        fair,
        style_layers=[f"relu{b}_1" for b in range(1, 6)],
        content_layers=["relu4_2"],
        iterations=30,
        snapshots=[0],
    )
    images = [read_picture(tmp_path / f"{name}.png", 64) for name in "cs"]
    (painting,) = optimise(
        lambda dtype: Encoder(network, settings.layers, pooling="average", dtype=dtype),
        settings,
        lambda scale: [Scene(images[0], [Style(images[1])])],
        dtype=torch.float32,
        randomness=[Randomness(torch.Generator(), torch.Generator())],
        observers=[Observer((), lambda *_: None)],
    )
    # the whole style distance is 1; an untrained start would keep far more of it after 30 iterations
    assert painting.trajectory.losses[-1].style < 0.02
    assert painting.trajectory.losses[-1].content < 1.2


def with_a_second_pair(files):
    stem = files["products"][0].picture.with_name("style--content")
    files["pairs"] = [("content", "style"), ("style", "content")]
    files["products"].append(products_at(stem))


def test_several_pairs_in_one_job_are_the_same_pictures(files):
    stylize(**files)
    alone = np.asarray(Image.open(files["products"][0].picture)).astype(int)
    with_a_second_pair(files)
    stylize(**files)
    both = np.asarray(Image.open(files["products"][0].picture)).astype(int)
    # of different shape, so not in one batch: bit for bit
    np.testing.assert_array_equal(alone, both)
    assert trace_in(files)["batch_size"] == trace_in(files, 1)["batch_size"] == 1
    assert trace_in(files, 1)["labels"]["content"] == "style"
    assert len(written(files)) == 10


def test_pairs_of_equal_shape_are_painted_together(files):
    files["images"].append(shutil.copy(files["images"][1], files["images"][1].with_name("third.png")))
    with Image.open(files["images"][2]) as image:
        image.transpose(Image.Transpose.ROTATE_90).save(files["images"][2])
    files["pairs"] = [("content", "style"), ("content", "third")]
    files["products"].append(products_at(files["products"][0].picture.with_name("content--third")))
    stylize(**files)
    assert trace_in(files)["batch_size"] == trace_in(files, 1)["batch_size"] == 2
    together = trace_in(files, 1)["total_loss"]
    stylize(**files | {"pairs": files["pairs"][1:], "products": files["products"][1:]})
    assert trace_in(files, 1)["batch_size"] == 1
    assert trace_in(files, 1)["total_loss"] == pytest.approx(together, rel=0.02)


def test_a_blend_is_between_its_styles(files):
    files["blends"] = {
        "both": [{"image": "style", "weight": 3.0, "mask": None}, {"image": "content", "weight": 1.0, "mask": None}]
    }
    files["pairs"] = [("content", "both")]
    stylize(**files)
    assert trace_in(files)["labels"]["style"] == "both"
    assert trace_in(files)["total_loss"][0] == pytest.approx(300, rel=1e-4)


def test_a_mask_keeps_the_style_in_its_place(files):
    mask = np.zeros((64, 96, 3), np.uint8)
    mask[:, :48] = 255
    Image.fromarray(mask).save(files["images"][0].with_name("left.png"))
    files["images"].append(files["images"][0].with_name("left.png"))
    files["blends"] = {"left_only": [{"image": "style", "weight": 1.0, "mask": "left"}]}
    files["pairs"] = [("content", "left_only")]
    files["recipe"] |= {"content_weight": 3.0}
    stylize(**files)
    strip = np.asarray(Image.open(files["products"][0].snapshots)).astype(int)
    changed = np.abs(strip[:, 96:] - strip[:, :48]).mean((0, 2))
    # beyond the seam and the reach of the deepest layer's pixels
    assert changed[:16].mean() > 4 * changed[-8:].mean()


def test_a_mask_of_another_shape_is_refused(files):
    Image.new("RGB", (64, 64), "white").save(files["images"][0].with_name("square.png"))
    files["images"].append(files["images"][0].with_name("square.png"))
    files["blends"] = {"masked": [{"image": "style", "weight": 1.0, "mask": "square"}]}
    with pytest.raises(ImageError, match=r"square\.png: expected .*, 96 x 64 px, found 64 x 64 px"):
        stylize(**files | {"pairs": [("content", "masked")]})


def test_a_stretched_content_is_said_in_the_log(files, capsys):
    with Image.open(files["images"][0]) as image:
        image.resize((80, 64)).save(files["images"][0])
    stylize(**files)
    note = "content: 80 x 64 px, painted at 32 x 32 px: sides are multiples of 16, so it is stretched by 25.0 %"
    assert capsys.readouterr().err.count(note) == 1


def test_a_mask_that_is_all_black_is_refused(files):
    Image.new("RGB", (96, 64)).save(files["images"][0].with_name("black.png"))
    files["images"].append(files["images"][0].with_name("black.png"))
    files["blends"] = {"nowhere": [{"image": "style", "weight": 1.0, "mask": "black"}]}
    with pytest.raises(ImageError, match="all black"):
        stylize(**files | {"pairs": [("content", "nowhere")]})
