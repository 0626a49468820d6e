"""What a run would take on 1, 8 and 64 GPUs: operations counted from its configuration, jobs laid out as by Snakemake.

    python benchmarks/scaling.py                        the table of docs/scaling.md
    python benchmarks/scaling.py --configfile mine.yaml for a run of your own, on top of config/config.yaml

A projection, not a measurement: the speed of one GPU (`--tflops`) was measured in two kinds of job, its price
(`--price`) is an assumption.
Jobs wait for what they need (segments are chains, a picture needs its checkpoint), the longest chain first, one job to
a GPU; what follows on CPU cores is not counted.
"""

import argparse
import heapq
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
for folder in ("workflow_scripts", "tests"):
    sys.path.insert(0, str(ROOT / folder))

import yaml  # noqa: E402

from merged_config import merge, merged  # noqa: E402
from robust_style.errors import RobustStyleError  # noqa: E402
from robust_style.model.architectures import relative_costs  # noqa: E402
from robust_style.model.kinds import is_trained  # noqa: E402
from robust_style.workflow.configuration import check_configuration  # noqa: E402
from robust_style.workflow.experiment import (  # noqa: E402
    LIBRARY_SIDE_PX,
    checkpoints,
    dataset_sizes,
    painting_checkpoints,
    pairs_by_job,
    reconstructed_checkpoints,
    reconstruction_px,
    side_px,
)
from robust_style.workflow.resources import (  # noqa: E402
    ASPECT,
    needed_bytes,
)

# Multiply-adds of VGG19 for one 32 x 32 image (Simonyan & Zisserman 2015 with one fully connected layer), times 2.
VGG19_OPERATIONS = 2 * 398.1e6
OPERATIONS_PER_PIXEL = VGG19_OPERATIONS / 32**2
# Forward, gradient of the input, gradient of the weights; each about as many operations as the first.
PASSES_OF_STEP, PASSES_OF_GRADIENT = 3, 2
# MEASURED (H100, bfloat16): 171 in a step of PGD-20, 211 painting 17 pictures of 512 px at once; ASSUME: of all jobs.
TFLOPS = 180.0
PRICE = 3.0
# ASSUME: Python, torch, CUDA and the files, for each job on a GPU.
SECONDS_PER_JOB = 12.0
GPUS = (1, 8, 64)


