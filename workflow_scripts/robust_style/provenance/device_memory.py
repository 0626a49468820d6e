"""Memory that does not suffice, in words that name the key to lower."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from robust_style.errors import ConfigError

# What torch says on the CPU, where it has no error of its own (c10/core/CPUAllocator.cpp).
_OF_CPU = ("not enough memory", "can't allocate memory", "Cannot allocate memory")


@contextmanager
def within_memory(key: str, found: object, remedy: str) -> Iterator[None]:
    """Inside, exhausted memory of GPU or CPU raises ConfigError: `key` and its value `found`, and `remedy`."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not _is_of_memory(error):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ConfigError(
            f"{key}: expected what fits into memory, found {found} to be too much ({reason}); {remedy}"
        ) from error


def _is_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error) for words in _OF_CPU)
