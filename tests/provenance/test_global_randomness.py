import random

import numpy as np
import pytest
import torch

from robust_style.provenance.global_randomness import lent_randomness, seed_globally


def draws() -> list[float]:
    return [float(torch.rand(())), random.random(), float(np.random.rand())]  # noqa: NPY002


@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1, -(2**63)])
def test_equal_seeds_give_equal_draws_of_all_three(seed: int) -> None:
    with lent_randomness():
        seed_globally(seed)
        first = draws()
        seed_globally(seed)
        again = draws()
        seed_globally(seed ^ 1)
        other = draws()
    assert first == again
    assert all(one != another for one, another in zip(first, other, strict=True))


def test_the_states_are_given_back_whatever_happens() -> None:
    with lent_randomness():
        seed_globally(3)
        expected = draws()
        seed_globally(3)
        with pytest.raises(KeyError), lent_randomness():
            seed_globally(99)
            draws()
            raise KeyError
        assert draws() == expected
