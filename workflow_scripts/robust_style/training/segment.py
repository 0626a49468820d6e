"""A segment of training: from one checkpoint to the next, whatever interrupts it."""

import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from robust_style.artefact.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.artefact.digest import sha256_of_file, sha256_of_settings
from robust_style.artefact.lock import exclusive_lock
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError, ConfigError, Divergence
from robust_style.provenance.determinism import make_deterministic
from robust_style.provenance.device import choose_device
from robust_style.provenance.precision import choose_precision
from robust_style.provenance.randomness import stream
from robust_style.provenance.versions import software_versions
from robust_style.training.accuracy import clean_accuracy, robust_accuracy
from robust_style.training.epoch import EpochResult, train_epoch
from robust_style.training.initialise import recorded_settings
from robust_style.training.layout import layout_for
from robust_style.training.on_device import LabelledImages
from robust_style.training.regime import view_of
from robust_style.training.resume import ResumeState
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.trainee import Trainee


@dataclass(frozen=True)
class _Segment:
    """Everything an epoch of this segment needs besides the trainee."""

    network: str
    settings: NetworkSettings
    training: TrainingSettings
    evaluation: EvaluationSettings
    seed: int
    last_epoch: int
    precision: str
    train: LabelledImages
    monitored: LabelledImages


def train_segment(
    *,
    dataset: Path,
    previous: Path,
    checkpoint: Path,
    resume: Path,
    network: str,
    settings: dict[str, Any],
    training: dict[str, Any],
    evaluation: dict[str, Any],
    seed: int,
    epoch: int,
    code: str,
    device: str,
    threads: int,
    precision: str,
) -> None:
    """Trains from the checkpoint `previous` until `epoch` epochs are completed and writes `checkpoint`.

    An epoch is as many passes over the data as the network's `passes_per_epoch` says, all at one learning rate. After
    every epoch the state is kept in the folder `resume`; a segment that was killed goes on from there, one whose
    settings, code or data changed since starts anew, and the folder is gone in the end. However it was cut or
    interrupted, a chain of segments gives the same bits on one kind of machine. One line per epoch goes to stderr.

    Raises CheckpointError if `previous` belongs to other settings, RobustStyleError if another process trains this
    segment, Divergence if a loss or a weight is not finite, ConfigError if the device is absent or too small.
    """
    flags = make_deterministic(threads)
    where = choose_device(device)
    how = choose_precision(precision, where)
    origin = replace(
        load_checkpoint(previous), code=code, device=where.type, precision=how, threads=threads,
        determinism=flags, versions=software_versions(),
    )  # fmt: skip
    digest = sha256_of_file(dataset)
    _demand_continuity(previous, origin, network, seed, recorded_settings(settings, training), digest, epoch)
    data = read_dataset(dataset)
    watched = EvaluationSettings.from_config(evaluation)
    test = LabelledImages.from_arrays(data.test_images, data.test_labels, where)
    segment = _Segment(
        network=network,
        settings=NetworkSettings.from_config(network, settings),
        training=TrainingSettings.from_config(training),
        evaluation=watched,
        seed=seed,
        last_epoch=epoch,
        precision=how,
        train=LabelledImages.from_arrays(data.train_images, data.train_labels, where),
        monitored=test.first_of_each_class(watched.monitor_images, len(data.class_names)),
    )
    binding = [sha256_of_file(previous), digest, epoch, watched.monitored(), code, where.type, how, threads]
    state = ResumeState(resume, sha256_of_settings([*binding, software_versions()]))
    try:
        with exclusive_lock(resume / "lock"):
            save_checkpoint(checkpoint, _train(segment, origin, state, where))
            state.discard()
    finally:
        with suppress(OSError):  # it holds a state to go on from, or the lock of another process
            resume.rmdir()


def _train(segment: _Segment, origin: Checkpoint, state: ResumeState, device: torch.device) -> Checkpoint:
    current, message = state.read()
    if message is not None:
        _say(f"{segment.network} seed {segment.seed} · {message}")
    if current is not None:
        _say(f"{segment.network} seed {segment.seed} · going on after epoch {current.epoch}")
    current = current or origin
    layout = layout_for(segment.precision, segment.settings.width)
    trainee = Trainee.from_checkpoint(current, segment.training, device, layout)
    for epoch in range(current.epoch + 1, segment.last_epoch + 1):
        started = time.monotonic()
        result = _train_one_epoch(segment, trainee, epoch, layout)
        row = _history_row(segment, trainee, epoch, result)
        current = trainee.checkpoint(origin, epoch, [*current.history, row])
        state.write(current)
        _say(_progress(segment, row, time.monotonic() - started))
    return current


