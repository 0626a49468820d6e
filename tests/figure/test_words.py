"""What stands under the pictures."""

import pytest

from robust_style.figure.words import percent


@pytest.mark.parametrize(
    ("fraction", "words"), [(0.265, "27"), (0.625, "63"), (0.774, "77"), (0.0, "0"), (1.0, "100"), (None, "–")]
)
def test_whole_per_cent_a_half_rounded_up(fraction: float | None, words: str) -> None:
    assert percent(fraction) == words
