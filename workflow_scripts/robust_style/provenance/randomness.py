"""Random numbers as a pure function of the seed and of what they are for."""

import hashlib
import json
from dataclasses import dataclass

import torch
from torch import Tensor

_SEED_BYTES = 8


def stream(seed: int, *purpose: str | int) -> torch.Generator:
    """A fresh generator (CPU) for one purpose, such as `stream(0, "order", epoch)`.

    Streams of different seeds or purposes are independent for all practical ends; equal ones are equal on every
    machine. Nothing is to be saved or restored: whoever resumes at an epoch asks for that epoch's streams again.
    """
    return torch.Generator().manual_seed(derive_seed(seed, *purpose))


@dataclass(frozen=True)
class Shared:
    """A stream for a batch of `whole` images, of which whoever draws has those from number `first` on.

    The randomness of all of them is drawn and that of the others left out: whoever takes another share of the same
    batch draws the same, and all are as one.
    """

    generator: torch.Generator
    whole: int
    first: int


# Of a batch that is drawn for as a whole, or of a share of one.
Randomness = torch.Generator | Shared


def normal(shape: torch.Size, randomness: Randomness) -> Tensor:
    """Standard normal numbers (float32, CPU) for `shape[0]` images."""
    drawn = torch.randn((whole_batch(shape[0], randomness), *shape[1:]), generator=generator_of(randomness))
    return share_of(drawn, shape[0], randomness)


def uniform(shape: torch.Size, randomness: Randomness) -> Tensor:
    """Numbers from 0 to 1 (float32, CPU) for `shape[0]` images."""
    drawn = torch.rand((whole_batch(shape[0], randomness), *shape[1:]), generator=generator_of(randomness))
    return share_of(drawn, shape[0], randomness)


def generator_of(randomness: Randomness) -> torch.Generator:
    """What the numbers of the whole batch are drawn from."""
    return randomness if isinstance(randomness, torch.Generator) else randomness.generator


def whole_batch(images: int, randomness: Randomness) -> int:
    """How many images the batch has of which `images` are at hand."""
    return images if isinstance(randomness, torch.Generator) else randomness.whole


def share_of(drawn: Tensor, images: int, randomness: Randomness) -> Tensor:
    """The rows of what was `drawn` for a whole batch that belong to the `images` at hand."""
    return drawn if isinstance(randomness, torch.Generator) else drawn[randomness.first :][:images]


def derive_seed(seed: int, *purpose: str | int) -> int:
    """The 64-bit number that stands for `seed` and `purpose`: the first eight bytes of their SHA-256.

    The pair is spelt as JSON before hashing, so that ("a", 1) and ("a1",) differ.
    """
    spelt = json.dumps([seed, *purpose]).encode()
    return int.from_bytes(hashlib.sha256(spelt).digest()[:_SEED_BYTES], "big", signed=True)
