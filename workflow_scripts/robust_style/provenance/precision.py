"""In which number format a network computes: float32, or bfloat16 with float32 weights."""

from contextlib import AbstractContextManager, nullcontext

import torch

from robust_style.errors import ConfigError

# Ampere, the first CUDA generation whose tensor cores multiply bfloat16.
_FIRST_CUDA_MAJOR_WITH_BFLOAT16 = 8


def choose_precision(wanted: str, device: torch.device) -> str:
    """ "float32" or "bfloat16"; with "auto" bfloat16 where `device` is natively good at it.

    Natively good are CUDA devices of compute capability 8 and above, and CPUs with AMX-BF16 tiles. Elsewhere
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


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device)[0] >= _FIRST_CUDA_MAJOR_WITH_BFLOAT16
    # Older torch does not tell; float32 is right everywhere, only slower.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16", False))
