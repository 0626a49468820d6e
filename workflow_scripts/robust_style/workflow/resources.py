"""Rough estimates of time, disk and memory of a configured run. Standard library only: the Snakefile imports it."""

import math
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from robust_style.errors import ConfigError
from robust_style.model.architectures import VGG19_PIXEL_VALUES, architecture_named, relative_costs, relative_maps
from robust_style.model.kinds import is_imported, is_trained, only_paints
from robust_style.workflow.experiment import (
    FOLDER,
    LIBRARY_SIDE_PX,
    checkpoints,
    dataset_sizes,
    painting_checkpoints,
    pairs,
    pairs_per_job,
    reconstructed_checkpoints,
    reconstruction_px,
    side_px,
)

Config = Mapping[str, Any]

# Longer over shorter side: of a usual photograph, and of the longest usual one (3 : 2).
ASPECT, LONGEST_ASPECT = 1.35, 1.5

# --- Time ---


class Speed(NamedTuple):
    """Seconds that a machine takes for VGG19 at full width.

    `per_image` and `per_attack_step` are of one training image of 32 px, `per_pixel` is of one iteration of style
    transfer, and `per_job` is for starting Python and torch, reading and writing.
    """

    machine: str
    per_image: float
    per_attack_step: float
    per_pixel: float
    per_job: float


# MEASURED (x86-64 with AMX-BF16, bfloat16, one thread, n = 1, halved for two cores): 93 training images/s standard, 36
# with three attack steps; 0.72 s per iteration of style transfer at 512 x 512 px. ASSUME: time of a job.
TWO_CORES = Speed("two CPU cores", 0.0054, 0.0028, 1.4e-6, 3.0)
# MEASURED (H100, bfloat16, benchmarks/README.md): 1.25 s per standard epoch of 50,000 images, 171 TFLOP/s in a step of
# PGD-20, 211 TFLOP/s painting 17 pictures of 512 px at once. ASSUME: time of a job.
H100 = Speed("an H100", 2.5e-5, 9.3e-6, 7.4e-9, 12.0)
# Dense bfloat16 (V100, T4: float16) operations per second of other GPUs, as a share of an H100's 989 TFLOP/s: data
# sheets of NVIDIA. A rough guide: memory bandwidth counts, too.
_SHARE_OF_H100 = {
    "B200": 2.3, "H200": 1.0, "H100": 1.0, "A100": 0.32, "L40S": 0.37, "L40": 0.18, "RTX 4090": 0.17, "RTX A6000": 0.16,
    "A10": 0.13, "V100": 0.13, "L4": 0.12, "RTX 3090": 0.07, "T4": 0.07,
}  # fmt: skip
# MEASURED (x86-64, float32, half-width VGG19 at 128 px, one thread, n = 3 networks): an iteration of a reconstruction,
# mean over relu1_1 to relu5_1 of content and texture, against one with losses in all five layers.
_RECONSTRUCTION_SHARE = 0.45
# MEASURED (the same machine, two threads, float32 against bfloat16, batch 128, n = 2): the library's loop against ours.
_LIBRARY_FACTORS = {"standard": 2.0, "adversarial": 3.6}
# ASSUME: other architectures compute as fast for each operation; operations are counted (model.architectures).
_LONGEST_UNASKED_HOURS = 2.0

# --- Disk ---
# MEASURED (VGG19, quarter width: 10.1 MB with the optimiser's momentum, half of it before training).
_CHECKPOINT_BYTES = 162e6
# MEASURED (128 px, mean of 324 pictures): PNG, each snapshot, each pixel of a frame of the animation.
_PNG_BYTES_PER_PIXEL, _SNAPSHOT_BYTES_PER_PIXEL, _FRAME_BYTES_PER_PIXEL = 2.8, 2.7, 1.1
# Trace, preview, score, and what the page contains of a picture.
_BYTES_PER_PICTURE = 110e3
_CIFAR10_BYTES = 360e6  # archive and arrays
_BASE_BYTES = 60e6  # figures, tables, images, logs

