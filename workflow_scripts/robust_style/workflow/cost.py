"""How long the configured run would take on CPU cores: rough, to warn before days are spent unasked."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from robust_style.errors import ConfigError
from robust_style.workflow.settings import checkpoint_epochs, pairs

# MEASURED (x86-64 with AMX-BF16, bfloat16, full-width VGG19, one thread, n = 1, halved for two cores): 93 training
# images/s standard, 36 with three attack steps; 0.72 s per evaluation of a style transfer at 512 x 512 px.
SECONDS_PER_IMAGE = 0.0054
SECONDS_PER_ATTACK_STEP = 0.0028
SECONDS_PER_PIXEL = 1.4e-6
CIFAR10_IMAGES = 50_000
ASPECT = 1.35  # longer over shorter side of a usual photograph
LONGEST_UNASKED_HOURS = 2.0


def refuse_days_on_cpu(config: dict[str, Any]) -> None:
    """Raises ConfigError where `device` finds no GPU: always for `cuda`, for `auto` if the run would take hours.

    To be called when a run starts on this machine (not for a dry run, not where jobs run elsewhere).
    """
    if config["device"] == "cpu" or accelerator_present():
        return
    ways = (
        "Either see the whole journey in minutes with `make demo`, "
        "or set `device: cpu` on purpose (--config device=cpu)."
    )
    hours = cpu_hours(config)
    if config["device"] == "cuda":
        raise ConfigError(
            f"device: expected a CUDA device (`cuda`), found none on this machine. On the CPU this run would take "
            f"about {_in_words(hours)}. {ways}"
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
    """Estimated hours on two CPU cores, training, accuracy and style transfer together."""
    images = config["dataset"]["train_size"] or CIFAR10_IMAGES
    seconds = 0.0
    for network in config["networks"].values():
        per_image = SECONDS_PER_IMAGE + SECONDS_PER_ATTACK_STEP * network.get("steps", 0)
        passes = config["training"]["epochs"] * network["passes_per_epoch"]
        seconds += images * passes * per_image * network["width"] ** 2
        pixels = ASPECT * config["transfer"]["size_px"] ** 2
        evaluations = sum(recipe["evaluations"] for recipe in config["transfer"]["recipes"].values())
        pictures = len(checkpoint_epochs(config)) * len(pairs(config))
        seconds += pictures * evaluations * pixels * SECONDS_PER_PIXEL * network["width"] ** 2
    return seconds * len(config["seeds"]) / 3600


def _in_words(hours: float) -> str:
    return f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.0f} hours"
