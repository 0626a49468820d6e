"""Signals are heard between batches; what they cost is the epoch under way, and no bit of the result."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from robust_style.training import segment as segment_module
from robust_style.training.epoch import train_epoch
from robust_style.training.interruption import Interrupted, heard
from tiny_training import STANDARD, initialise, train, write_tiny_dataset


def signalled_in(fatal_epoch: int, number: int) -> Callable[..., Any]:
    """train_epoch that gets a signal after its second batch."""

    def signalled(*arguments: Any, **settings: Any) -> Any:
        after_batch = settings["after_batch"]

        def signal_then_call(done: int, batches: int) -> None:
            if settings["epoch"] == fatal_epoch and done == 2:
                os.kill(os.getpid(), number)
            after_batch(done, batches)

        return train_epoch(*arguments, **settings | {"after_batch": signal_then_call})

    return signalled


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGUSR1, 138)])
def test_a_signal_ends_the_segment_and_the_next_goes_on(
    number: signal.Signals, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    dataset = write_tiny_dataset(tmp_path / "dataset.npz")
    start = initialise(tmp_path, dataset, STANDARD)
    whole = train(tmp_path, dataset, start, 3, STANDARD).read_bytes()
    (tmp_path / "epoch_000-3.pt").unlink()
    handler = signal.getsignal(number)
    monkeypatch.setattr(segment_module, "train_epoch", signalled_in(3, number))
    with pytest.raises(SystemExit) as caught:
        train(tmp_path, dataset, start, 3, STANDARD)
    assert caught.value.code == status
    assert signal.getsignal(number) == handler
    assert f"{number.name} in epoch 3; what epoch 2 left is kept" in capsys.readouterr().err
    assert not (tmp_path / "epoch_000-3.pt").exists()
    monkeypatch.undo()
    assert train(tmp_path, dataset, start, 3, STANDARD).read_bytes() == whole
    assert "epoch 3/3" in (log := capsys.readouterr().err)
    assert "epoch 2/3" not in log


def test_nothing_happens_before_it_is_asked() -> None:
    with heard() as interruption:
        interruption.stop_if_asked()
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted):
            interruption.stop_if_asked()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_second_signal_is_not_caught() -> None:
    with heard():
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL


def test_outside_the_main_thread_it_only_listens_to_nothing() -> None:
    failures: list[BaseException] = []

    def use() -> None:
        try:
            with heard() as interruption:
                interruption.stop_if_asked()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert failures == []
