"""Memory: how much is available, and an error that names the key to lower where it does not suffice."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

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


def available_bytes(device: torch.device) -> int | float | None:
    """Bytes that this process can still allocate on `device`; None where the system does not tell.

    Of a GPU what the driver has free, and what torch holds without using it. On the CPU the least of: memory that
    Linux calls available, the rest of the process's control group (a container's limit), and the rest
    of its address space (`ulimit -v`). Elsewhere than on Linux unknown.
    """
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return float(torch.cuda.mem_get_info(device)[0] + unused)
    return min(_available_on_cpu(), default=None)


def _available_on_cpu() -> Iterator[int | float]:
    with suppress(OSError, LookupError, ValueError, StopIteration):
        yield _number_after("/proc/meminfo", "MemAvailable:") * 1024
    for most, used, cached in (
        ("memory.max", "memory.current", "memory.stat"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
    ):
        with suppress(OSError, LookupError, ValueError, StopIteration):
            group = Path("/sys/fs/cgroup")
            # What the group has cached of files makes room when it is needed; "max" is no number.
            files = _number_after(str(group / cached), "inactive_file")
            yield int((group / most).read_text()) - int((group / used).read_text()) + files
    if sys.platform == "linux":
        import resource

        with suppress(OSError, LookupError, ValueError, StopIteration):
            limit, _ = resource.getrlimit(resource.RLIMIT_AS)
            if limit != resource.RLIM_INFINITY:
                yield limit - _number_after("/proc/self/status", "VmSize:") * 1024


def _number_after(path: str, key: str) -> int:
    """The number after `key` in a table of the kernel, in the unit that this table has."""
    lines = (line.split() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return next(int(line[1]) for line in lines if line[:1] == [key])


def _is_of_memory(error: Exception) -> bool:
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(words in str(error) for words in _OF_CPU)
