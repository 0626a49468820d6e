"""What the training seeds say: means and intervals against the textbook."""

import numpy as np
import pandas as pd
import pytest
from robust_style.figure.curves import curve_of, seeds_words
from scipy import stats


def rows_of(per_seed, pairs=("a", "b")):
    """Every seed's value at x = 0, the pairs 0.1 above and below it; twice that at x = 1."""
    return pd.DataFrame(
        [
            {
                "x": x, "seed": seed, "network": "n", "content": pair, "style": "s",
                "y": (x + 1) * (value + 0.1 * (-1) ** place),
            }
            for x in (0, 1)
            for seed, value in enumerate(per_seed)
            for place, pair in enumerate(pairs)
        ]
    )  # fmt: skip


def test_the_interval_is_the_textbook_one_over_seeds():
    values = [0.3, 0.5, 0.7, 0.4]
    curve = curve_of(rows_of(values), "x", "y")
    textbook = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert curve.mean == pytest.approx([np.mean(values), 2 * np.mean(values)])
    assert (curve.low[0], curve.high[0]) == pytest.approx(tuple(textbook))
    assert (curve.low[1], curve.high[1]) == pytest.approx((2 * textbook.low, 2 * textbook.high))


@pytest.mark.parametrize("seeds", [1, 2])
def test_few_seeds_have_no_interval_however_many_pairs(seeds):
    curve = curve_of(rows_of([0.3, 0.5][:seeds], pairs=tuple("abcdefgh")), "x", "y")
    assert np.isnan(curve.low).all()
    assert len(curve.by_seed.columns) == seeds


def test_a_seed_of_many_pairs_weighs_no_more_than_another():
    rows = rows_of([0.0, 1.0])
    more = pd.concat([rows, rows[rows["seed"] == 0], rows[rows["seed"] == 0]])
    assert curve_of(more, "x", "y").mean[0] == pytest.approx(0.5)


def test_what_was_not_measured_is_left_out():
    rows = rows_of([0.3, 0.5, 0.7])
    rows.loc[rows["x"] == 1, "y"] = np.nan
    assert curve_of(rows, "x", "y").x.tolist() == [0.0]
    assert len(curve_of(rows.assign(y=np.nan), "x", "y").x) == 0


@pytest.mark.parametrize(
    ("seeds", "words"), [(1, "no interval"), (2, "single seeds"), (3, "95 % t-interval over seeds")]
)
def test_the_note_says_what_is_drawn(seeds, words):
    assert words in seeds_words(rows_of([0.3, 0.5, 0.7][:seeds]))
    assert "2 image pairs" in seeds_words(rows_of([0.3, 0.5, 0.7][:seeds]))
