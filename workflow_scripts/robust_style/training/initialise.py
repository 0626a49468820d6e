"""Epoch 0: the untrained network, the control of every comparison."""

import json
from pathlib import Path
from typing import Any

import torch

from robust_style.compute.determinism import make_deterministic, software_versions
from robust_style.compute.randomness import derive_seed, stream
from robust_style.data.dataset import Dataset, read_dataset
from robust_style.files.checkpoint import Checkpoint, save_checkpoint
from robust_style.files.digest import sha256_of_file
from robust_style.model.network import NormalisedNetwork, build_network, calibrate_batch_norm
from robust_style.training.batches import split_batches, unit_scale
from robust_style.training.settings import NetworkSettings, TrainingSettings
from robust_style.training.state import make_optimiser

# As in the pilot (about 1 000): the deepest batch norm then has 4 096 positions, an error of its mean of 1.6 %.
_CALIBRATION_IMAGES = 1024


def initialise_network(
    *,
    dataset: Path,
    checkpoint: Path,
    network: str,
    settings: dict[str, Any],
    training: dict[str, Any],
    seed: int,
    code: str,
    threads: int,
) -> None:
    """Write the checkpoint of epoch 0: random weights, batch-norm statistics calibrated on training images.

    The weights depend on the seed and the architecture, not on the network's name or regime: networks of one
    seed and architecture start from the same weights. Always on the CPU in float32. Raises ConfigError or DatasetError.
    """
    flags = make_deterministic(threads)
    network_settings = NetworkSettings.from_config(network, settings)
    training_settings = TrainingSettings.from_config(training)
    data = read_dataset(dataset)
    untrained = build_network(
        network_settings.architecture,
        network_settings.width,
        len(data.class_names),
        seed=derive_seed(seed, "initialisation"),
    )
    normalised = NormalisedNetwork(untrained, data.mean, data.std)
    calibrate_batch_norm(normalised, _calibration_batches(data, seed, training_settings.batch_size))
    save_checkpoint(
        checkpoint,
        Checkpoint(
            network=network,
            regime=network_settings.regime,
            architecture=network_settings.architecture,
            width=network_settings.width,
            class_names=data.class_names,
            seed=seed,
            epoch=0,
            settings=recorded_settings(settings, training),
            dataset_sha256=sha256_of_file(dataset),
            code=code,
            device="cpu",
            precision="float32",
            threads=threads,
            determinism=flags,
            versions=software_versions(),
            mean=data.mean,
            std=data.std,
            history=[],
            weights=untrained.state_dict(),
            optimiser=make_optimiser(normalised, training_settings).state_dict(),
        ),
    )


def recorded_settings(settings: dict[str, Any], training: dict[str, Any]) -> dict[str, Any]:
    """The settings of network and training as a checkpoint records them, in JSON's types."""
    recorded: dict[str, Any] = json.loads(json.dumps({"network": settings, "training": training}))
    return recorded


def _calibration_batches(data: Dataset, seed: int, batch_size: int) -> list[torch.Tensor]:
    images = torch.from_numpy(data.train_images)
    order = torch.randperm(len(images), generator=stream(seed, "calibration"))[:_CALIBRATION_IMAGES]
    return [unit_scale(images[batch]) for batch in split_batches(order, batch_size)]
