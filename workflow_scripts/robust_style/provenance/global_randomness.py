"""The global random states, lent to code that knows no other and given back as they were."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

# NumPy's legacy state takes a seed of 32 bits.
_NUMPY_SEEDS = 2**32


@contextmanager
def lent_randomness() -> Iterator[None]:
    """Inside, foreign code may seed and draw from the global states of torch, NumPy and Python; afterwards all of them
    are as they were before.
    """
    has_cuda: bool = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]
    devices = range(torch.cuda.device_count()) if has_cuda else ()
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002


def seed_globally(seed: int) -> None:
    """Seeds the global states of torch (on every device), NumPy and Python. Only to be called in `lent_randomness`."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % _NUMPY_SEEDS)  # noqa: NPY002
