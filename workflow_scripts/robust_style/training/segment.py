"""A segment of training: from one checkpoint to the next, whatever interrupts it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
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
from robust_style.provenance.versions import software_versions
from robust_style.training.epoch import EpochResult, train_epoch
from robust_style.training.initialise import recorded_settings
from robust_style.training.interruption import heard
from robust_style.training.layout import layout_for
from robust_style.training.library_engine import train_by_library
from robust_style.training.on_device import LabelledImages
from robust_style.training.progress import Progress
from robust_style.training.recorded_step import step_on
from robust_style.training.regime import view_of
from robust_style.training.resume import ResumeState
from robust_style.training.running_segment import RunningSegment, Segment
from robust_style.training.settings import EvaluationSettings, NetworkSettings, TrainingSettings
from robust_style.training.step import Step
from robust_style.training.trainee import Trainee

# a segment under way, the checkpoint to go on from, the device -> the checkpoint after the segment's last epoch
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
    """Trains from the checkpoint `previous` until `epoch` epochs are completed and writes `checkpoint`.

    An epoch is as many passes over the data as the network's `passes_per_epoch` says, all at one learning rate. After
    every epoch the state is kept in the folder `resume`; a segment that was killed goes on from there, one whose
    settings, code or data changed since starts anew, and the folder is gone in the end. However it was cut or
    interrupted, a chain of segments gives the same bits on one kind of machine. One line per epoch goes to stderr.
    The engine in `settings` trains: ours, in `precision`, or the `robustness` library's, always in float32.

    SIGTERM, SIGINT and SIGUSR1 end it after the batch under way (status 143, 130, 138), a second one at once. A segment
    that diverged says so again, at once, when it is tried again.

    Raises CheckpointError if `previous` belongs to other settings, RobustStyleError if another process trains this
    segment, Divergence if a loss or a weight is not finite, ConfigError if the device is absent or too small.
    """
    flags = make_deterministic(threads)
    where = choose_device(device)
    chosen = NetworkSettings.from_config(network, settings)
    # The library has no other: its mixed precision needs apex.
    how = choose_precision("float32" if chosen.engine == "robustness" else precision, where)
    origin = replace(
        load_checkpoint(previous), code=code, device=where.type, precision=how, threads=threads,
        determinism=flags, versions=software_versions(),
    )  # fmt: skip
    data = read_dataset(dataset)
    digest = sha256_of_file(dataset)
    _demand_continuity(previous, origin, network, seed, recorded_settings(settings, training), digest, epoch)
    watched = EvaluationSettings.from_config(evaluation)
    test = LabelledImages.from_arrays(data.test_images, data.test_labels, where)
    segment = Segment(
        network=network,
        settings=chosen,
        training=TrainingSettings.from_config(training),
        evaluation=watched,
        seed=seed,
        last_epoch=epoch,
        precision=how,
        train=LabelledImages.from_arrays(data.train_images, data.train_labels, where),
        monitored=test.first_of_each_class(watched.monitor_images, len(data.class_names)),
        origin=origin,
    )
    binding = [
        sha256_of_file(previous),
        digest,
        epoch,
        watched.monitored(),
        code,
        where.type,
        how,
        threads,
    ]
    state = ResumeState(resume, sha256_of_settings([*binding, software_versions()]))
    try:
        with exclusive_lock(resume / "lock"):
            save_checkpoint(checkpoint, _train(segment, state, where))
            state.discard()
    finally:
        with suppress(OSError):  # it holds a state to go on from, or the lock of another process
            resume.rmdir()


def _train(segment: Segment, state: ResumeState, device: torch.device) -> Checkpoint:
    engine = _engine_named(segment.settings.engine)
    state.refuse_divergence_again()
    kept, message = state.read()
    start = kept or segment.origin
    title = f"{segment.network} seed {segment.seed}"
    images, first_epoch = len(segment.train.labels), start.epoch + 1
    progress = Progress(title, images, first_epoch, segment.last_epoch)
    if message is not None:
        progress.say(message)
    if kept is not None:
        progress.say(f"going on after epoch {start.epoch}")
    with heard() as interruption:
        try:
            return engine(RunningSegment(segment, state, progress, interruption), start, device)
        except Divergence as error:
            state.write_divergence(error)
            raise


def _engine_named(name: str) -> Engine:
    engines: dict[str, Engine] = {"fast": _train_fast, "robustness": train_by_library}
    if name not in engines:
        raise ConfigError(f"engine: expected fast or robustness, found {name!r}; correct it in the configuration")
    return engines[name]


def _train_fast(running: RunningSegment, start: Checkpoint, device: torch.device) -> Checkpoint:
    current, segment = start, running.segment
    layout = layout_for(segment.precision, segment.settings.width, segment.settings.architecture)
    trainee = Trainee.from_checkpoint(current, segment.training, device, layout)
    step = step_on(
        device,
        Step(
            trainee.network,
            trainee.optimiser,
            segment.training.augmentation,
            view_of(segment.settings, segment.precision),
            segment.precision,
            layout,
        ),
    )
    for epoch in range(current.epoch + 1, segment.last_epoch + 1):
        running.begin_epoch(epoch)
        passes: list[EpochResult] = []
        count = segment.settings.passes_per_epoch
        for number in range(1, count + 1):
            with running.within_memory():
                result = train_epoch(
                    step, segment.train.images, segment.train.labels, settings=segment.training, seed=segment.seed,
                    epoch=epoch, name=segment.network, pass_number=number,
                    after_batch=_in_pass(partial(running.after_batch, epoch), number, count),
                )  # fmt: skip
            passes.append(result)
        current = running.close_epoch(trainee, epoch, current.history, _mean_of(passes))
    return current


def _in_pass(after_batch: Callable[[int, int], None], number: int, passes: int) -> Callable[[int, int], None]:
    """`after_batch` of the whole epoch, told from within pass `number` of `passes`."""
    return lambda done, batches: after_batch((number - 1) * batches + done, passes * batches)


def _mean_of(passes: Sequence[EpochResult]) -> EpochResult:
    """Loss and accuracy of an epoch: means over its passes."""
    loss, accuracy = fmean(result.loss for result in passes), fmean(result.accuracy for result in passes)
    return EpochResult(passes[0].learning_rate, loss, accuracy)


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
