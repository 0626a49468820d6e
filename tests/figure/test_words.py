"""What stands under the pictures."""

from dataclasses import replace

import pytest

from robust_style.figure.words import accuracy_words, percent, share_missing
from robust_style.files.evaluation import Evaluation


@pytest.mark.parametrize(
    ("fraction", "words"), [(0.265, "27"), (0.625, "63"), (0.774, "77"), (0.0, "0"), (1.0, "100"), (None, "–")]
)
def test_whole_per_cent_a_half_rounded_up(fraction: float | None, words: str) -> None:
    assert percent(fraction) == words


@pytest.mark.parametrize(
    ("share", "least", "words"),
    [
        (0.0, 0.01, "0"), (3e-9, 0.01, "<0.01"), (9.4e-5, 0.01, "<0.01"), (9.6e-5, 0.01, "0.01"),
        (0.00123, 0.01, "0.12"), (0.0994, 0.01, "9.9"), (0.0996, 0.01, "10"), (0.447, 0.01, "45"),
        (3.464, 0.1, "346"), (9e-4, 0.1, "<0.1"), (0.0044, 0.1, "0.44"),
    ],
)  # fmt: skip
def test_shares_of_any_size_are_short(share: float, least: float, words: str) -> None:
    assert share_missing(share, least) == words


def test_of_a_network_that_only_paints_no_accuracy_is_said() -> None:
    painter = Evaluation("n", "standard", 0, 90, None, 0, None, 0, None, 0, (), {}, ())
    assert accuracy_words(painter) == ""
    assert accuracy_words(replace(painter, clean_accuracy=0.5)) == "clean 50 · robust – %"