@dataclass(frozen=True)
class Job:
    """A job on a GPU: what it is called, how long it takes, and which job must end before it begins."""

    name: str
    seconds: float
    after: str | None = None


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        allow_abbrev=False, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--configfile", type=Path, nargs="+", help="instead of the built-in runs")
    parser.add_argument("--tflops", type=float, default=TFLOPS, help="of one GPU, sustained (default: %(default)s)")
    parser.add_argument("--price", type=float, default=PRICE, help="of an hour of one GPU (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        named = {"this run": _config(*options.configfile)} if options.configfile else _built_in()
    except (RobustStyleError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("| run | GPU jobs | GPU hours | results | on 1 GPU | 8 GPUs | 64 GPUs | cost | what holds it up |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, config in named.items():
        jobs = gpu_jobs(config, options.tflops * 1e12)
        print(row(name, jobs, needed_bytes(config), options.price))
    imagenet = imagenet_jobs(options.tflops * 1e12)
    print(row("ImageNet-sized (below)", imagenet, 0.0, options.price))
    return 0


def _built_in() -> dict[str, dict[str, Any]]:
    large = ROOT / "benchmarks" / "large_run.yaml"
    one_by_one = _config(large)
    one_by_one["transfer"]["pairs_per_job"] = 1
    one_seed = _config()
    one_seed["seeds"] = [0]
    return {
        "published (6 seeds, 7,650 pictures)": _config(),
        "the same, one seed": one_seed,
        "large (6 seeds, 2,880 pictures)": _config(large),
        "the same, `pairs_per_job: 1`": one_by_one,
    }


def _config(*files: Path) -> dict[str, Any]:
    config = merged("config")
    for path in files:
        merge(config, yaml.safe_load(path.read_text(encoding="utf-8")))
    return check_configuration(config, ROOT / "config" / "schema.yaml")


def gpu_jobs(config: dict[str, Any], speed: float) -> list[Job]:
    """The jobs of a configuration that ask for a GPU, at `speed` operations per second."""
    training, evaluation, transfer = config["training"], config["evaluation"], config["transfer"]
    images, tested = dataset_sizes(config)
    attacked = evaluation["images"] or tested
    # A picture's pass ends at its deepest layer; it is counted as if it went on.
    of_picture = ASPECT * transfer["size_px"] ** 2 * OPERATIONS_PER_PIXEL * PASSES_OF_GRADIENT / speed
    kept = config["reconstruction"]
    of_kept = of_picture * (reconstruction_px(config) / transfer["size_px"]) ** 2
    reconstructing = set(reconstructed_checkpoints(config))
    painting = {recipe: set(painting_checkpoints(config, recipe)) for recipe in transfer["recipes"]}
    jobs: list[Job] = []
    for name, seed, epoch in checkpoints(config):
        network = config["networks"][name]
        _, image_share, pixel_share = relative_costs(network["architecture"], network["width"])
        of_image = VGG19_OPERATIONS * image_share * (side_px(config) / LIBRARY_SIDE_PX) ** 2 / speed
        made = f"{name} {seed} {epoch}"
        if epoch and is_trained(network):
            passes = PASSES_OF_STEP + PASSES_OF_GRADIENT * network.get("steps", 0)
            monitored = evaluation["monitor_images"] * evaluation["monitor_steps"] * PASSES_OF_GRADIENT
            each = (images * network["passes_per_epoch"] * passes + monitored) * of_image
            before = f"{name} {seed} {epoch - training['checkpoint_every']}"
            jobs.append(_job(made, each * training["checkpoint_every"], before))
        after = made if epoch and is_trained(network) else None
        attack = attacked * evaluation["steps"] * evaluation["restarts"] * PASSES_OF_GRADIENT * of_image
        jobs.append(_job(f"{made} evaluation", attack, after))
        if (name, seed, epoch) in reconstructing:
            rebuilt = 2 * len(kept["layers"]) * kept["iterations"]  # a content and a texture from each layer
            jobs.append(_job(f"{made} reconstruction", rebuilt * of_kept * pixel_share, after))
        for recipe, block in transfer["recipes"].items():
            for group in pairs_by_job(config) if (name, seed, epoch) in painting[recipe] else ():
                seconds = len(group) * block["iterations"] * of_picture * pixel_share
                jobs.append(_job(f"{made} {recipe} {group[0]}", seconds, after))
    return jobs


def imagenet_jobs(speed: float) -> list[Job]:
    """ResNet-50, 90 epochs of ImageNet, standard and with 7 attack steps (Nakano 2019's networks), six checkpoints.

    A third of `speed`: its 1 x 1 convolutions and batch norms wait for memory. 16 pairs, 200 iterations at 512 px.
    """
    operations, images, epochs, segment = 2 * 4.1e9, 1_281_167, 90, 15
    slow = speed / 3
    of_picture = 200 * ASPECT * 512**2 * (operations / 224**2) * PASSES_OF_GRADIENT / slow
    jobs: list[Job] = []
    for name, steps in (("standard", 0), ("adversarial", 7)):
        each = images * operations * (PASSES_OF_STEP + PASSES_OF_GRADIENT * steps) / slow
        for epoch in range(segment, epochs + 1, segment):
            before = f"{name} {epoch - segment}" if epoch > segment else None
            jobs.append(_job(f"{name} {epoch}", each * segment, before))
            jobs.append(_job(f"{name} {epoch} pictures", 16 * of_picture, f"{name} {epoch}"))
    return jobs


def _job(name: str, seconds: float, after: str | None) -> Job:
    return Job(name, seconds + SECONDS_PER_JOB, after)


def makespan(jobs: list[Job], gpus: int) -> float:
    """Seconds until all jobs have ended on `gpus` GPUs, those with the longest chain behind them first."""
    behind = chain_behind(jobs)
    known = {job.name for job in jobs}
    waiting: dict[str, list[Job]] = {}
    order = iter(range(len(jobs)))
    ready: list[tuple[float, int, Job]] = []

    def offer(job: Job) -> None:
        heapq.heappush(ready, (-behind[job.name], next(order), job))

    for job in jobs:
        if job.after in known:
            waiting.setdefault(str(job.after), []).append(job)
        else:
            offer(job)
    now, running = 0.0, list[tuple[float, str]]()
    while ready or running:
        while ready and len(running) < gpus:
            _, _, job = heapq.heappop(ready)
            heapq.heappush(running, (now + job.seconds, job.name))
        now, ended = heapq.heappop(running)
        for job in waiting.pop(ended, []):
            offer(job)
    return now


def chain_behind(jobs: list[Job]) -> dict[str, float]:
    """For each job the seconds from its start to the end of the longest chain that begins with it."""
    followers: dict[str, list[Job]] = {}
    for job in jobs:
        followers.setdefault(job.after or "", []).append(job)
    found: dict[str, float] = {}
    for job in reversed(jobs):  # a job stands after the one it waits for
        found[job.name] = job.seconds + max((found[later.name] for later in followers.get(job.name, [])), default=0.0)
    return found


def row(name: str, jobs: list[Job], size: float, price: float) -> str:
    total = sum(job.seconds for job in jobs)
    longest = max(chain_behind(jobs).values())
    starting = len(jobs) * SECONDS_PER_JOB
    walls = {gpus: makespan(jobs, gpus) for gpus in GPUS}
    reasons: dict[str, Callable[[], bool]] = {
        "one chain of training: no more than this on any number of GPUs": lambda: walls[8] < 1.2 * longest,
        "starting jobs": lambda: starting > 0.5 * total,
        "GPU hours; then one chain of training": lambda: True,
    }
    why = next(reason for reason, holds in reasons.items() if holds())
    room = f"{size / 1e9:.1f} GB" if size else ""
    return f"| {name} | {len(jobs)} | {total / 3600:.1f} | {room} | " + " | ".join(
        [*(_hours(walls[gpus]) for gpus in GPUS), f"{total / 3600 * price:.0f}", why + " |"]
    )


def _hours(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
