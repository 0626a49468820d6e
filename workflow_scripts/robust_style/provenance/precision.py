"""In which number format a network computes: float32, or bfloat16 with float32 weights."""

from contextlib import AbstractContextManager, nullcontext

import torch

from robust_style.errors import ConfigError

# Ampere, the first CUDA generation whose tensor cores multiply bfloat16.
_FIRST_CUDA_MAJOR_WITH_BFLOAT16 = 8


def choose_precision(wanted: str, device: torch.device) -> str:
    """ "float32" or "bfloat16"; with "auto" bfloat16 where `device` is natively good at it.

    Natively good are CUDA devices of compute capability 8 and above, and CPUs with AMX-BF16 or AVX512-BF16. Elsewhere
    bfloat16 is emulated and slower than float32. Raises ConfigError for any other name.
    """
    if wanted in ("float32", "bfloat16"):
        return wanted
    if wanted == "auto":
        return "bfloat16" if _multiplies_bfloat16(device) else "float32"
    raise ConfigError(
        f"precision: expected auto, float32 or bfloat16, found {wanted!r}; correct it in the configuration"
    )


def autocast(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context in which a forward pass computes in `precision`: torch's autocast, or nothing for float32.

    Weights stay float32, and so do batch norm and whatever is computed outside of the context.
    """
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def dtype_of(precision: str) -> torch.dtype:
    """torch's type for "float32" or "bfloat16"."""
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]


def has_matrix_tiles() -> bool:
    """Whether this CPU multiplies bfloat16 in tiles (AMX), not in vectors."""
    return bool(_cpu_capabilities().get("amx_bf16", False))


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= _FIRST_CUDA_MAJOR_WITH_BFLOAT16
    return has_matrix_tiles() or bool(_cpu_capabilities().get("avx512_bf16", False))


def _cpu_capabilities() -> dict[str, object]:
    # Older torch does not tell; float32 is right everywhere, only slower.
    return dict(getattr(torch.cpu, "get_capabilities", dict)())