# --- Memory ---
# Interpreter, torch and a full-width VGG19 before the first iteration, and some reserve.
_BASE_MB = 1500
# Feature maps and their gradients up to relu5_1 in float32, and the optimiser's history of 20 steps. MEASURED (AMD
# EPYC, full width, float32, peak resident size over the base: 512 px 0.8 GB, 1024 px 2.4 GB, n = 1 each: 2.3 kB per
# pixel).
_BYTES_PER_PIXEL = 2800
# Steps in the optimiser's history: the step and the gradient's change, three channels of float32 each.
HISTORY_STEPS = {"lbfgs": 20, "lbfgs_unguarded": 100, "adam": 2}
_BYTES_PER_PIXEL_AND_STEP = 2 * 3 * 4
# Memory of one picture of known size, beside the loaded network. MEASURED (x86-64, float32, peak resident size over the
# loaded network, n = 1 each, 128 to 512 px: VGG19 at width 1, 0.25 and 0.125, ResNet-18 and -50, DenseNet-121,
# MobileNetV2; lbfgs, lbfgs_unguarded and adam): the estimate is 3 to 57 % above.
# Share of the feature maps alive at the peak (float32; bfloat16 needs no less: the last iterations are float32).
_MAPS_ALIVE, _DEFAULT_MAPS_ALIVE = {"mobilenet": 1.2}, 0.8
# Picture, gradient, direction and other tensors of three channels; and a part that does not depend on the size.
_OTHER_BYTES_PER_PIXEL, _OTHER_BYTES = 600, 60 * 2**20
# Feature maps of a style image are needed once, without gradients, beside those of the content image.
_STYLE_SHARE = 0.25


def refuse_days_on_cpu(config: Config) -> None:
    """Raise ConfigError if no GPU is found although `device` asks for one; for `auto` only if the run takes hours.

    For the start of a run on this machine (not for a dry run, not if jobs run elsewhere).
    """
    if config["device"] == "cpu" or accelerator():
        return
    remedy = (
        "Either see the whole workflow in minutes with `make demo`, "
        "or set `device: cpu` on purpose (--config device=cpu)."
    )
    hours = run_hours(config)
    duration = f"on the CPU this run would take about {_duration(hours)}. {remedy}"
    if config["device"] != "auto":
        raise ConfigError(f"device is {config['device']}, but this machine has no CUDA device; {duration}")
    if hours > _LONGEST_UNASKED_HOURS:
        raise ConfigError(f"device: `auto` found no GPU, and {duration}")


def accelerator() -> str | None:
    """The name of the first GPU that torch could use; None without one. Asks the driver: torch may be missing here."""
    program = shutil.which("nvidia-smi")
    if program:
        try:
            answer = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        # GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)
        found = re.match(r"GPU \d+: ([^(\n]+)", answer.stdout) if answer.returncode == 0 else None
        return found[1].strip() if found else None
    others = any(Path("/proc/driver/nvidia/gpus").glob("*")) or Path("/dev/kfd").exists()
    return "GPU of unknown kind" if others else None


def speed_of(gpu: str) -> Speed:
    """The speed of the GPU of this name, from that of an H100; an unknown one is taken for an H100."""
    # Whole words: an RTX A1000 is no A100.
    share = next((share for kind, share in _SHARE_OF_H100.items() if re.search(rf"\b{kind}\b", gpu)), None)
    if share is None:
        return H100
    image, step, pixel = (seconds / share for seconds in H100[1:4])
    return Speed(gpu if share == 1.0 else f"{gpu} (computed from an H100's speed)", image, step, pixel, H100.per_job)


def run_hours(config: Config, speed: Speed = TWO_CORES) -> float:
    """Estimated hours: training, monitoring, evaluation, transfer, reconstructions, starting jobs one after the other.

    Scores and figures, which a GPU does not make, are not counted.
    """
    return sum(seconds for seconds, _ in _work(config, speed).values()) / 3600


def seconds_per_job(config: Config) -> dict[str, float]:
    """Estimated seconds of one job of each rule that trains, evaluates or paints. Only their ratios are meaningful."""
    return {rule: seconds / jobs for rule, (seconds, jobs) in _work(config, TWO_CORES).items() if jobs}


