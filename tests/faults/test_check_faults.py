"""Results that no run can have made: counted, held against their ranges and limits, and named, by the last check."""

import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from made_products import READ_FIRST, Products, assert_refused, make_products
from robust_style.artefact.check import RANGES


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Products:
    return make_products(tmp_path_factory.mktemp("whole") / "results")


@pytest.fixture
def products(whole: Products, tmp_path: Path) -> Products:
    """A copy to be changed."""
    shutil.copytree(whole.results, tmp_path / "results")
    return Products(tmp_path / "results")


def with_scores(products: Products, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Changes the table and lists it anew: what hashes cannot tell."""
    table = products.results / "scores.tsv"
    change(pd.read_csv(table, sep="\t", dtype="str", keep_default_na=False)).to_csv(table, sep="\t", index=False)
    products.write_manifest()


@pytest.mark.parametrize("value", ["", "inf", "-1e9"])
@pytest.mark.parametrize("column", RANGES)
def test_a_score_that_cannot_be_is_named(products: Products, column: str, value: str) -> None:
    if value == "-1e9" and RANGES[column][0] == -math.inf:
        pytest.skip("any finite number can be")
    with_scores(products, lambda rows: rows.assign(**{column: [value, *rows[column][1:]]}))
    assert_refused(products, str(products.results / "scores.tsv"), column)


@pytest.mark.parametrize("value", ["nan", "many", "1,5"])
@pytest.mark.parametrize("column", ["content_ssim", "robust_accuracy"])
def test_a_score_that_is_no_number_is_refused(products: Products, column: str, value: str) -> None:
    with_scores(products, lambda rows: rows.assign(**{column: [value, *rows[column][1:]]}))
    assert_refused(products, str(products.results / "scores.tsv"))


def test_too_few_pictures_are_counted(products: Products) -> None:
    with_scores(products, lambda rows: rows[:-1])
    assert_refused(products, "expected 4 pictures, found 3")


def test_too_many_pictures_are_counted(products: Products) -> None:
    assert_refused(products, "expected 3 pictures, found 4", pictures=3)


def test_a_picture_that_stands_twice_is_counted(products: Products) -> None:
    with_scores(products, lambda rows: pd.concat([rows[:-1], rows[:1]]))
    assert_refused(products, "expected each picture once, found 1 twice")


@pytest.mark.parametrize("column", ["network", "epoch", "content", "robust_accuracy", "worst_rise"])
def test_a_column_that_is_missing_is_named(products: Products, column: str) -> None:
    with_scores(products, lambda rows: rows.drop(columns=column))
    assert_refused(products, str(products.results / "scores.tsv"), column)


def test_a_checkpoint_without_its_reconstructions_is_counted(products: Products) -> None:
    (products.results / READ_FIRST["record of reconstructions"]).unlink()
    products.write_manifest()
    assert_refused(products, "expected reconstructions of 4 checkpoints, found 3 of 3")


def test_a_network_that_learnt_nothing_is_named_with_the_key_of_its_limits(products: Products) -> None:
    limits = {"standard": {"clean_accuracy": [0.9, 1.0]}}
    assert_refused(products, "standard, seed 0, epoch 4: expected clean_accuracy 0.9 to 1.0", expected=limits)


def test_a_network_of_limits_that_no_picture_is_of_is_named(products: Products) -> None:
    with_scores(products, lambda rows: rows.assign(network=rows["network"].replace("adversarial", "standard")))
    assert_refused(products, "adversarial", pictures=4)
