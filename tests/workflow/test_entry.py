"""What a script prints reaches terminal and log; an error of the user's is one sentence."""

import errno
import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from robust_style.errors import ImageError
from robust_style.workflow.entry import step


def job(log: Path) -> Any:
    """A job of which no record is kept: its configuration does not say where."""
    return SimpleNamespace(log=[str(log)], rule="one", input=[], output=[], params={}, wildcards={}, config={})


def test_everything_is_in_the_log_and_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "logs" / "one.log"
    with step(job(log)):
        print("epoch 1")
        print("epoch 2", file=sys.stderr)
    assert log.read_text(encoding="utf-8") == "epoch 1\nepoch 2\n"
    assert capsys.readouterr().err == "epoch 1\nepoch 2\n"


def test_a_users_mistake_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "one.log"
    with pytest.raises(SystemExit) as caught, step(job(log)):
        raise ImageError("cat.png: expected an image, found a web page; save the image itself")
    assert caught.value.code == 1
    assert (
        log.read_text(encoding="utf-8")
        == "error: cat.png: expected an image, found a web page; save the image itself\n"
    )
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "no space left on device; free some space"),
        (errno.EROFS, "read-only file system; write somewhere else (`pathvars.results`)"),
        (errno.EACCES, "permission denied; ask its owner"),
        (errno.EDQUOT, "disk quota exceeded; free some of your quota"),
        (errno.EIO, "input/output error; have the disk looked at"),
    ],
)
def test_a_failing_disk_is_one_sentence(tmp_path: Path, number: int, words: str) -> None:
    log = tmp_path / "one.log"
    with pytest.raises(SystemExit) as caught, step(job(log)):
        raise OSError(number, os.strerror(number), "results/a.pt")
    assert caught.value.code == 1
    assert log.read_text(encoding="utf-8").startswith(f"error: results/a.pt: expected to write there, found: {words}")


def test_other_failures_of_the_system_are_defects(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), step(job(tmp_path / "one.log")):
        raise OSError(errno.EPIPE, "Broken pipe")


def test_a_log_that_cannot_be_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").write_text("a file in the way")
    with pytest.raises(SystemExit), step(job(tmp_path / "logs" / "rule" / "one.log")):
        raise AssertionError("the step must not begin")
    assert "logs/rule: expected to write there, found: not a directory" in capsys.readouterr().err


def test_a_log_that_takes_no_more_does_not_stop_the_step(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    done = False
    with step(job(tmp_path / "one.log")):
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
        try:
            for _ in range(100):
                print("a line of progress")
            done = True
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert done


def test_a_defect_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), step(job(tmp_path / "one.log")):
        print(1 / 0)