def _work(config: Config, speed: Speed) -> dict[str, tuple[float, int]]:
    """Seconds and number of jobs of each rule that trains, evaluates or paints."""
    evaluation, transfer, training = config["evaluation"], config["transfer"], config["training"]
    images, tested = dataset_sizes(config)
    attacked = min(evaluation["images"] or tested, tested)
    monitored = min(evaluation["monitor_images"], tested) * evaluation["monitor_steps"] * speed.per_attack_step
    # Operations are counted for images of 32 px; those of convolutions are proportional to the pixels.
    larger = (side_px(config) / LIBRARY_SIDE_PX) ** 2
    pixels = ASPECT * transfer["size_px"] ** 2
    jobs_of_checkpoint = math.ceil(len(pairs(config)) / pairs_per_job(config))
    painting_recipes = {name: painting_checkpoints(config, name) for name in transfer["recipes"]}
    work = dict.fromkeys(("train_segment", "evaluate_checkpoint", "stylize", "reconstruct"), (0.0, 0))
    for name, network in config["networks"].items():
        _, of_image, of_pixel = relative_costs(network["architecture"], network["width"])
        per_image = speed.per_image + speed.per_attack_step * network.get("steps", 0)
        if network["engine"] == "robustness":
            per_image *= _LIBRARY_FACTORS[network["regime"]]
        count = sum(owner == name for owner, _, _ in checkpoints(config))
        # Recipe -> checkpoints of this network that paint with it.
        painters = {recipe: sum(owner == name for owner, _, _ in chosen) for recipe, chosen in painting_recipes.items()}
        reconstructed = sum(owner == name for owner, _, _ in reconstructed_checkpoints(config))
        epochs = training["epochs"] * len(config["seeds"]) if is_trained(network) else 0
        training_seconds = epochs * (images * network["passes_per_epoch"] * per_image + monitored)
        steps = 0 if only_paints(network) else evaluation["steps"] * evaluation["restarts"]
        evaluation_seconds = count * attacked * steps * speed.per_attack_step
        iterations = sum(
            number * len(pairs(config)) * transfer["recipes"][recipe]["iterations"]
            for recipe, number in painters.items()
        )
        painting = iterations * pixels * speed.per_pixel
        reconstructing = reconstructed * _reconstruction_seconds(config, speed)
        for rule, seconds, jobs in (
            ("train_segment", training_seconds * of_image * larger, count),  # or initialise_network, import_network
            ("evaluate_checkpoint", evaluation_seconds * of_image * larger, count),
            ("stylize", painting * of_pixel, sum(painters.values()) * jobs_of_checkpoint),
            ("reconstruct", reconstructing * of_pixel, reconstructed),
        ):
            total, number = work[rule]
            work[rule] = total + seconds + jobs * speed.per_job, number + jobs
    return work


def announced_duration(config: Config, short: Config | None = None) -> str:
    """How long a run on this machine takes; on a GPU that has hours to do also what takes less.

    `short` is the configuration of config/short.yaml, if it is a choice.
    """
    gpu = None if config["device"] == "cpu" else accelerator()
    if gpu is None:
        duration = _duration(run_hours(config))
        return (
            f"On two CPU cores with AMX the whole takes roughly {duration}; without AMX, three to four times as long."
        )
    speed = speed_of(gpu)
    hours = run_hours(config, speed)
    lines = [f"One job at a time on {speed.machine} takes roughly {_duration(hours)}, scores and figures not counted."]
    if hours > _LONGEST_UNASKED_HOURS:
        lines += [f"  {_duration(run_hours(less, speed))}: {what}" for what, less in _less(config, short)]
    return "\n".join(lines)


def _less(config: Config, short: Config | None) -> Iterator[tuple[str, Config]]:
    """What costs less than the run: in words, and its configuration."""
    recipes, first = config["transfer"]["recipes"], config["seeds"][0]
    if len(config["seeds"]) > 1:
        how = f"one seed (--config 'seeds=[{first}]'; the others can follow, nothing is trained or painted twice)"
        yield how, {**config, "seeds": [first]}
    if len(recipes) > len(fewer := {name: recipes[name] for name in ("fair", "matched") if name in recipes}) > 0:
        how = f"only the recipes {' and '.join(fewer)} (the others set to null)"
        yield how, {**config, "transfer": {**config["transfer"], "recipes": fewer}}
    if short:
        yield "--configfile config/short.yaml", short


