"""A dataset that a tiny network learns in a few epochs, and the settings to train it in a second."""

from pathlib import Path
from typing import Any

import numpy as np

from robust_style.data.dataset import Dataset, write_dataset
from robust_style.training.initialise import initialise_network
from robust_style.training.segment import train_segment

CLASSES = ("red", "green", "blue", "pale")
TRAINING: dict[str, Any] = {
    "batch_size": 24,
    "learning_rate": 0.05,
    "momentum": 0.9,
    "weight_decay": 5e-4,
    "learning_rate_drop_every": 3,
    "learning_rate_drop_factor": 0.1,
    "crop_padding": 4,
    "flip": True,
    "colour_jitter": 0.25,
    "rotation": 2.0,
}
EVALUATION: dict[str, Any] = {
    "constraint": "l2",
    "epsilon": 0.5,
    "step_size": 0.2,
    "steps": 3,
    "restarts": 1,
    "images": 12,
    "monitor_images": 8,
    "monitor_steps": 2,
    "autoattack_images": 0,
    "autoattack_checkpoints": "last",
}
STANDARD: dict[str, Any] = {
    "architecture": "vgg11",
    "width": 0.125,
    "engine": "fast",
    "regime": "standard",
    "passes_per_epoch": 1,
}
NOISE = STANDARD | {"regime": "noise", "epsilon": 0.5}
ADVERSARIAL = STANDARD | {
    "regime": "adversarial",
    "constraint": "l2",
    "epsilon": 0.5,
    "step_size": 0.3,
    "steps": 2,
    "random_start": True,
}
# Both regimes, trained by the engine `robustness`.
BY_LIBRARY = {block["regime"]: block | {"engine": "robustness"} for block in (STANDARD, ADVERSARIAL)}


def tinted(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` noise images whose tint is their class, and labels."""
    labels = np.arange(count, dtype=np.int64) % len(CLASSES)
    images = np.random.default_rng(seed).integers(0, 100, (count, 3, 32, 32)).astype(np.uint8)
    for label, image in zip(labels, images, strict=True):
        image[label if label < 3 else slice(None)] += np.uint8(80)
    return images, labels


def write_tiny_dataset(path: Path, train: int = 72, seed: int = 0) -> Path:
    """Write `train` training and 24 test images of four classes."""
    train_images, train_labels = tinted(train, seed)
    test_images, test_labels = tinted(24, seed + 1)
    write_dataset(
        path,
        Dataset(train_images, train_labels, test_images, test_labels, CLASSES, (0.3, 0.3, 0.3), (0.15, 0.15, 0.15)),
    )
    return path


def initialise(folder: Path, dataset: Path, settings: dict[str, Any], **changes: Any) -> Path:
    """The checkpoint of epoch 0, in `folder`."""
    arguments: dict[str, Any] = {
        "dataset": dataset, "checkpoint": folder / "epoch_000.pt", "network": "n", "settings": settings,
        "training": TRAINING, "seed": 0, "code": "code", "threads": 1,
    }  # fmt: skip
    initialise_network(**(arguments | changes))
    return folder / "epoch_000.pt"


def train(folder: Path, dataset: Path, previous: Path, epoch: int, settings: dict[str, Any], **changes: Any) -> Path:
    """The checkpoint of `epoch` in `folder`, trained from `previous`."""
    checkpoint = folder / f"{previous.stem}-{epoch}.pt"
    arguments: dict[str, Any] = {
        "dataset": dataset, "previous": previous, "checkpoint": checkpoint, "resume": folder / "resume",
        "network": "n", "settings": settings, "training": TRAINING, "evaluation": EVALUATION, "seed": 0,
        "epoch": epoch, "code": "code", "device": "cpu", "threads": 1, "precision": "float32",
    }  # fmt: skip
    train_segment(**(arguments | changes))
    return checkpoint
