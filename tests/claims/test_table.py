"""The table of claims, and the text that names a comparison's pictures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_results import claim_row, write_claims
from robust_style.claims.table import Exhibit, read_claims
from robust_style.errors import ResultError

name = st.from_regex(r"[a-z0-9_]+", fullmatch=True)
names = st.lists(name, min_size=1, max_size=2).map(tuple)


@given(names, names, st.integers(0, 99), st.integers(0, 1500), name, name)
def test_parsing_an_exhibit_inverts_its_text(recipes, networks, seed, epoch, content, style):
    exhibit = Exhibit(recipes, networks, seed, epoch, content, style)
    assert Exhibit.parse(str(exhibit)) == exhibit


def test_the_text_resembles_the_path_of_the_picture():
    exhibit = Exhibit(("fair",), ("standard", "adversarial"), 0, 25, "bigben", "the_scream")
    assert str(exhibit) == "fair/standard+adversarial/seed_0/epoch_025/bigben--the_scream"


@pytest.mark.parametrize("text", ["", "fair/standard/seed_0/epoch_5/a--b", "fair/standard/seed_x/epoch_005/a--b"])
def test_other_text_is_no_exhibit(text):
    assert Exhibit.parse(text) is None


def test_an_unknown_verdict_is_refused(tmp_path):
    path = write_claims(tmp_path / "claims.tsv", [claim_row(verdict="probable")])
    with pytest.raises(ResultError, match="the verdict 'probable'"):
        read_claims(path)
