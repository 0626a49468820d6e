"""Mean and deviation of images that pass by, against numpy on all of them at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robust_style.data.channel_statistics import ChannelStatistics


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_equals_numpy_whatever_the_pieces(side: int, sizes: list[int], seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (sum(sizes), 3, side, side), dtype=np.uint8)
    pieces = np.split(images, np.cumsum(sizes)[:-1])
    statistics = ChannelStatistics()
    assert all(found is piece for found, piece in zip(statistics.of(pieces), pieces, strict=True))
    mean, std = statistics.normalisation()
    assert mean == pytest.approx((images / 255).mean((0, 2, 3)), rel=1e-12)
    assert std == pytest.approx(np.maximum((images / 255).std((0, 2, 3)), 1e-6), rel=1e-9)
    whole = ChannelStatistics()
    list(whole.of([images]))
    assert whole.normalisation() == (mean, std), "exact: the pieces do not matter"


def test_one_colour_still_has_a_scale() -> None:
    statistics = ChannelStatistics()
    list(statistics.of([np.full((2, 3, 32, 32), 255, np.uint8)]))
    assert statistics.normalisation() == ((1.0, 1.0, 1.0), (1e-6, 1e-6, 1e-6))
