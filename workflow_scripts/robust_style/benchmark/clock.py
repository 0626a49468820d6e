"""Seconds of rival pieces of work, taken in turns so that a busy machine is unfair to none of them."""

import sys
import time
from collections.abc import Callable, Mapping

import torch

# What takes a GPU a millisecond would be lost in the waiting before and after it.
_REPEATS = {"cpu": 1, "cuda": 20}


def interleaved(
    rivals: Mapping[str, Callable[[], object]], rounds: int, device: torch.device
) -> dict[str, list[float]]:
    """Wall seconds of each rival in each of `rounds` rounds, after one unmeasured round; on a GPU means of several."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for number in range(rounds + 1):
        for name, work in rivals.items():
            finish(device)
            started = time.perf_counter()
            for _ in range(_REPEATS[device.type]):
                work()
            finish(device)
            taken = (time.perf_counter() - started) / _REPEATS[device.type]
            if number > 0:
                seconds[name].append(taken)
            print(f"round {number}/{rounds} · {name} · {taken:.4f} s", file=sys.stderr, flush=True)
    return seconds


def finish(device: torch.device) -> None:
    """Waits until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
