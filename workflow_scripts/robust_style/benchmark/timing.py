"""Interleaved timing of alternatives, and the floating-point operations per second that the device can reach."""

import sys
import time
from collections.abc import Callable, Mapping

import torch

from robust_style.compute.device import dtype_of

# Repetitions per measurement: a millisecond on a GPU is short against the synchronisation around it.
_REPEATS = {"cpu": 1, "cuda": 20}
# Side and number of the matrices of a peak measurement: large enough to make the launch negligible and fill the device.
_SIDE = {"cpu": 2048, "cuda": 8192}
_PRODUCTS = 8


def interleaved(
    rivals: Mapping[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Seconds (wall clock) of each alternative in each of `rounds` rounds, after one unmeasured round.

    Alternatives take turns, so that other load on the machine affects all of them. On a GPU, means of 20 repetitions.
    """
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name, work in rivals.items():
            synchronise(device)
            started = time.perf_counter()
            for _ in range(_REPEATS[device.type]):
                work()
            synchronise(device)
            elapsed = (time.perf_counter() - started) / _REPEATS[device.type]
            if number > 0:
                seconds[name].append(elapsed)
            print(f"round {number}/{rounds} · {name} · {elapsed:.4f} s", file=sys.stderr, flush=True)
    return seconds


def synchronise(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def matrix_products(device: torch.device, precision: str) -> tuple[Callable[[], None], float]:
    """Eight square matrix products in `precision`, and the floating-point operations they need."""
    side = _SIDE[device.type]
    generator = torch.Generator().manual_seed(0)
    left, right = (
        torch.randn(side, side, generator=generator).to(device=device, dtype=dtype_of(precision)) for _ in range(2)
    )

    def multiply() -> None:
        for _ in range(_PRODUCTS):
            torch.matmul(left, right)

    return multiply, _PRODUCTS * 2.0 * side**3
