"""A segment of training: from one checkpoint to the next, with the same bits however often it is interrupted."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from robust_style.compute.determinism import make_deterministic, software_versions
from robust_style.compute.device import choose_device, choose_precision
from robust_style.data.dataset import read_dataset
from robust_style.errors import CheckpointError, ConfigError, Divergence
from robust_style.files.atomic import exclusive_lock
from robust_style.files.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from robust_style.files.digest import sha256_of_file, sha256_of_settings
from robust_style.signals import signal_handlers
from robust_style.training.batches import LabelledImages
from robust_style.training.epoch import TrainingResult, train_pass
from robust_style.training.initialise import recorded_settings
from robust_style.training.library_engine import train_by_library
from robust_style.training.regime import input_transform
from robust_style.training.resume import ResumeState
from robust_style.training.running_segment import Progress, RunningSegment, Segment
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.state import TrainingState
from robust_style.training.step import GraphedStep, Step, fastest_step, layout_for

# (segment, checkpoint to start from, device) -> the checkpoint after the segment's last epoch
Engine = Callable[[RunningSegment, Checkpoint, torch.device], Checkpoint]


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
    """Train from the checkpoint `previous` until `epoch` epochs are completed and write `checkpoint`.

    An epoch is `passes_per_epoch` passes over the data, all at one learning rate. After every epoch the state is saved
    in the folder `resume`. A killed segment resumes from it; a segment whose settings, code or data have changed starts
    anew. The folder is deleted at the end. A chain of segments gives the same bits on one kind of machine, however it
    is cut or interrupted. One line per epoch goes to stderr. The engine in `settings` trains: `fast` in `precision`,
    `robustness` always in float32.

    SIGTERM, SIGINT and SIGUSR1 end it after the batch under way (status 143, 130, 138), a second signal at once. A
    segment that has diverged raises the same error at once when it is tried again.

    Raises CheckpointError if `previous` belongs to other settings, RobustStyleError if another process trains this
    segment, Divergence if a loss or a weight is not finite, ConfigError if the device is absent or too small.
    """
    flags = make_deterministic(threads)
    torch_device = choose_device(device)
    network_settings = NetworkSettings.from_config(network, settings)
    # The library's mixed precision needs apex.
    chosen_precision = choose_precision(
        "float32" if network_settings.engine == "robustness" else precision, torch_device
    )
    origin = replace(
        load_checkpoint(previous), code=code, device=torch_device.type, precision=chosen_precision, threads=threads,
        determinism=flags, versions=software_versions(),
    )  # fmt: skip
    data = read_dataset(dataset)
    digest = sha256_of_file(dataset)
    _check_continuity(previous, origin, network, seed, recorded_settings(settings, training), digest, epoch)
    evaluation_settings = EvaluationSettings.from_config(evaluation)
    test = LabelledImages.from_arrays(data.test_images, data.test_labels, torch_device)
    segment = Segment(
        network=network,
        settings=network_settings,
        training=TrainingSettings.from_config(training),
        evaluation=evaluation_settings,
        seed=seed,
        last_epoch=epoch,
        precision=chosen_precision,
        train=LabelledImages.from_arrays(data.train_images, data.train_labels, torch_device),
        monitored=test.first_of_each_class(evaluation_settings.monitor_images, len(data.class_names)),
        origin=origin,
    )
    binding = [
        sha256_of_file(previous),
        digest,
        epoch,
        evaluation_settings.monitored(),
        code,
        torch_device.type,
        chosen_precision,
        threads,
        software_versions(),
    ]
    resume_state = ResumeState(resume, sha256_of_settings(binding))
    try:
        with exclusive_lock(resume / "lock"):
            save_checkpoint(checkpoint, _resume_and_train(segment, resume_state, torch_device))
            resume_state.discard()
    finally:
        with suppress(OSError):  # not empty: it holds a state to resume from, or the lock of another process
            resume.rmdir()


def _check_continuity(
    path: Path, origin: Checkpoint, network: str, seed: int, settings: dict[str, Any], digest: str, epoch: int
) -> None:
    pairs = {
        "network": (network, origin.network),
        "seed": (seed, origin.seed),
        "settings": (settings, origin.settings),
        "dataset_sha256": (digest, origin.dataset_sha256),
    }
    for key, (expected, actual) in pairs.items():
        if expected != actual:
            raise CheckpointError(
                f"{path}: expected {key} {expected}, found {actual}; delete the checkpoints of this network and seed "
                "and run the workflow again"
            )
    if origin.epoch >= epoch:
        raise CheckpointError(
            f"{path}: expected a checkpoint from before epoch {epoch}, found one of epoch {origin.epoch}; "
            "delete it and run the workflow again"
        )


def _resume_and_train(segment: Segment, resume: ResumeState, device: torch.device) -> Checkpoint:
    engine = _engine_named(segment.settings.engine)
    resume.raise_if_diverged_before()
    saved, message = resume.load()
    start = saved or segment.origin
    title = f"{segment.network} seed {segment.seed}"
    progress = Progress(title, len(segment.train.labels), start.epoch + 1, segment.last_epoch)
    if message is not None:
        progress.log(message)
    if saved is not None:
        progress.log(f"resuming after epoch {start.epoch}")
    with signal_handlers() as stop_request:
        try:
            return engine(RunningSegment(segment, resume, progress, stop_request), start, device)
        except Divergence as error:
            resume.save_divergence(error)
            raise


def _engine_named(name: str) -> Engine:
    engines: dict[str, Engine] = {"fast": _train_fast, "robustness": train_by_library}
    if name not in engines:
        raise ConfigError(f"engine: expected fast or robustness, found {name!r}; correct it in the configuration")
    return engines[name]


def _train_fast(running: RunningSegment, start: Checkpoint, device: torch.device) -> Checkpoint:
    checkpoint, segment = start, running.segment
    layout = layout_for(segment.precision, segment.settings.width, segment.settings.architecture)
    state = TrainingState.from_checkpoint(start, segment.training, device, layout)
    transform = input_transform(segment.settings, segment.precision)
    step = fastest_step(
        device,
        Step(state.network, state.optimiser, segment.training.augmentation, transform, segment.precision, layout),
    )
    for epoch in range(start.epoch + 1, segment.last_epoch + 1):
        running.begin_epoch(epoch)
        passes = segment.settings.passes_per_epoch
        results = [_train_pass(running, step, epoch, number, passes) for number in range(1, passes + 1)]
        mean_loss, accuracy = fmean(result.loss for result in results), fmean(result.accuracy for result in results)
        result = TrainingResult(results[0].learning_rate, mean_loss, accuracy)
        checkpoint = running.end_epoch(state, epoch, checkpoint.history, result)
    return checkpoint


def _train_pass(
    running: RunningSegment, step: Step | GraphedStep, epoch: int, number: int, passes: int
) -> TrainingResult:
    """Pass `number` (from 1) of the `passes` over the data in `epoch`."""
    segment = running.segment
    with running.within_memory():
        return train_pass(
            step,
            segment.train.images,
            segment.train.labels,
            settings=segment.training,
            seed=segment.seed,
            epoch=epoch,
            name=segment.network,
            pass_number=number,
            after_batch=lambda done, batches: running.after_batch(
                epoch, (number - 1) * batches + done, passes * batches
            ),
        )
