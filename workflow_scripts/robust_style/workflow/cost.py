"""How long the configured run would take on CPU cores: rough, to warn before days are spent unasked."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from robust_style.errors import ConfigError
from robust_style.model.architectures import relative_costs
from robust_style.model.kinds import is_trained, only_paints
from robust_style.workflow.dataset import LIBRARY_SIDE_PX, side_px, sizes
from robust_style.workflow.reconstruction import reconstructed_checkpoints, reconstruction_px
from robust_style.workflow.settings import checkpoints, pairs

# MEASURED (x86-64 with AMX-BF16, bfloat16, full-width VGG19, one thread, n = 1, halved for two cores): 93 training
# images/s standard, 36 with three attack steps; 0.72 s per iteration of style transfer at 512 x 512 px.
SECONDS_PER_IMAGE = 0.0054
SECONDS_PER_ATTACK_STEP = 0.0028
SECONDS_PER_PIXEL = 1.4e-6
# MEASURED (x86-64, float32, half-width VGG19 at 128 px, one thread, n = 3 networks): an iteration of a reconstruction,
# mean over relu1_1 to relu5_1 of content and texture, against one that looks at all five layers.
RECONSTRUCTION_SHARE = 0.45
# MEASURED (the same machine, two threads, float32 against bfloat16, batch 128, n = 2): the library's loop beside ours.
LIBRARY_FACTORS = {"standard": 2.0, "adversarial": 3.6}
# ASSUME: other architectures compute as fast for each operation; they are counted (model.architectures).
# ASSUME: what starting Python and torch, reading and writing take of one of two cores, for each job.
SECONDS_PER_JOB = 1.5
ASPECT = 1.35  # longer over shorter side of a usual photograph
LONGEST_UNASKED_HOURS = 2.0


def refuse_days_on_cpu(config: dict[str, Any]) -> None:
    """Raises ConfigError where `device` finds no GPU: for `auto` only if the run would take hours.

    To be called when a run starts on this machine (not for a dry run, not where jobs run elsewhere).
    """
    if config["device"] == "cpu" or accelerator_present():
        return
    ways = (
        "Either see the whole workflow in minutes with `make demo`, "
        "or set `device: cpu` on purpose (--config device=cpu)."
    )
    hours = cpu_hours(config)
    if config["device"] != "auto":
        raise ConfigError(
            f"device: expected a CUDA device (`{config['device']}`), found none on this machine. On the CPU this run "
            f"would take about {_in_words(hours)}. {ways}"
        )
    if hours > LONGEST_UNASKED_HOURS:
        raise ConfigError(
            f"device: `auto` found no GPU, and on the CPU this run would take about {_in_words(hours)}. {ways}"
        )


def accelerator_present() -> bool:
    """Whether this machine has a GPU torch could use; asks the driver, because torch need not be installed here."""
    program = shutil.which("nvidia-smi")
    if program:
        try:
            answer = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.returncode == 0 and "GPU" in answer.stdout
    return any(Path("/proc/driver/nvidia/gpus").glob("*")) or Path("/dev/kfd").exists()


def cpu_hours(config: dict[str, Any]) -> float:
    """Estimated hours on two CPU cores: training, monitoring, evaluation, transfer, reconstructions, starting jobs."""
    evaluation, transfer, training = config["evaluation"], config["transfer"], config["training"]
    images, tested = sizes(config)
    attacked = min(evaluation["images"] or tested, tested)
    # COUNTED for images of 32 px (model.architectures); convolutions cost as their pixels.
    larger = (side_px(config) / LIBRARY_SIDE_PX) ** 2
    pixels = ASPECT * transfer["size_px"] ** 2
    seconds = 0.0
    for name, network in config["networks"].items():
        _, of_image, of_pixel = relative_costs(network["architecture"], network["width"])
        per_image = SECONDS_PER_IMAGE + SECONDS_PER_ATTACK_STEP * network.get("steps", 0)
        if network["engine"] == "robustness":
            per_image *= LIBRARY_FACTORS[network["regime"]]
        monitored = min(evaluation["monitor_images"], tested) * evaluation["monitor_steps"] * SECONDS_PER_ATTACK_STEP
        epochs = training["epochs"] * len(config["seeds"]) if is_trained(network) else 0
        passes = network["passes_per_epoch"]
        own = sum(owner == name for owner, _, _ in checkpoints(config))
        pictures = own * len(pairs(config))
        training_seconds = epochs * (images * passes * per_image + monitored)
        evaluated = 0 if only_paints(network) else own
        training_seconds += (
            evaluated * attacked * evaluation["steps"] * evaluation["restarts"] * SECONDS_PER_ATTACK_STEP
        )
        painting = 0.0
        for recipe in transfer["recipes"].values():
            painting += pictures * recipe["iterations"] * pixels * SECONDS_PER_PIXEL
        reconstructing = sum(owner == name for owner, _, _ in reconstructed_checkpoints(config))
        painting += reconstructing * _reconstruction_seconds(config)
        jobs = 2 * own + 2 * pictures * len(transfer["recipes"]) + reconstructing
        seconds += training_seconds * of_image * larger + painting * of_pixel + jobs * SECONDS_PER_JOB
    return seconds / 3600


def estimate(config: dict[str, Any]) -> str | None:
    """What to expect, in a sentence, before a run on CPU cores starts; None where a GPU will work."""
    if config["device"] != "cpu" and accelerator_present():
        return None
    return f"On two CPU cores the whole of it takes roughly {_in_words(cpu_hours(config))}."


def _reconstruction_seconds(config: dict[str, Any]) -> float:
    """Of one checkpoint of VGG19 at full width: a content and a texture for each layer."""
    block = config["reconstruction"]
    iterations = 2 * len(block["layers"]) * block["iterations"] * RECONSTRUCTION_SHARE
    return float(iterations * ASPECT * reconstruction_px(config) ** 2 * SECONDS_PER_PIXEL)


def _in_words(hours: float) -> str:
    if hours > 48:
        return f"{hours / 24:.0f} days"
    return f"{hours:.0f} hours" if hours > 2 else f"{max(2.0, hours * 60):.0f} minutes"
