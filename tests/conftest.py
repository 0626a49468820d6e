"""One thread and torch's usual switches for every test; which tests run each night only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from xdist.scheduler import LoadFileScheduling

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

# Files that look at one finished run of the miniature.
MINIATURE = [
    TESTS / "workflow" / f"test_{name}.py"
    for name in ("miniature", "report_in_browser", "crate_of_a_run", "odd_states", "user_pages")
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the nightly tests; the tests of the finished miniature, which take longest, begin first."""
    for item in items:
        if any(item.path.is_relative_to(place) for place in NIGHTLY):
            item.add_marker(pytest.mark.nightly)
    items.sort(key=lambda item: item.path not in MINIATURE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Of several processes each takes whole files, so that what the tests of a file share is made once."""
    return _OneProcessAFile(config, log)


class _OneProcessAFile(LoadFileScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "miniature" if TESTS.parent / file in MINIATURE else file


@pytest.fixture(autouse=True)
def usual_torch() -> Iterator[None]:
    torch.set_num_threads(1)
    yield
    torch.set_deterministic_debug_mode("default")
