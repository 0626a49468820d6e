"""Settings that make a computation repeatable bit for bit on one machine."""

import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

# Two workspaces of fixed size let cuBLAS sum in the same order every time (SOURCE: NVIDIA, cuBLAS § 2.1.4).
_CUBLAS_WORKSPACE = ":4096:8"


def make_deterministic(threads: int) -> dict[str, Any]:
    """Set every switch that decides whether two runs agree bit for bit; return them as `determinism_switches` does.

    Call it first in an entry point, before CUDA is initialised. Afterwards an operator without a deterministic
    implementation raises RuntimeError. `threads` matters because the order of a sum depends on it.
    Raises ValueError if `threads` is below 1.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = _CUBLAS_WORKSPACE
    torch.set_num_threads(threads)
    # The same switch as `use_deterministic_algorithms(True)`, which also imports torch's compiler: 1.2 s in each of
    # hundreds of jobs (MEASURED, one core, n = 3).
    torch.set_deterministic_debug_mode("error")
    # No code here reads uninitialised memory; filling it costs a pass over every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    # TF32 has a mantissa of 10 bits and is cuDNN's default; the configured precision decides instead.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return determinism_switches()


@contextmanager
def deterministic(threads: int | None = None) -> Iterator[None]:
    """The switches of `make_deterministic` in the block, for callers with switches of their own; then the earlier ones.

    `threads` None: as many as torch uses.
    """
    before = torch.get_num_threads()
    mode = torch.get_deterministic_debug_mode()
    fill = torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
    cudnn = torch.backends.cudnn
    switches = cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    make_deterministic(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.set_deterministic_debug_mode(mode)
        torch.utils.deterministic.fill_uninitialized_memory = fill  # type: ignore[attr-defined]
        cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = switches


def determinism_switches() -> dict[str, Any]:
    """Return the state of every switch that `make_deterministic` sets."""
    workspace = os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")
    return {
        "threads": torch.get_num_threads(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        # An environment variable can hold anything, a secret too: record only a value of the documented form.
        "cublas_workspace": workspace if re.fullmatch(r"(:\d+:\d+)+", workspace) else None,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "tf32": torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32,
    }


def software_versions() -> dict[str, str]:
    """Return the versions that can change a trained network's bits: torch and Python."""
    return {"torch": str(torch.__version__), "python": platform.python_version()}
