"""The soak in short (tests/soak.py runs it fifty times): killed at random moments, it ends with the same bytes."""

import random
from pathlib import Path

import pytest

from soak import disturbed, prepare, undisturbed

pytestmark = pytest.mark.workflow


def test_killed_at_random_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "robust-style")
    expected = undisturbed(folder)
    assert len(expected) > 100
    run = disturbed(folder, expected, random.Random("short"))
    assert run.kills, "it ended before anything was killed"
    assert run.is_identical, f"{run.kills}: {run.differing} {run.last_words}"
