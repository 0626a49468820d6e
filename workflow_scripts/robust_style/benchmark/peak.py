"""What the machine can do at best: the speed of one large matrix product."""

import time

import torch

from robust_style.benchmark.clock import finish
from robust_style.provenance.precision import dtype_of

# Large enough that launching and memory do not count; on a GPU larger, or it would not be filled.
_SIDE = {"cpu": 2048, "cuda": 8192}
_ROUNDS = 8


def matmul_flops(device: torch.device, precision: str) -> float:
    """Floating-point operations per second of a square matrix product in `precision`, the best of eight."""
    side = _SIDE[device.type]
    generator = torch.Generator().manual_seed(0)
    left, right = (
        torch.randn(side, side, generator=generator).to(device=device, dtype=dtype_of(precision)) for _ in range(2)
    )
    best = float("inf")
    for _ in range(_ROUNDS + 1):  # the first warms up
        started = time.perf_counter()
        left @ right
        finish(device)
        best = min(best, time.perf_counter() - started)
    return 2.0 * side**3 / best
