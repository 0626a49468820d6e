"""Memory of the device: the bytes available, and an error that names the key to lower if it runs out."""

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from robust_style.errors import ConfigError

# Messages of torch's CPU allocator, which raises RuntimeError (c10/core/CPUAllocator.cpp).
_CPU_OUT_OF_MEMORY = ("not enough memory", "can't allocate memory", "Cannot allocate memory")


@contextmanager
def within_memory(key: str, value: object, remedy: str) -> Iterator[None]:
    """Turn out-of-memory errors of GPU or CPU in the block into a ConfigError with `key`, its `value` and `remedy`."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and not any(
            words in str(error) for words in _CPU_OUT_OF_MEMORY
        ):
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ConfigError(f"{key} is {value}: out of memory ({reason}); {remedy}") from error


def available_bytes(device: torch.device) -> int | None:
    """Return the bytes that this process can still allocate on `device`; None if the system does not tell.

    For a GPU: free memory according to the driver, plus memory that torch holds without using it. For the CPU, on Linux
    only: the least of available memory, the rest of the control group (a container's limit) and the rest of the address
    space (`ulimit -v`).
    """
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + unused
    return min(_available_on_cpu(), default=None)


def _available_on_cpu() -> Iterator[int]:
    with suppress(OSError, LookupError, ValueError, StopIteration):
        yield _number_after("/proc/meminfo", "MemAvailable:") * 1024
    for limit, used, cached in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        with suppress(OSError, LookupError, ValueError, StopIteration):
            group = Path("/sys/fs/cgroup")
            # The group's cache of files is freed when memory is needed. A limit of "max" raises ValueError.
            files = _number_after(str(group / cached), "inactive_file")
            yield int((group / limit).read_text()) - int((group / used).read_text()) + files
    if sys.platform == "linux":
        with suppress(OSError, LookupError, ValueError, StopIteration):
            address_space, _ = resource.getrlimit(resource.RLIMIT_AS)
            if address_space != resource.RLIM_INFINITY:
                yield address_space - _number_after("/proc/self/status", "VmSize:") * 1024


def _number_after(path: str, key: str) -> int:
    """Return the number after `key` in a table of the kernel, in the table's unit."""
    lines = (line.split() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return next(int(line[1]) for line in lines if line[:1] == [key])
