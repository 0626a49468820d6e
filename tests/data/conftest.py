"""A server of our own that fails on purpose, never reached through a proxy."""

from collections.abc import Iterator

import pytest

from fault_server import FaultServer, fault_server


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running
