"""Which finished pictures count as failed."""

import math

import pytest

from robust_style.score.failure import failures

UNGUARDED = {"optimiser": "lbfgs_unguarded", "initialisation": "content"}


@pytest.mark.parametrize(
    ("changes", "rise", "luma", "expected"),
    [
        ({}, 10.0, 0.0, []),
        ({}, 10.1, -0.1, ["exploded", "swapped"]),
        ({}, math.nan, math.nan, []),
        ({"optimiser": "lbfgs"}, 1e6, 0.5, []),
        ({"optimiser": "adam"}, 1e300, 0.5, ["exploded"]),
        ({"initialisation": "noise"}, 1.0, -1.0, []),
    ],
)
def test_failures_depend_on_optimiser_and_start(changes, rise, luma, expected):
    assert failures(UNGUARDED | changes, rise, luma) == expected
