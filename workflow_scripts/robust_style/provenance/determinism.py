"""The settings that make one machine give the same bits twice, in one place."""

import os

import torch

# Two workspaces of fixed size: what cuBLAS needs to sum in the same order every time (NVIDIA, cuBLAS § 2.1.4).
_CUBLAS_WORKSPACE = ":4096:8"


def make_deterministic(threads: int) -> dict[str, str | int | bool]:
    """Sets every switch that decides whether two runs agree bit for bit, and gives them as flags to record.

    Call it first in an entry point, before CUDA is touched. `threads` is part of it: sums over two threads round
    otherwise than over one.
    From then on an operator without a deterministic implementation raises instead of deciding for itself.
    Raises ValueError if `threads` is below 1.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    os.environ["CUBLAS_WORKSPACE_CONFIG"] = _CUBLAS_WORKSPACE
    torch.set_num_threads(threads)
    # The same switch as `use_deterministic_algorithms(True)`, which also imports torch's compiler to tell it so: 1.2 s
    # in each of hundreds of jobs (MEASURED, one core, n = 3) for something that is not used here.
    torch.set_deterministic_debug_mode("error")
    # Nothing here reads memory that nobody wrote; filling all of it before is a pass over every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    # TF32 keeps 10 bits of mantissa and is on by default for cuDNN; precision is chosen openly in `precision.py`.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    return {
        "threads": threads,
        "deterministic_algorithms": True,
        "cublas_workspace": _CUBLAS_WORKSPACE,
        "cudnn_benchmark": False,
        "cudnn_deterministic": True,
        "tf32": False,
    }
