"""Rough estimates of time, disk and memory of a configured run. Standard library only: the Snakefile imports it."""

import math
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

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
    reconstructed_checkpoints,
    reconstruction_px,
    side_px,
)

Config = Mapping[str, Any]

# Longer over shorter side: of a usual photograph, and of the longest usual one (3 : 2).
ASPECT, LONGEST_ASPECT = 1.35, 1.5

# --- Time on two CPU cores ---
# MEASURED (x86-64 with AMX-BF16, bfloat16, full-width VGG19, one thread, n = 1, halved for two cores): 93 training
# images/s standard, 36 with three attack steps; 0.72 s per iteration of style transfer at 512 x 512 px.
SECONDS_PER_IMAGE = 0.0054
SECONDS_PER_ATTACK_STEP = 0.0028
SECONDS_PER_PIXEL = 1.4e-6
# MEASURED (x86-64, float32, half-width VGG19 at 128 px, one thread, n = 3 networks): an iteration of a reconstruction,
# mean over relu1_1 to relu5_1 of content and texture, against one with losses in all five layers.
_RECONSTRUCTION_SHARE = 0.45
# MEASURED (the same machine, two threads, float32 against bfloat16, batch 128, n = 2): the library's loop against ours.
_LIBRARY_FACTORS = {"standard": 2.0, "adversarial": 3.6}
# ASSUME: other architectures compute as fast for each operation; operations are counted (model.architectures).
# ASSUME: starting Python and torch, reading and writing, for each job on one of two cores.
_SECONDS_PER_JOB = 1.5
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
    if config["device"] == "cpu" or accelerator_present():
        return
    remedy = (
        "Either see the whole workflow in minutes with `make demo`, "
        "or set `device: cpu` on purpose (--config device=cpu)."
    )
    hours = cpu_hours(config)
    duration = f"on the CPU this run would take about {_duration(hours)}. {remedy}"
    if config["device"] != "auto":
        raise ConfigError(f"device is {config['device']}, but this machine has no CUDA device; {duration}")
    if hours > _LONGEST_UNASKED_HOURS:
        raise ConfigError(f"device: `auto` found no GPU, and {duration}")


def accelerator_present() -> bool:
    """True if this machine has a GPU that torch could use. Asks the driver, because torch may be missing here."""
    program = shutil.which("nvidia-smi")
    if program:
        try:
            answer = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.returncode == 0 and "GPU" in answer.stdout
    return any(Path("/proc/driver/nvidia/gpus").glob("*")) or Path("/dev/kfd").exists()


def cpu_hours(config: Config) -> float:
    """Estimated hours on two CPU cores: training, monitoring, evaluation, transfer, reconstructions, starting jobs."""
    evaluation, transfer, training = config["evaluation"], config["transfer"], config["training"]
    images, tested = dataset_sizes(config)
    attacked = min(evaluation["images"] or tested, tested)
    monitored = min(evaluation["monitor_images"], tested) * evaluation["monitor_steps"] * SECONDS_PER_ATTACK_STEP
    # Operations are counted for images of 32 px; those of convolutions are proportional to the pixels.
    larger = (side_px(config) / LIBRARY_SIDE_PX) ** 2
    pixels = ASPECT * transfer["size_px"] ** 2
    painting_recipes = {name: painting_checkpoints(config, name) for name in transfer["recipes"]}
    seconds = 0.0
    for name, network in config["networks"].items():
        _, of_image, of_pixel = relative_costs(network["architecture"], network["width"])
        per_image = SECONDS_PER_IMAGE + SECONDS_PER_ATTACK_STEP * network.get("steps", 0)
        if network["engine"] == "robustness":
            per_image *= _LIBRARY_FACTORS[network["regime"]]
        count = sum(owner == name for owner, _, _ in checkpoints(config))
        # Recipe -> pictures of this network.
        pictures = {
            recipe: sum(owner == name for owner, _, _ in painters) * len(pairs(config))
            for recipe, painters in painting_recipes.items()
        }
        reconstructed = sum(owner == name for owner, _, _ in reconstructed_checkpoints(config))
        epochs = training["epochs"] * len(config["seeds"]) if is_trained(network) else 0
        classifying = epochs * (images * network["passes_per_epoch"] * per_image + monitored)
        if not only_paints(network):
            steps = evaluation["steps"] * evaluation["restarts"]
            classifying += count * attacked * steps * SECONDS_PER_ATTACK_STEP
        iterations = sum(number * transfer["recipes"][recipe]["iterations"] for recipe, number in pictures.items())
        painting = iterations * pixels * SECONDS_PER_PIXEL
        painting += reconstructed * _reconstruction_seconds(config)
        jobs = 2 * count + 2 * sum(pictures.values()) + reconstructed
        seconds += classifying * of_image * larger + painting * of_pixel + jobs * _SECONDS_PER_JOB
    return seconds / 3600


def announced_duration(config: Config) -> str | None:
    """A sentence with the estimated duration of a run on CPU cores; None if a GPU is used."""
    if config["device"] != "cpu" and accelerator_present():
        return None
    return f"On two CPU cores the whole of it takes roughly {_duration(cpu_hours(config))}."


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


def _reconstruction_seconds(config: Config) -> float:
    """Of one checkpoint of VGG19 at full width: a content and a texture for each layer."""
    block = config["reconstruction"]
    iterations = 2 * len(block["layers"]) * block["iterations"] * _RECONSTRUCTION_SHARE
    return float(iterations * ASPECT * reconstruction_px(config) ** 2 * SECONDS_PER_PIXEL)


def _checkpoint_bytes(network: Config) -> float:
    parameters, _, _ = relative_costs(network["architecture"], network["width"])
    return _CHECKPOINT_BYTES * parameters


def _duration(hours: float) -> str:
    if hours > 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours > 2 else f"{max(2.0, hours * 60):.0f} minutes"
