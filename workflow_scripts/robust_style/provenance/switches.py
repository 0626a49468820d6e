"""What torch computes with at this moment, where a job has loaded it. Nothing is imported for it."""

import os
import re
import sys
from pathlib import Path
from typing import Any

# The driver says its own version here, among other things that are left where they are.
_DRIVER = Path("/proc/driver/nvidia/version")


def torch_switches() -> dict[str, Any] | None:
    """Device, libraries, threads and every switch of `make_deterministic`, as torch has them now.

    None where this process has not loaded torch: to ask would cost each job that reads a table a second.
    """
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    workspace = os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")
    return {
        **(_of_gpu(torch) if torch.cuda.is_initialized() else {"device": "cpu"}),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        # A variable of the environment can hold anything: only what has the form of a workspace is written down.
        "cublas_workspace": workspace if re.fullmatch(r"(:\d+:\d+)+", workspace) else None,
        "cudnn_benchmark": torch.backends.cudnn.benchmark,
        "cudnn_deterministic": torch.backends.cudnn.deterministic,
        "tf32": torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32,
    }


def _of_gpu(torch: Any) -> dict[str, Any]:
    return {
        "device": torch.cuda.get_device_name(),
        "compute_capability": "{}.{}".format(*torch.cuda.get_device_capability()),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "driver": _driver(),
    }


def _driver() -> str | None:
    try:
        found = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)\s", _DRIVER.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found[1] if found else None
