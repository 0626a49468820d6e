"""Our iteration of style transfer against a plain one, and our optimiser against torch's, in interleaved runs.

python -m robust_style.benchmark.transfer_step --help
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
import yaml

from robust_style.benchmark.iterations import flops, our_problem, plain_iteration, random_network, scene_of
from robust_style.benchmark.timing import interleaved, matrix_products
from robust_style.benchmark.training_step import hardware
from robust_style.compute.determinism import make_deterministic
from robust_style.compute.device import choose_device, choose_precision, dtype_of
from robust_style.files.atomic import write_text
from robust_style.transfer.optimisers.lbfgs import minimise
from robust_style.transfer.optimisers.lbfgs_unguarded import minimise_unguarded
from robust_style.transfer.optimisers.problem import Problem
from robust_style.transfer.optimisers.trajectory import Trajectory
from robust_style.transfer.recipe import Recipe, recipe_from_settings
from robust_style.transfer.stand_ins import recipe_for
from robust_style.workflow.schema import CONFIG, built_in_recipes, fill_defaults

COLUMNS = (
    "hardware", "torch", "threads", "size_px", "what", "seconds", "ratio", "ratio_low", "ratio_high", "share_of_peak",
)  # fmt: skip


def benchmark_transfer(
    *, table: Path, device: str, threads: int, width: float, sizes: list[int], rounds: int, iterations: int
) -> None:
    """Writes seconds per iteration at each of `sizes` px to the tab-separated `table` and prints them.

    `ratio` is the plain iteration's seconds over ours: the median over rounds of the two timed one after the other,
    with the lowest and highest. `share_of_peak` is our rate of floating-point operations over that of large matrix
    products in the same precision, timed in the same rounds. Then both optimisers work on the first size: the loss,
    computed in float32, that ours reaches in `iterations` iterations and torch's L-BFGS in as many seconds.
    """
    make_deterministic(threads)
    where = choose_device(device)
    fast = choose_precision("auto", where)
    recipe = _fair()
    rows: list[dict[str, Any]] = []
    for size_px in sizes:
        scene = scene_of(size_px, where)
        network = random_network(width, scene)
        image, plain = scene.content, plain_iteration(network, recipe, scene)
        precisions = dict.fromkeys((fast, "float32"))
        problems = {name: our_problem(network, recipe, scene, dtype_of(name)) for name in precisions}
        products = {name: matrix_products(where, name) for name in precisions}
        rivals: dict[str, Callable[[], Any]] = {"plain": partial(plain, image)}
        for name, problem in problems.items():
            rivals[f"ours {name}"] = partial(problem.evaluate, image, [0], [False])
        rivals |= {f"matrix products {name}": products[name][0] for name in precisions}
        seconds = interleaved(rivals, rounds, where)
        shared = {"hardware": hardware(where), "torch": torch.__version__, "threads": threads, "size_px": size_px}
        rows.append({**shared, "what": "plain", "seconds": f"{median(seconds['plain']):.4f}"})
        for name in precisions:
            ours = seconds[f"ours {name}"]
            ratios = [their / our for their, our in zip(seconds["plain"], ours, strict=True)]
            peak = products[name][1] / median(seconds[f"matrix products {name}"])
            rate = flops(network, recipe, size_px) / median(ours)
            measured = {"ratio": median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios)}
            measured |= {"share_of_peak": rate / peak}
            columns = {key: f"{value:.2f}" for key, value in measured.items()}
            rows.append({**shared, "what": f"ours {name}", "seconds": f"{median(ours):.4f}", **columns})
    text = [*("\t".join(str(row.get(name, "")) for name in COLUMNS) for row in rows)]
    write_text(table, "\n".join(["\t".join(COLUMNS), *text]) + "\n")
    for row in rows:
        print(" · ".join(f"{name} {row[name]}" for name in COLUMNS[3:] if name in row))
    _optimisers(width, sizes[0], recipe, iterations, fast, where)


def _optimisers(width: float, size_px: int, recipe: Recipe, iterations: int, fast: str, where: torch.device) -> None:
    scene = scene_of(size_px, where)
    network = random_network(width, scene)
    exact = our_problem(network, recipe, scene, torch.float32)

    def record(name: str, parameters: torch.Tensor, seconds: float, count: int) -> None:
        loss = exact.evaluate(parameters, [0], [True]).losses[0].total
        print(f"{name}: loss {loss:.5g} after {seconds:.1f} s, {count} iterations, {size_px} px")

    budget = 0.0
    for name in dict.fromkeys((fast, "float32")):
        problem = our_problem(network, recipe, scene, dtype_of(name))
        course = Trajectory(iterations, (), lambda iteration, loss: None)
        started = time.perf_counter()
        (outcome,) = minimise(problem, scene.content.clone(), [course])
        taken = time.perf_counter() - started
        budget = budget or taken
        record(f"ours {name}", outcome.parameters, taken, course.last)
    for line_search in ("none", "strong_wolfe"):
        _torchs(exact, scene.content, line_search, iterations, budget, record)


def _torchs(exact: Problem, start: torch.Tensor, line_search: Any, iterations: int, budget: float, record: Any) -> None:
    """torch.optim.LBFGS in float32 for about `budget` seconds: as many iterations as fit, found by a short run."""
    trial = Trajectory(5, (), lambda iteration, loss: None)
    started = time.perf_counter()
    minimise_unguarded(exact, start.clone(), [trial], clamp=False, line_search=line_search)
    count = max(1, round(budget / ((time.perf_counter() - started) / 6)))
    course = Trajectory(min(count, iterations), (), lambda iteration, loss: None)
    started = time.perf_counter()
    (outcome,) = minimise_unguarded(exact, start.clone(), [course], clamp=False, line_search=line_search)
    taken = time.perf_counter() - started
    record(f"torch L-BFGS, float32, line search {line_search}", outcome.parameters, taken, course.last)


def _fair() -> Recipe:
    schema = yaml.safe_load((CONFIG / "schema.yaml").read_text(encoding="utf-8"))
    settings = dict(built_in_recipes(CONFIG / "recipes.yaml")["fair"])
    recipes = schema["properties"]["transfer"]["properties"]["recipes"]
    fill_defaults(settings, recipes["additionalProperties"])
    return recipe_from_settings(recipe_for(settings, "vgg19", {}))


def main(arguments: list[str]) -> int:
    """Entry point of the command line."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description="Our iteration of style transfer against a plain one."
    )
    parser.add_argument("--table", type=Path, default=Path("results/benchmarks/transfer_step.tsv"))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], metavar="PX")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=60, help="of the optimisers")
    benchmark_transfer(**vars(parser.parse_args(arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
