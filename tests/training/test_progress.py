"""Progress is a line per epoch in a log, and a bar on a terminal only."""

import io
import sys

import pytest

from robust_style.training.progress import Progress, in_words

ROW = {"epoch": 3, "train_loss": 0.5, "train_accuracy": 0.25, "test_clean_accuracy": 0.5, "test_robust_accuracy": None}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_there_are_lines_only(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("n seed 0", 100, 3, 4)
    progress.begin(3)
    progress.after_batch(1, 2)
    progress.after_batch(2, 2)
    progress.end(ROW)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("n seed 0 · epoch 3/4 · loss 0.500 · train 25.0 % · test clean 50.0 % · ")
    assert "robust" not in line
    assert line.endswith(" left")


def test_the_last_epoch_leaves_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("n", 100, 3, 3)
    progress.begin(3)
    progress.end(ROW)
    assert "left" not in capsys.readouterr().err


def test_on_a_terminal_a_bar_shows_the_epoch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "__stderr__", terminal)
    progress = Progress("n", 100, 3, 4)
    progress.begin(3)
    progress.after_batch(1, 2)
    progress.say("a word in between")
    progress.begin(3)
    progress.after_batch(2, 2)
    progress.end(ROW)
    assert "n · epoch 3/4" in terminal.getvalue()
    assert "img" in terminal.getvalue()
    assert "\r" not in capsys.readouterr().err, "nothing of the bar reaches the log"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (48.0, "48 s"), (720.0, "12 min"), (12000.0, "3 h 20 min"), (5400.0, "1 h 30 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
