"""Memory that does not suffice: the message names the key to lower, on a GPU as on the CPU."""

import os
import resource
import sys

import pytest
import torch

from robust_style.errors import ConfigError
from robust_style.provenance.device_memory import available_bytes, within_memory

KEY = ("transfer.size_px", 4096, "lower it")


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nlong advice"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 99 bytes."),
        MemoryError(),
    ],
)
def test_too_little_memory(error: Exception) -> None:
    with pytest.raises(ConfigError) as caught, within_memory(*KEY):
        raise error
    assert str(caught.value).startswith("transfer.size_px: expected what fits into memory, found 4096 to be too much (")
    assert str(caught.value).endswith("); lower it")
    assert "\n" not in str(caught.value)


def test_what_torch_says_on_this_machine() -> None:
    with pytest.raises(ConfigError, match="found 4096 to be too much"), within_memory(*KEY):
        torch.empty(2**46)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shapes"), within_memory(*KEY):
        raise RuntimeError("shapes do not fit")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_what_is_available_is_no_more_than_the_machine_has() -> None:
    available = available_bytes(torch.device("cpu"))
    assert available is not None
    assert 0 < available < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system does not tell")
def test_a_limit_of_the_address_space_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2**30 + resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    monkeypatch.setattr(resource, "getrlimit", lambda _: (most, most))
    available = available_bytes(torch.device("cpu"))
    assert available is not None
    assert available < 2**30
