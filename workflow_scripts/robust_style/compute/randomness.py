"""Random numbers as a function of a seed and a purpose; the global generators are used by foreign code only."""

import hashlib
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

_SEED_BYTES = 8
# NumPy's legacy generator takes a seed of 32 bits.
_NUMPY_SEEDS = 2**32


def stream(seed: int, *purpose: str | int) -> torch.Generator:
    """Return a new CPU generator for one purpose, for example `stream(0, "order", epoch)`.

    Equal arguments give equal streams on every machine; different seeds or purposes give independent ones. No state
    needs saving: a resumed job asks for the streams of its epoch again.
    """
    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Return a signed 64-bit seed: the first eight bytes of the SHA-256 of `[seed, *purpose]` as JSON.

    JSON keeps ("a", 1) and ("a1",) apart.
    """
    text = json.dumps([seed, *purpose]).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:_SEED_BYTES], "big", signed=True)


@contextmanager
def lent_randomness() -> Iterator[None]:
    """Restore the global generators of torch, NumPy and Python after the block, for foreign code that uses them."""
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
    """Seed the global generators of torch (every device), NumPy and Python; call it inside `lent_randomness` only."""
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % _NUMPY_SEEDS)  # noqa: NPY002
