"""Formulas of claims: what they mean, and what is none."""

import pytest

from robust_style.claims.formula import Cell, Term, parse_contrast
from robust_style.errors import ConfigError


def test_a_formula_is_a_sum_of_cells_with_signs():
    contrast = parse_contrast("standard[fair]@half - standard > adversarial@50 - adversarial@untrained + 0.1")
    assert contrast.direction == 1
    assert contrast.threshold == pytest.approx(0.1)
    assert contrast.terms == (
        Term(1, None, (Cell("standard", "fair", "half"),)),
        Term(-1, None, (Cell("standard"),)),
        Term(-1, None, (Cell("adversarial", None, 50),)),
        Term(1, None, (Cell("adversarial", None, "untrained"),)),
    )


def test_functions_have_their_own_units():
    assert parse_contrast("epochs_to_90(adversarial) < epochs_to_90(standard)").unit == "epochs"
    assert parse_contrast("rank_correlation(epsilon) < 0").unit == "rank_correlation"
    assert parse_contrast("adversarial < standard").unit is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("adversarial", "two sums compared by one < or >"),
        ("a < b < c", "two sums compared by one < or >"),
        ("a <", "a formula such as"),
        ("1 < 2", "a network in the formula"),
        ("a * 2 < b", "a network, network"),
        ("a@late < b", "a network, network"),
        ("worst(a) < b", "one of control, mean"),
        ("epochs_to_common(a) < b", "one of control, mean"),
        ("epochs_to_90(a) < b", "terms of one unit"),
        ("__import__('os').system('true') < b", "a network, network"),
    ],
)
def test_what_is_no_formula_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse_contrast(text)
