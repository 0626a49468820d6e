"""Sheets of pictures for many networks, recipes and pairs: everything is there, everything fits."""

import re

import pytest
from PIL import Image

from drawn import assert_fits_a4, assert_same_twice, words_of
from made_results import make_results
from robust_style.errors import ResultError
from robust_style.figure.optimisation import draw_optimisation
from robust_style.figure.original_layout import draw_original_layout
from robust_style.figure.recipes import draw_recipes
from robust_style.figure.standard_vs_adversarial import draw_overview

SIX = ["standard", "adversarial", "noise", "standard_matched", "adversarial_linf", "control"]
NINE = ["fair", "fair_noise", "original", "gatys", "nakano", "mse_gram", "tv_adam", "lucid", "gentle"]
PAIRS = (("rocket", "flow_field"), ("astronaut", "op_art"), ("coffee", "mosaic"), ("cat", "waves"))


def of_pair(made, **chosen):
    images = {"contents": made.images, "styles": made.images}
    return {"traces": [trace for trace in made.traces if trace.stem == "rocket--flow_field"], **images, **chosen}


@pytest.mark.parametrize("size", [(48, 32), (32, 48)])
@pytest.mark.parametrize("networks", [2, 4, 6])
def test_the_overview_fits_with_many_networks(tmp_path, networks, size):
    columns = SIX[:networks]
    made = make_results(tmp_path, networks=columns, recipes=("fair",), pairs=PAIRS, epochs=tuple(range(6)), size=size)
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    draw_overview(
        traces=made.traces, evaluations=made.evaluations, contents=made.images, styles=made.images,
        columns=columns, figure=figure, vector=vector,
    )  # fmt: skip
    assert_fits_a4(figure)
    rows = {int(epoch) for epoch in re.findall(r">epoch (\d+)<", vector.read_text())}
    assert rows >= {5}, "the last row is never left out"
    assert "untrained" in words_of(vector)
    # Sources, the shared start and every row of every network, of all four pairs.
    assert vector.read_text().count("<image") == 4 * (2 + 1 + networks * len(rows))
    assert _narrowest(vector) >= 10.0


def _narrowest(vector):
    """Width in mm of the narrowest picture that was painted: of the largest size of pictures that occurs."""
    widths = [float(width) for width in re.findall(r'<rect x="[^"]+" y="[^"]+" width="([\d.]+)"', vector.read_text())]
    return max(set(widths), key=widths.count) / 72 * 25.4


def test_the_original_s_layout_beside_its_correction(tmp_path):
    made = make_results(tmp_path, networks=SIX[:3], recipes=("original",), pairs=PAIRS[:1], seeds=(0, 1))
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    given = of_pair(made, columns=["noise", "standard", "adversarial"])
    assert_same_twice(lambda: draw_original_layout(**given, figure=figure, vector=vector), figure, vector)
    assert_fits_a4(figure)
    words = words_of(vector)
    for expected in (
        "As published", "iterations of the optimiser, all of training epoch 8", "Corrected", "training epochs",
        "iteration 0", "iteration 50", "iteration 100", "untrained", "epoch 4", "epoch 8", "Recipe original",
    ):  # fmt: skip
        assert expected in words, expected
    assert "noise" not in words, "as in the original: the standard and the adversarial network"
    assert vector.read_text().count("<image") == 2 + 3 * 2 + 3 * 2


def test_the_original_s_layout_of_uneven_networks(tmp_path):
    made = make_results(tmp_path, networks=("standard",), recipes=("original",), pairs=PAIRS[:1])
    make_results(tmp_path, networks=("imported",), recipes=("original",), pairs=PAIRS[:1], epochs=(6,), made=made)
    vector = tmp_path / "figure.svg"
    draw_original_layout(
        **of_pair(made, columns=["standard", "imported"]), figure=tmp_path / "figure.png", vector=vector
    )
    assert "the last training epoch" in words_of(vector)
    assert len(re.findall(">–<", vector.read_text())) == 4  # three epochs without the one, one without the other
    with pytest.raises(ResultError, match="one pair"):
        more = make_results(tmp_path, networks=("standard",), recipes=("original",), pairs=PAIRS[:2])
        draw_original_layout(
            **(of_pair(more, columns=["standard"]) | {"traces": more.traces}),
            figure=tmp_path / "none.png", vector=vector,
        )  # fmt: skip


@pytest.mark.parametrize(("networks", "recipes"), [(2, 2), (2, 9), (6, 9)])
def test_every_recipe_at_a_glance(tmp_path, networks, recipes):
    columns, names = SIX[:networks], NINE[:recipes]
    made = make_results(tmp_path, networks=columns, recipes=names, pairs=PAIRS[:1], epochs=(0, 8))
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    draw_recipes(**of_pair(made, columns=columns, recipes=names), figure=figure, vector=vector)
    assert_fits_a4(figure)
    words = words_of(vector)
    for expected in ("fair", "from content", "from noise", "ratio 300", "epoch 8", "training seed 0"):
        assert expected in words
    assert vector.read_text().count("<image") == 2 + networks * recipes
    with pytest.raises(ResultError, match="found none"):
        draw_recipes(**of_pair(made, columns=["x"], recipes=names), figure=figure, vector=vector)


@pytest.mark.parametrize(("networks", "recipes"), [(4, 3), (6, 3), (6, 6)])
def test_the_optimisation_of_many_networks_fits(tmp_path, networks, recipes):
    columns, names = SIX[:networks], NINE[:recipes]
    made = make_results(tmp_path, networks=columns, recipes=names, pairs=PAIRS[:1], epochs=(8,))
    figure, vector = tmp_path / "figure.png", tmp_path / "figure.svg"
    draw_optimisation(
        traces=made.traces, columns=columns, recipes=names, figure=figure, vector=vector, preview=tmp_path / "p.jpg"
    )
    assert_fits_a4(figure)
    for name in columns:
        first = name.split("_")[0]
        assert first in words_of(vector), "never cut: a name stands above its pictures or in the legend"
    assert "…" not in words_of(vector)
    assert vector.read_text().count("<image") == 3 * networks * recipes
    with Image.open(figure) as printed, Image.open(tmp_path / "p.jpg") as preview:
        assert preview.width == pytest.approx(printed.width / 2, abs=2)
