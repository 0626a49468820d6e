"""Words that fit a width."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from robust_style.figure.fitting import SMALLEST_PT, fitted, fitted_alike, paragraph, width_of

WORDS = st.lists(st.text(st.sampled_from("abcdefghimow"), min_size=1, max_size=9), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(words=WORDS, width=st.floats(4, 60), lines=st.integers(1, 3))
def test_whatever_is_asked_fits(words: str, width: float, lines: int) -> None:
    found, size = fitted(words, width, 8.0, lines=lines)
    assert SMALLEST_PT <= size <= 8.0
    assert len(found.split("\n")) <= lines
    assert all(width_of(line, size) <= width for line in found.split("\n"))


def test_room_enough_changes_nothing() -> None:
    assert fitted("standard matched", 100.0, 8.0, lines=2) == ("standard matched", 8.0)


def test_words_break_before_they_shrink() -> None:
    found, size = fitted("standard matched", width_of("standard", 8.0) + 0.5, 8.0, lines=2)
    assert (found, size) == ("standard\nmatched", 8.0)


def test_what_cannot_fit_is_cut_and_says_so() -> None:
    found, size = fitted("immeasurable", 5.0, 8.0)
    assert found.endswith("…")
    assert size == SMALLEST_PT


def test_heads_beside_each_other_have_one_size() -> None:
    names, size = fitted_alike(["noise", "adversarial"], width_of("adversarial", 6.0), 8.0)
    assert names == ["noise", "adversarial"]
    assert size == pytest.approx(6.0)


def test_a_paragraph_keeps_every_word() -> None:
    words = "Rows: training epochs of the network. Recipe fair, training seed 0."
    lines = paragraph(words, 40.0, 6.5)
    assert " ".join(lines) == words
    assert len(lines) > 1
    assert all(width_of(line, 6.5) <= 40.0 for line in lines)
