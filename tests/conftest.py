"""One thread and torch's usual switches for every test, whatever the one before set."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def usual_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_deterministic_debug_mode("default")
