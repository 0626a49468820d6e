"""Where to look, as text and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robust_style.score.claims_table import Exhibit

name = st.from_regex(r"[a-z0-9_]+", fullmatch=True)
names = st.lists(name, min_size=1, max_size=2).map(tuple)


@given(names, names, st.integers(0, 99), st.integers(0, 1500), name, name)
def test_text_and_back(recipes, networks, seed, epoch, content, style):
    exhibit = Exhibit(recipes, networks, seed, epoch, content, style)
    assert Exhibit.parse(str(exhibit)) == exhibit


def test_text_is_as_the_tree_of_results_names_it():
    exhibit = Exhibit(("fair",), ("standard", "adversarial"), 0, 25, "bigben", "the_scream")
    assert str(exhibit) == "fair/standard+adversarial/seed_0/epoch_025/bigben--the_scream"


@pytest.mark.parametrize(
    "text", ["", "fair", "fair/standard/seed_0/epoch_5/a--b", "fair/standard/seed_x/epoch_005/a--b", "a/b/c/d/e"]
)
def test_other_text_names_nothing(text):
    assert Exhibit.parse(text) is None
