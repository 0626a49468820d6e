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


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the marks in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the nightly tests, and shares all tests out between processes (pytest-xdist).

    A file stays in one process, so that what its tests share is made once; so do all tests of the finished miniature,
    which begin first because they take longest.
    """
    for item in items:
        if any(item.path.is_relative_to(place) for place in NIGHTLY):
            item.add_marker(pytest.mark.nightly)
        on_miniature = "finished" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("miniature" if on_miniature else str(item.path)))
    items.sort(key=lambda item: "finished" not in getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def usual_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_deterministic_debug_mode("default")
