"""Seconds per finished picture: ours (`fair`), and torch's L-BFGS until it has our final loss, in interleaved rounds.

python benchmarks/picture_seconds.py --help
"""

import argparse
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import torch

from robust_style.benchmark.iterations import our_problem, random_network, scene_of
from robust_style.benchmark.training_step import hardware
from robust_style.benchmark.transfer_step import _fair
from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.files.atomic import write_text
from robust_style.transfer.optimisers import lbfgs
from robust_style.transfer.optimisers.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.optimisers.trajectory import Trajectory

COLUMNS = ("hardware", "torch", "threads", "size_px", "round", "what", "seconds", "iterations", "loss", "has_our_loss")


class _Reached(Exception):
    """The loss to reach is reached."""


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--table", type=Path, default=Path("results/benchmarks/picture_seconds.tsv"))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=256, help="px")
    parser.add_argument("--iterations", type=int, default=150, help="of ours; torch's has up to four times as many")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--float32-at-the-end",
        type=int,
        nargs="+",
        default=[lbfgs.FLOAT32_AT_THE_END],
        help="last iterations in float32",
    )
    chosen = parser.parse_args()
    make_deterministic(chosen.threads)
    device = choose_device(chosen.device)
    precision = choose_precision("auto", device)
    recipe, scene = _fair(), scene_of(chosen.size, device)
    network = random_network(chosen.width, scene)
    rows = []

    def measure(number: int, what: str, precision: str, run: Any, iterations: int, enough: float = 0.0) -> float:
        """The final loss, in float32; torch's run ends at the loss `enough`."""
        last = [0, float("inf")]

        def report(iteration: int, loss: float) -> None:
            last[:] = [iteration, loss]
            if loss <= enough:
                raise _Reached

        # the targets are computed anew for each picture, and count
        started = time.perf_counter()
        problem = our_problem(network, recipe, scene, dtype_of(precision))
        with suppress(_Reached):
            run(problem, scene.content.clone(), [Trajectory(iterations, (), report)])
        seconds = time.perf_counter() - started
        rows.append(
            (hardware(device), torch.__version__, chosen.threads, chosen.size, number, what, f"{seconds:.2f}", last[0],
             f"{last[1]:.5g}", last[1] <= enough if enough else "")
        )  # fmt: skip
        return last[1]

    # once without a record: the first optimiser of a process imports half of torch
    minimise_unguarded(
        our_problem(network, recipe, scene, torch.float32),
        scene.content.clone(),
        [Trajectory(2, (), lambda iteration, loss: None)],
        clamp=False,
        line_search="none",
    )
    for number in range(chosen.rounds):
        for count in chosen.float32_at_the_end:
            lbfgs.FLOAT32_AT_THE_END = count
            loss = measure(number, f"ours, {count} iterations in float32", precision, lbfgs.minimise, chosen.iterations)
        for line_search in ("none", "strong_wolfe"):
            measure(
                number,
                f"torch L-BFGS, line search {line_search}",
                "float32",
                lambda *run, line_search=line_search: minimise_unguarded(*run, clamp=False, line_search=line_search),
                4 * chosen.iterations,
                loss,
            )
    lines = ["\t".join(COLUMNS), *("\t".join(map(str, row)) for row in rows)]
    write_text(chosen.table, "\n".join(lines) + "\n")
    for what in dict.fromkeys(row[5] for row in rows):
        seconds = [float(row[6]) for row in rows if row[5] == what]
        print(f"{what}: median {median(seconds):.2f} s ({min(seconds):.2f} to {max(seconds):.2f}, n = {len(seconds)})")


if __name__ == "__main__":
    main()
