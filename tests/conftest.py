"""One thread and torch's usual switches for every test; which tests run each night only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

TESTS = Path(__file__).resolve().parent
# Minutes each: Slurm, environments made from their pins, documented commands, runs other than the miniature.
# Single tests carry the marker themselves.
NIGHTLY = [
    TESTS / "cluster",
    TESTS / "environments",
    *(
        TESTS / "workflow" / f"test_{name}.py"
        for name in (
            "crate_of_a_run", "folder_run", "hostile_report", "imported", "kill_and_resume", "odd_states", "raters",
            "reuse", "studies", "user_pages",
        )
    ),
    TESTS / "benchmark" / "test_training_parity.py",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(place) for place in NIGHTLY):
            item.add_marker(pytest.mark.nightly)


@pytest.fixture(autouse=True)
def usual_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_deterministic_debug_mode("default")