def needed_bytes(config: Config) -> float:
    """Estimated bytes of all results of the configuration."""
    transfer = config["transfer"]
    total: float = _BASE_BYTES
    if config["dataset"]["name"] == "cifar10":
        total += _CIFAR10_BYTES
    elif config["dataset"]["name"] == FOLDER:
        total += image_bytes(config)
    pixels = ASPECT * transfer["size_px"] ** 2
    frames = transfer["animation_frames"] * ASPECT * min(transfer["animation_px"], transfer["size_px"]) ** 2
    for name, recipe in transfer["recipes"].items():
        pictures = len(painting_checkpoints(config, name)) * len(pairs(config))
        each = pixels * (_PNG_BYTES_PER_PIXEL + _SNAPSHOT_BYTES_PER_PIXEL * len(recipe["snapshots"]))
        total += pictures * (each + frames * _FRAME_BYTES_PER_PIXEL + _BYTES_PER_PICTURE)
    for name, _, epoch in checkpoints(config):
        network = config["networks"][name]
        total += _checkpoint_bytes(network) * (0.5 if epoch == 0 or is_imported(network) else 1.0)
    # A segment in progress keeps a checkpoint to resume from.
    return total + sum(_checkpoint_bytes(network) for network in config["networks"].values() if is_trained(network))


def image_bytes(config: Config) -> int:
    """Bytes of the prepared training and test images, in the file and in memory: 3 per pixel."""
    return 3 * side_px(config) ** 2 * sum(dataset_sizes(config))


def painting_mb(size_px: int, pictures: int, networks: Iterable[Config] = (), optimiser: str = "lbfgs") -> int:
    """MB that one job needs at `size_px` (shorter side) with `pictures` in one batch, by the recipe's `optimiser`.

    `networks` are blocks of the configuration; the largest counts, and none less than a VGG19 of full width. On a GPU
    it is the same amount of the device's memory.
    """
    largest = max([1.0, *(relative_maps(block["architecture"], block["width"]) for block in networks)])
    extra = _BYTES_PER_PIXEL_AND_STEP * max(0, HISTORY_STEPS[optimiser] - HISTORY_STEPS["lbfgs"])
    pixels = LONGEST_ASPECT * size_px**2 * pictures
    return _BASE_MB + round(pixels * (_BYTES_PER_PIXEL * largest + extra) / 2**20)


def painting_bytes(
    content_pixels: int | float, style_pixels: int | float, *, architecture: str, width: float, optimiser: str
) -> tuple[float, float]:
    """Bytes that one picture needs beside its loaded network: a constant part, and one proportional to the pixels.

    `content_pixels` is the size of the picture, `style_pixels` that of the largest resized style image. A copy of the
    weights is in the constant part.
    """
    known = architecture_named(architecture)
    maps = 4 * VGG19_PIXEL_VALUES * relative_maps(architecture, width)
    maps *= _MAPS_ALIVE.get(known.family, _DEFAULT_MAPS_ALIVE)
    pixels = max(content_pixels, _STYLE_SHARE * (content_pixels + style_pixels))
    constant = _OTHER_BYTES + 4 * known.parameters * width**2
    history = _BYTES_PER_PIXEL_AND_STEP * HISTORY_STEPS[optimiser]
    return constant, pixels * (maps + _OTHER_BYTES_PER_PIXEL + history)


def largest_size_px(
    size_px: int, constant: int | float, growing: int | float, available: int | float, multiple: int
) -> int | None:
    """The largest size (a multiple of `multiple` px) that fits into `available` bytes; None if no size fits.

    `size_px` needs `constant` + `growing` bytes, of which the second is proportional to the square of the size.
    """
    if available <= constant:
        return None
    return int(size_px * math.sqrt((available - constant) / growing)) // multiple * multiple or None


def _reconstruction_seconds(config: Config, speed: Speed) -> float:
    """Of one checkpoint of VGG19 at full width: a content and a texture for each layer."""
    block = config["reconstruction"]
    iterations = 2 * len(block["layers"]) * block["iterations"] * _RECONSTRUCTION_SHARE
    return float(iterations * ASPECT * reconstruction_px(config) ** 2 * speed.per_pixel)


def _checkpoint_bytes(network: Config) -> float:
    parameters, _, _ = relative_costs(network["architecture"], network["width"])
    return _CHECKPOINT_BYTES * parameters


def _duration(hours: float) -> str:
    if hours > 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours > 2 else f"{max(2.0, hours * 60):.0f} minutes"
