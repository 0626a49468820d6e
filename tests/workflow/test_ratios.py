"""Recipes that differ in their ratio only."""

from pathlib import Path

from merged_config import merged
from robust_style.workflow.meanings import meanings
from robust_style.workflow.ratios import ratio_series
from robust_style.workflow.settings import checked

SCHEMA = Path(__file__).resolve().parents[2] / "config" / "schema.yaml"


def block(style, content=1.0, **others):
    return {"style_weight": style, "content_weight": content, "optimiser": "lbfgs", **others}


def test_a_series_is_ordered_by_its_ratio():
    recipes = {"strong": block(300.0), "other": block(3.0, optimiser="adam"), "weak": block(30.0, 10.0)}
    assert ratio_series(recipes) == {"ratio 3 to 300": ["weak", "strong"]}


def test_equal_ratios_are_no_series():
    assert ratio_series({"a": block(30.0), "b": block(60.0, 2.0)}) == {}


def test_two_series_of_equal_ends_are_both_there():
    recipes = {name: block(weight, pooling=pooling) for name, weight, pooling in
               (("a", 3.0, "max"), ("b", 30.0, "max"), ("c", 3.0, "average"), ("d", 30.0, "average"))}  # fmt: skip
    assert list(ratio_series(recipes).values()) == [["a", "b"], ["c", "d"]]


def test_no_content_is_the_last_of_a_series():
    assert ratio_series({"none": block(30.0, 0.0), "some": block(30.0)}) == {"ratio 30 to inf": ["some", "none"]}


def test_the_published_recipes_hold_one_series():
    found = ratio_series(checked(merged("config"), SCHEMA)["transfer"]["recipes"])
    assert found == {"ratio 3 to 300": ["fair_3", "fair_30", "fair"]}


def test_every_key_has_its_meaning():
    found = meanings(SCHEMA)
    for key in ("seeds", "training.epochs", "networks.*.width", "transfer.recipes.*.style_weight", "dataset.name"):
        assert found[key]
    assert "\n" not in "".join(found.values())
