"""Choose the device and the number format, and describe the device."""

import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch

from robust_style.errors import ConfigError

# Ampere: the first CUDA generation whose tensor cores multiply bfloat16.
_FIRST_CUDA_MAJOR_WITH_BFLOAT16 = 8
_DRIVER_VERSION = Path("/proc/driver/nvidia/version")


def choose_device(name: str) -> torch.device:
    """Return the device for "cpu", "cuda", "cuda:N", "mps" or "auto"; "auto" is CUDA if available, else the CPU.

    A numbered device becomes torch's current one. "mps", Apple's GPU, is experimental and only paints: the schema of
    the configuration does not allow it. Raises ConfigError for another name, or if the device is not available. "cuda"
    never falls back to the CPU: the published experiment would take days there.
    """
    if name == "mps":
        if torch.backends.mps.is_available():
            return torch.device("mps")
        raise ConfigError(f"device: torch {torch.__version__} finds no GPU of Apple here; use auto or cpu")
    if not re.fullmatch("auto|cpu|cuda(:[0-9]+)?", name):
        raise ConfigError(f"device: expected auto, cpu, cuda or cuda:N, found {name}")
    if name == "cpu" or (name == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu")
    if not torch.cuda.is_available():
        if torch.version.cuda is None:
            reason = f"torch {torch.__version__}, which is built without CUDA"
        else:
            reason = f"torch {torch.__version__} built for CUDA {torch.version.cuda}, but its driver offers no device"
        raise ConfigError(
            f"device: expected a usable CUDA device, found {reason}; either set device: cpu (or auto), or run on a "
            "machine with an NVIDIA driver and a torch built for CUDA"
        )
    device = torch.device("cuda" if name == "auto" else name)
    if device.index is not None:
        if device.index >= (count := torch.cuda.device_count()):
            raise ConfigError(f"device: expected cuda:0 to cuda:{count - 1} on this machine, found {name}")
        torch.cuda.set_device(device)
    return device


def choose_precision(name: str, device: torch.device) -> str:
    """Return "float32" or "bfloat16"; "auto" is bfloat16 where the device multiplies it natively.

    Native support: CUDA compute capability 8 and above, CPUs with AMX-BF16 or AVX512-BF16. Elsewhere bfloat16 is
    emulated and slower than float32. Raises ConfigError for any other name.
    """
    if name in ("float32", "bfloat16"):
        return name
    if name == "auto":
        return "bfloat16" if _has_native_bfloat16(device) else "float32"
    raise ConfigError(f"precision: expected auto, float32 or bfloat16, found {name!r}; correct it in the configuration")


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """Return torch's autocast to bfloat16, or a context without effect for float32.

    Weights, batch norm and everything outside the context stay float32.
    """
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def dtype_of(precision: str) -> torch.dtype:
    """Return torch's dtype for "float32" or "bfloat16"."""
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def has_matrix_tiles() -> bool:
    """Return whether this CPU has AMX-BF16 (matrix tiles)."""
    return bool(_cpu_capabilities().get("amx_bf16", False))


def describe_device() -> dict[str, Any]:
    """Return the device in use, CUDA libraries and driver if it is a GPU, and the CPU's instruction set."""
    description: dict[str, Any] = {"device": "cpu"}
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        description = {
            "device": torch.cuda.get_device_name(),
            "compute_capability": "{}.{}".format(*torch.cuda.get_device_capability()),
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
            "driver": _driver_version(),
        }
    return {**description, "instructions": torch.backends.cpu.get_cpu_capability()}


def _has_native_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= _FIRST_CUDA_MAJOR_WITH_BFLOAT16
    return device.type == "cpu" and (has_matrix_tiles() or bool(_cpu_capabilities().get("avx512_bf16", False)))


def _cpu_capabilities() -> dict[str, object]:
    # Older torch lacks the function: float32 is then correct, only slower.
    return dict(getattr(torch.cpu, "get_capabilities", dict)())


def _driver_version() -> str | None:
    """Return the version number alone: the file also names who built the driver."""
    try:
        version = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)\s", _DRIVER_VERSION.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return version[1] if version else None
