"""Random numbers as a pure function of the seed and of what they are for."""

import hashlib
import json

import torch

_SEED_BYTES = 8


def stream(seed: int, *purpose: str | int) -> torch.Generator:
    """A fresh generator (CPU) for one purpose, such as `stream(0, "order", epoch)`.

    Streams of different seeds or purposes are independent for all practical ends; equal ones are equal on every
    machine. Nothing is to be saved or restored: whoever resumes at an epoch asks for that epoch's streams again.
    """
    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


def derive_seed(seed: int, *purpose: str | int) -> int:
    """The 64-bit number that stands for `seed` and `purpose`: the first eight bytes of their SHA-256.

    The pair is spelt as JSON before hashing, so that ("a", 1) and ("a1",) differ.
    """
    spelt = json.dumps([seed, *purpose]).encode()
    return int.from_bytes(hashlib.sha256(spelt).digest()[:_SEED_BYTES], "big", signed=True)