def _train_one_epoch(segment: _Segment, trainee: Trainee, epoch: int, layout: torch.memory_format) -> EpochResult:
    """Loss and accuracy are means over the passes."""
    numbers = range(1, segment.settings.passes_per_epoch + 1)
    passes = [_train_one_pass(segment, trainee, epoch, number, layout) for number in numbers]
    loss, accuracy = fmean(result.loss for result in passes), fmean(result.accuracy for result in passes)
    if not trainee.is_finite():
        raise Divergence(
            f"networks.{segment.network}: expected finite weights after epoch {epoch}, found NaN or infinity "
            f"(mean loss {loss:.4g}); lower training.learning_rate and run again"
        )
    return EpochResult(passes[0].learning_rate, loss, accuracy)


def _train_one_pass(
    segment: _Segment, trainee: Trainee, epoch: int, number: int, layout: torch.memory_format
) -> EpochResult:
    try:
        return train_epoch(
            trainee.network, trainee.optimiser, segment.train.images, segment.train.labels,
            view=view_of(segment.settings, segment.precision), settings=segment.training, seed=segment.seed,
            epoch=epoch, precision=segment.precision, layout=layout, name=segment.network,
            pass_number=number,
        )  # fmt: skip
    except torch.OutOfMemoryError as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(
            f"training.batch_size: expected batches that fit on the device, found {segment.training.batch_size} to be "
            f"too many ({reason}); lower it, or networks.{segment.network}.width, or set device: cpu"
        ) from error


def _history_row(segment: _Segment, trainee: Trainee, epoch: int, result: EpochResult) -> dict[str, Any]:
    """One row of the history; accuracies of the monitored test images in the precision of the training."""
    watched, evaluation = segment.monitored, segment.evaluation
    inputs = trainee.network, watched.images, watched.labels
    has_images = len(watched.labels) > 0
    clean = clean_accuracy(*inputs, segment.precision) if has_images else None
    robust = None
    if has_images and evaluation.monitor_steps > 0:
        randomness = stream(segment.seed, "monitor", epoch)
        robust = robust_accuracy(*inputs, evaluation.monitor_attack, randomness, segment.precision)
    return {
        "epoch": epoch,
        "learning_rate": result.learning_rate,
        "train_loss": result.loss,
        "train_accuracy": result.accuracy,
        "test_clean_accuracy": clean,
        "test_robust_accuracy": robust,
    }


def _demand_continuity(
    path: Path, origin: Checkpoint, network: str, seed: int, settings: dict[str, Any], digest: str, epoch: int
) -> None:
    pairs = {
        "network": (network, origin.network),
        "seed": (seed, origin.seed),
        "settings": (settings, origin.settings),
        "dataset_sha256": (digest, origin.dataset_sha256),
    }
    for key, (expected, found) in pairs.items():
        if expected != found:
            raise CheckpointError(
                f"{path}: expected {key} {expected}, found {found}; delete the checkpoints of this network and seed "
                "and run the workflow again"
            )
    if origin.epoch >= epoch:
        raise CheckpointError(
            f"{path}: expected a checkpoint from before epoch {epoch}, found one of epoch {origin.epoch}; "
            "delete it and run the workflow again"
        )


def _progress(segment: _Segment, row: dict[str, Any], seconds: float) -> str:
    tested = [("clean", row["test_clean_accuracy"]), ("robust", row["test_robust_accuracy"])]
    parts = [
        f"{segment.network} seed {segment.seed}",
        f"epoch {row['epoch']}/{segment.last_epoch}",
        f"loss {row['train_loss']:.3f}",
        f"train {row['train_accuracy']:.1%}".replace("%", " %"),
        *(f"test {kind} {accuracy:.1%}".replace("%", " %") for kind, accuracy in tested if accuracy is not None),
        f"{seconds:.1f} s",
    ]
    return " · ".join(parts)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
