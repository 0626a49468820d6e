"""Figures of pictures: every picture is there with its labels, for few and many networks, recipes, pairs and epochs."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from made_results import (
    PAIRS,
    make_reconstructions,
    make_results,
    make_results_of_fewer_checkpoints,
    make_uneven_results,
    noise_picture,
    save_picture,
)
from robust_style.errors import ResultError
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.original_layout import draw_original_layout
from robust_style.figure.recipes import draw_recipes
from robust_style.figure.reconstructions import draw_reconstructions
from robust_style.figure.standard_vs_adversarial import draw_overview, draw_standard_vs_adversarial
from robust_style.files.reconstruction_record import Reconstructions

NETWORKS = ["standard", "adversarial"]
EVERY_KIND = [*NETWORKS, "imported", "control"]
SIX = ["standard", "adversarial", "noise", "standard_matched", "adversarial_linf", "control"]
NINE = ["fair", "fair_noise", "original", "gatys", "nakano", "mse_gram", "tv_adam", "lucid", "gentle"]
ROCKET = (("rocket", "flow_field"),)
FOUR_PAIRS = (*ROCKET, ("astronaut", "op_art"), ("coffee", "mosaic"), ("cat", "waves"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_results(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """Networks that lack epochs: one imported, with a single seed, and one untrained."""
    return make_uneven_results(tmp_path_factory.mktemp("uneven"), epochs=tuple(range(0, 101, 10)))


def of_pair(made, recipe=None, **given):
    """Arguments for a figure of rocket and flow field."""
    traces = [path for path in made.traces if path.stem == "rocket--flow_field"]
    traces = [path for path in traces if recipe is None or f"/{recipe}/" in path.as_posix()]
    images = {"content": made.images["rocket"], "style": made.images["flow_field"]}
    return {"traces": traces, **images, "networks": NETWORKS, **given}


def one_pair(made, tmp_path, **given):
    return of_pair(made, "fair", evaluations=made.evaluations, preview=tmp_path / "preview.jpg", **given)


def overview(made, **given):
    traces = [path for path in made.traces if "/fair/" in path.as_posix()]
    base = {"traces": traces, "evaluations": made.evaluations, "images": made.images, "networks": NETWORKS}
    return base | given


def optimisation(made, tmp_path, **given):
    traces = [path for path in made.traces if path.stem == "rocket--flow_field"]
    base = {"traces": traces, "networks": NETWORKS, "recipes": ["original", "fair"], "preview": tmp_path / "p.jpg"}
    return base | given


def epochs_of(drawing):
    return [text for text in drawing.texts if re.fullmatch(r"untrained|epoch \d+", text)]


def test_one_pair(made, tmp_path, draw):
    drawing = draw(draw_standard_vs_adversarial, **one_pair(made, tmp_path))
    for expected in ("rocket", "flow field", "standard", "adversarial", "clean 71 · robust 3 %", "Recipe fair"):
        assert expected in drawing.words
    assert epochs_of(drawing) == ["untrained", "epoch 4", "epoch 8"]
    # The untrained picture is the same for all networks and drawn once: 2 sources + 1 + 2 x 2.
    assert drawing.pictures == 7


def test_a_recipe_with_the_last_checkpoint_only(tmp_path, draw):
    made = make_results_of_fewer_checkpoints(tmp_path)
    last = of_pair(made, "original", evaluations=made.evaluations, preview=tmp_path / "preview.jpg")
    drawing = draw(draw_standard_vs_adversarial, **last)
    assert epochs_of(drawing) == ["epoch 8"]
    assert drawing.pictures == 2 + 2
    drawing = draw(draw_original_layout, **of_pair(made, "original"))
    assert epochs_of(drawing) == ["epoch 8"]
    # three snapshots on the left, one epoch on the right, of two networks, and the two sources
    assert drawing.pictures == 2 * 3 + 2 + 2
    assert draw(draw_recipes, **of_pair(made, recipes=["fair", "original"])).pictures == 2 * 2 + 2
    assert draw(draw_optimisation, **optimisation(made, tmp_path)).pictures == 2 * 2 * 3


def test_different_starts_are_both_drawn(tmp_path, draw):
    made = make_results(tmp_path, recipes=("fair",), pairs=ROCKET)
    start = next(t for t in made.traces if "adversarial" in t.as_posix() and "epoch_000" in t.as_posix())
    Image.new("RGB", (48, 32), "red").save(start.with_suffix(".png"))
    assert draw(draw_standard_vs_adversarial, **one_pair(made, tmp_path)).pictures == 8


def test_many_epochs_are_thinned_evenly(tmp_path, draw):
    made = make_results(tmp_path, recipes=("fair",), epochs=tuple(range(11)), pairs=PAIRS[:1], size=(32, 48))
    drawing = draw(draw_standard_vs_adversarial, **one_pair(made, tmp_path))
    assert epochs_of(drawing) == ["untrained", "epoch 2", "epoch 4", "epoch 6", "epoch 8", "epoch 10"]


def test_networks_that_lack_epochs_have_dashes(uneven, tmp_path, draw):
    drawing = draw(draw_standard_vs_adversarial, **one_pair(uneven, tmp_path, networks=EVERY_KIND))
    # Of twelve epochs six, the imported network's only one among them; the seed is the one that it has too.
    assert epochs_of(drawing) == ["untrained", "epoch 20", "epoch 50", "epoch 76", "epoch 80", "epoch 100"]
    assert "training seed 3" in drawing.words
    assert drawing.texts.count("–") == 6 * 4 - (2 * 5 + 1 + 1)
    assert "–: no checkpoint" in drawing.words
    assert drawing.pictures == 2 + 2 * 5 + 1 + 1


def test_networks_of_one_checkpoint_each_are_one_row(made, draw):
    """As imported networks are: separate rows would be dashes except for one picture each."""
    traces = [
        path
        for path in of_pair(made, "fair")["traces"]
        if any(f"/{network}/seed_0/{epoch}" in path.as_posix() for network, epoch in
               (("standard", "epoch_004"), ("adversarial", "epoch_008")))
    ]  # fmt: skip
    drawing = draw(draw_overview, **overview(made, traces=traces))
    assert drawing.pictures == 4
    for expected in ("epoch 4 · clean", "epoch 8 · clean", "Each network's only checkpoint."):
        assert expected in drawing.words
    assert "no checkpoint" not in drawing.words


@pytest.mark.parametrize("size", [(48, 32), (32, 48)])
@pytest.mark.parametrize("networks", [2, 6])
def test_the_overview_of_many_networks(tmp_path, draw, networks, size):
    names = SIX[:networks]
    made = make_results(
        tmp_path, networks=names, recipes=("fair",), pairs=FOUR_PAIRS, epochs=tuple(range(6)), size=size
    )
    drawing = draw(draw_overview, **overview(made, networks=names))
    rows = set(epochs_of(drawing))
    assert {"untrained", "epoch 5"} <= rows, "the first and the last row are never left out"
    # Sources, the shared start and every row of every network, of all four pairs.
    assert drawing.pictures == 4 * (2 + 1 + networks * (len(rows) - 1))
    assert "…" not in drawing.words


def test_wrong_stylizations_are_refused(made, tmp_path, draw):
    with pytest.raises(ResultError, match="one pair"):
        draw(draw_standard_vs_adversarial, **one_pair(made, tmp_path) | {"traces": overview(made)["traces"]})
    for changes, message in (
        ({"traces": made.traces}, "one recipe"),
        ({"networks": ["unknown"]}, "found none"),
        ({"images": {}}, "image called"),
    ):
        with pytest.raises(ResultError, match=message):
            draw(draw_overview, **overview(made, **changes))
    assert not (tmp_path / "figure.png").exists()


def test_the_optimisation_has_iterations_and_losses(made, tmp_path, draw):
    drawing = draw(draw_optimisation, **optimisation(made, tmp_path))
    words = drawing.words
    for expected in ("0 iterations", "50 iterations", "100 iterations", "recipe original", "recipe fair", "total loss"):
        assert expected in words
    assert "after 8 training epochs" in words
    assert drawing.pictures == 3 * 2 * 2
    trace = json.loads(
        next(t for t in made.traces if "original/standard/seed_0/epoch_008/rocket" in str(t)).read_text()
    )
    lines = drawing.figure.axes[1].get_lines()
    assert lines[0].get_ydata().tolist() == trace["total_loss"]
    assert lines[0].get_xdata().tolist() == trace["iteration"]


@pytest.mark.parametrize(("networks", "recipes"), [(4, 3), (6, 6)])
def test_the_optimisation_of_many_networks(tmp_path, draw, networks, recipes):
    names, chosen = SIX[:networks], NINE[:recipes]
    made = make_results(tmp_path, networks=names, recipes=chosen, pairs=ROCKET, epochs=(8,))
    drawing = draw(draw_optimisation, **optimisation(made, tmp_path, networks=names, recipes=chosen))
    assert drawing.pictures == 3 * networks * recipes
    for name in names:
        assert name.replace("_", " ") in drawing.words
    assert "…" not in drawing.words


def test_each_network_s_last_epoch_is_named(uneven, tmp_path, draw):
    drawing = draw(draw_optimisation, **optimisation(uneven, tmp_path, networks=EVERY_KIND))
    assert "standard: epoch 100, adversarial: epoch 100, imported: epoch 76, control: untrained." in drawing.words
    assert drawing.pictures == 3 * 2 * 4


def test_a_strip_that_does_not_fit_its_trace_is_refused(tmp_path, draw):
    made = make_results(tmp_path, recipes=("fair",), epochs=(4,), pairs=ROCKET)
    Image.fromarray(np.zeros((32, 100, 3), np.uint8)).save(made.traces[0].with_suffix(".snapshots.png"))
    with pytest.raises(ResultError, match="3 tiles"):
        draw(draw_optimisation, **optimisation(made, tmp_path, recipes=["fair"]))


def test_the_original_layout_beside_its_correction(tmp_path, draw):
    made = make_results(tmp_path, networks=SIX[:3], recipes=("original",), pairs=ROCKET, seeds=(0, 1))
    drawing = draw(draw_original_layout, **of_pair(made, networks=["noise", "standard", "adversarial"]))
    for expected in (
        "As published", "iterations of the optimiser, all of training epoch 8", "Corrected", "training epochs",
        "0 iterations", "50 iterations", "100 iterations", "untrained", "epoch 4", "epoch 8", "Recipe original",
    ):  # fmt: skip
        assert expected in drawing.words, expected
    assert "noise" not in drawing.words, "as in the original: the standard and the adversarial network"
    assert drawing.pictures == 2 + 3 * 2 + 1 + 2 * 2, "the untrained network once"


def test_the_original_layout_of_uneven_networks(tmp_path, draw):
    made = make_results(tmp_path, networks=("standard",), recipes=("original",), pairs=ROCKET)
    make_results(tmp_path, networks=("imported",), recipes=("original",), pairs=ROCKET, epochs=(6,), made=made)
    drawing = draw(draw_original_layout, **of_pair(made, networks=["standard", "imported"]))
    assert "the last training epoch" in drawing.words
    assert drawing.texts.count("–") == 4  # three epochs without the one, one without the other


@pytest.mark.parametrize(("networks", "recipes"), [(2, 2), (6, 9)])
def test_every_recipe_at_a_glance(tmp_path, draw, networks, recipes):
    names, chosen = SIX[:networks], NINE[:recipes]
    made = make_results(tmp_path, networks=names, recipes=chosen, pairs=ROCKET, epochs=(0, 8))
    drawing = draw(draw_recipes, **of_pair(made, networks=names, recipes=chosen))
    for expected in ("fair", "from content", "from noise", "ratio 300", "epoch 8", "training seed 0"):
        assert expected in drawing.words
    assert drawing.pictures == 2 + networks * recipes
    with pytest.raises(ResultError, match="found none"):
        draw(draw_recipes, **of_pair(made, networks=["x"], recipes=chosen))


@pytest.fixture
def reconstructed(tmp_path, draw):
    """Draws records of reconstructions."""
    images = {name: tmp_path / f"{name}.png" for name in ("content", "style")}
    for name, path in images.items():
        save_picture(path, noise_picture(name, (96, 64)))
    return lambda records, networks=NETWORKS: draw(draw_reconstructions, records=records, **images, networks=networks)


def test_reconstructions_by_layer_and_checkpoint(tmp_path, reconstructed):
    drawing = reconstructed(make_reconstructions(tmp_path, epochs=(4, 8)))
    for expected in ("Content rocket", "Texture flow field", "original", "relu5_1", "to relu5_1", "Training seed 0"):
        assert expected in drawing.words
    assert list(dict.fromkeys(epochs_of(drawing))) == ["epoch 4", "epoch 8"]
    assert drawing.pictures == 2 + 4 * 2 * 5
    # The losses of the pictures as drawn: at the layer and in pixels, then of the textures.
    assert drawing.texts.count("0.8 · 100\u00a0%") == 4
    assert drawing.texts.count("1.6\u00a0%") == 4


def test_untrained_networks_of_one_seed_are_drawn_once(tmp_path, reconstructed):
    drawing = reconstructed(make_reconstructions(tmp_path, epochs=(0, 8)))
    assert "one network" in drawing.words
    assert drawing.pictures == 2 + 3 * 2 * 5


def test_networks_with_different_layers_share_columns_of_depth(tmp_path, reconstructed):
    records = make_reconstructions(tmp_path, networks=("standard",), epochs=(8,), layers=2)
    records += make_reconstructions(
        tmp_path, networks=("adversarial",), epochs=(8,), layers=2, names=["relu1", "layer1"]
    )
    words = reconstructed(records).words
    for expected in ("depth 1", "to depth 2", "Depths of standard: relu1_1, relu2_1; of adversarial: relu1, layer1."):
        assert expected in words


@pytest.mark.parametrize("size", [(48, 32), (32, 64)])
def test_reconstructions_of_many_checkpoints_are_thinned(tmp_path, reconstructed, size):
    drawing = reconstructed(make_reconstructions(tmp_path, epochs=tuple(range(21)), seeds=(1, 2), size=size))
    assert set(epochs_of(drawing)) == {"untrained", "epoch 4", "epoch 8", "epoch 12", "epoch 16", "epoch 20"}
    assert "Training seed 1" in drawing.words
    assert "…" not in drawing.words


def test_wrong_records_are_refused(tmp_path, reconstructed):
    records = make_reconstructions(tmp_path)
    with pytest.raises(ResultError, match="found none"):
        reconstructed(records, networks=["unknown"])
    other = make_reconstructions(tmp_path / "other", layers=3)
    with pytest.raises(ResultError, match="one pair and its layers"):
        reconstructed([*records, other[-1]])


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record["labels"].pop("seed"),
        lambda record: record["texture"].pop(),
        lambda record: record["content"][0].update(shown_loss=float("nan")),
        lambda record: record["content"][0].update(last_loss=None),
    ],
)
def test_a_damaged_record_is_named(tmp_path, damage):
    (path,) = make_reconstructions(tmp_path, networks=("standard",), epochs=(4,))
    record = json.loads(path.read_text())
    damage(record)
    path.write_text(json.dumps(record))
    with pytest.raises(ResultError, match=r"epoch_004\.json: expected the record of reconstructions"):
        Reconstructions.load(path)
