"""Killed, interrupted or chained, a segment ends on the same bits; every mechanism once."""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from robust_style.errors import RobustStyleError
from robust_style.signals import Interrupted, signal_handlers
from robust_style.training import segment as segment_module
from robust_style.training.epoch import train_pass
from tiny_training import ADVERSARIAL, EVALUATION, NOISE, STANDARD, initialise, train, write_tiny_dataset

ROOT = Path(__file__).resolve().parents[2]
RESNET = ADVERSARIAL | {"architecture": "resnet18", "width": 0.0625}
# Trains an adversarial network in a process of its own.
SCRIPT = """
import sys
from pathlib import Path
from tiny_training import ADVERSARIAL, train
folder = Path(sys.argv[1])
train(folder, folder / "dataset.npz", folder / "epoch_000.pt", int(sys.argv[2]), ADVERSARIAL)
"""


class Killed(BaseException):
    """Ends training at a known place."""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return write_tiny_dataset(tmp_path / "dataset.npz", train=48)


def killed_in_epoch(fatal: int) -> Callable[..., Any]:
    """`train_pass` that raises after `fatal`, whose weights are not saved."""

    def dying_train_pass(*arguments: Any, **settings: Any) -> Any:
        result = train_pass(*arguments, **settings)
        if settings["epoch"] == fatal:
            raise Killed
        return result

    return dying_train_pass


def started(folder: Path, epochs: int) -> subprocess.Popen[str]:
    path = os.pathsep.join(str(ROOT / part) for part in ("workflow_scripts", "tests"))
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(epochs)],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "precision"),
    [
        (STANDARD, "bfloat16"),
        (ADVERSARIAL, "float32"),
        (NOISE, "float32"),
        (STANDARD | {"passes_per_epoch": 2}, "float32"),
        (RESNET, "float32"),
    ],
    ids=["bfloat16", "adversarial", "noise", "two passes", "resnet"],
)
def test_two_segments_are_one_bit_for_bit(
    settings: dict[str, Any], precision: str, dataset: Path, tmp_path: Path
) -> None:
    start = initialise(tmp_path, dataset, settings)
    whole = train(tmp_path, dataset, start, 2, settings, precision=precision)
    half = train(tmp_path, dataset, start, 1, settings, precision=precision)
    assert train(tmp_path, dataset, half, 2, settings, precision=precision).read_bytes() == whole.read_bytes()
    assert whole.read_bytes() != half.read_bytes()
    assert not (tmp_path / "resume").exists()


def test_two_segments_are_one_in_contiguous_layout(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The layout of wide networks in float32; the narrow ones of these tests are channels_last."""
    monkeypatch.setattr(segment_module, "layout_for", lambda *_: torch.contiguous_format)
    start = initialise(tmp_path, dataset, STANDARD)
    whole = train(tmp_path, dataset, start, 2, STANDARD)
    chained = train(tmp_path, dataset, train(tmp_path, dataset, start, 1, STANDARD), 2, STANDARD)
    assert whole.read_bytes() == chained.read_bytes()


@pytest.mark.parametrize("fatal", [1, 3])
def test_a_killed_segment_resumes_after_its_last_full_epoch(
    fatal: int, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    undisturbed = train(tmp_path, dataset, start, 3, ADVERSARIAL).read_bytes()
    monkeypatch.setattr(segment_module, "train_pass", killed_in_epoch(fatal))
    (tmp_path / "epoch_000-3.pt").unlink()
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 3, ADVERSARIAL)
    assert not (tmp_path / "epoch_000-3.pt").exists()
    monkeypatch.undo()
    capsys.readouterr()
    assert train(tmp_path, dataset, start, 3, ADVERSARIAL).read_bytes() == undisturbed
    assert re.findall(r"epoch (\d)/3", capsys.readouterr().err) == [str(epoch) for epoch in range(fatal, 4)]


def test_kill_9_and_a_second_process(dataset: Path, tmp_path: Path) -> None:
    """A second start is refused while the first runs; after kill -9 it resumes and ends on the undisturbed bits."""
    epochs = 20  # more than it can finish before the signal
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    with started(tmp_path, epochs) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if f"epoch 3/{epochs}" in line:
                break
        with pytest.raises(RobustStyleError, match=f"process {process.pid} on"):
            train(tmp_path, dataset, start, epochs, ADVERSARIAL)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / f"epoch_000-{epochs}.pt").exists()
    assert list((tmp_path / "resume").glob("epoch_state.*.pt"))
    resumed = train(tmp_path, dataset, start, epochs, ADVERSARIAL).read_bytes()
    assert resumed == train(tmp_path, dataset, start, epochs, ADVERSARIAL).read_bytes()
    assert not (tmp_path / "resume").exists()


@pytest.mark.nightly
def test_twenty_kills_at_random_moments_change_no_bit(dataset: Path, tmp_path: Path) -> None:
    kills, epochs = 20, 160  # more epochs than twenty attempts can finish
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    checkpoint = tmp_path / f"epoch_000-{epochs}.pt"
    moments = random.Random(20)
    reached = 0
    for _ in range(kills):
        # Moments are counted in log lines, so that a slow machine gets as far as a fast one.
        lines = killed_after_lines(tmp_path, epochs, moments.randint(1, 4), moments.uniform(0.0, 0.1))
        assert not checkpoint.exists(), "training finished before the kills; raise `epochs`"
        logged = [int(line.split("epoch ")[1].split("/")[0]) for line in lines if f"/{epochs}" in line]
        assert logged == [] or reached - 1 < logged[0] <= reached + 2, "a full epoch was lost or trained twice"
        reached = max([reached, *logged])
    assert reached > 3, "killed too early to make progress"
    resumed = train(tmp_path, dataset, start, epochs, ADVERSARIAL).read_bytes()
    checkpoint.unlink()
    assert resumed == train(tmp_path, dataset, start, epochs, ADVERSARIAL).read_bytes()


def killed_after_lines(folder: Path, epochs: int, count: int, seconds: float) -> list[str]:
    """The log of a process that is killed `seconds` after it has printed `count` lines."""
    with started(folder, epochs) as process:
        assert process.stderr is not None
        first = [process.stderr.readline() for _ in range(count)]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        rest = process.stderr.readlines()
    return [*first, *rest]


@pytest.mark.parametrize(
    "change", [{"code": "other"}, {"evaluation": EVALUATION | {"monitor_images": 4}}, {"precision": "bfloat16"}]
)
def test_a_resume_state_of_other_settings_is_not_used(
    change: dict[str, Any],
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_pass", killed_in_epoch(2))
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 2, STANDARD)
    monkeypatch.undo()
    capsys.readouterr()
    trained = train(tmp_path, dataset, start, 2, STANDARD, **change).read_bytes()
    log = capsys.readouterr().err
    assert "belongs to other settings, code or data; starting from the segment's first epoch" in log
    assert "epoch 1/2" in log
    assert trained == train(tmp_path, dataset, start, 2, STANDARD, **change).read_bytes()
    assert not (tmp_path / "resume").exists()


def test_a_damaged_resume_state_is_not_used(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start = initialise(tmp_path, dataset, STANDARD)
    monkeypatch.setattr(segment_module, "train_pass", killed_in_epoch(2))
    with pytest.raises(Killed):
        train(tmp_path, dataset, start, 2, STANDARD)
    monkeypatch.undo()
    (state,) = (tmp_path / "resume").glob("epoch_state.*.pt")
    state.write_bytes(state.read_bytes()[:-100])
    capsys.readouterr()
    train(tmp_path, dataset, start, 2, STANDARD)
    log = capsys.readouterr().err
    assert "resume state is damaged" in log
    assert "epoch 1/2" in log


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)])
def test_a_signal_ends_the_segment_after_the_batch_and_the_next_start_resumes(
    number: signal.Signals, status: int, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    start = initialise(tmp_path, dataset, STANDARD)
    whole = train(tmp_path, dataset, start, 3, STANDARD).read_bytes()
    (tmp_path / "epoch_000-3.pt").unlink()
    handler = signal.getsignal(number)
    batches_done: list[int] = []

    def signalled(*arguments: Any, **settings: Any) -> Any:
        after_batch = settings["after_batch"]

        def signal_then_call(done: int, batches: int) -> None:
            if settings["epoch"] == 3:
                batches_done.append(done)
                os.kill(os.getpid(), number)
            after_batch(done, batches)

        return train_pass(*arguments, **settings | {"after_batch": signal_then_call})

    monkeypatch.setattr(segment_module, "train_pass", signalled)
    with pytest.raises(SystemExit) as caught:
        train(tmp_path, dataset, start, 3, STANDARD)
    assert caught.value.code == status
    assert batches_done == [1]
    assert signal.getsignal(number) == handler
    assert f"{number.name} in epoch 3; the state after epoch 2 is kept" in capsys.readouterr().err
    assert not (tmp_path / "epoch_000-3.pt").exists()
    monkeypatch.undo()
    assert train(tmp_path, dataset, start, 3, STANDARD).read_bytes() == whole
    log = capsys.readouterr().err
    assert "resuming after epoch 2" in log
    assert "epoch 2/3" not in log


def test_a_second_signal_has_its_default_action() -> None:
    with signal_handlers() as request:
        request.raise_if_received()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            request.raise_if_received()
        assert signal.getsignal(signal.SIGTERM) == signal.getsignal(signal.SIGINT) == signal.SIG_DFL


def test_outside_the_main_thread_signals_are_left_alone() -> None:
    failures: list[BaseException] = []

    def use() -> None:
        try:
            with signal_handlers() as request:
                request.raise_if_received()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert failures == []
