"""What a script prints reaches terminal and log; an error of the user's is one sentence."""

import sys
from pathlib import Path

import pytest

from robust_style.errors import ImageError
from robust_style.workflow.entry import step


def test_everything_is_in_the_log_and_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "logs" / "one.log"
    with step(str(log)):
        print("epoch 1")
        print("epoch 2", file=sys.stderr)
    assert log.read_text(encoding="utf-8") == "epoch 1\nepoch 2\n"
    assert capsys.readouterr().err == "epoch 1\nepoch 2\n"


def test_a_users_mistake_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "one.log"
    with pytest.raises(SystemExit) as caught, step(str(log)):
        raise ImageError("cat.png: expected an image, found a web page; save the image itself")
    assert caught.value.code == 1
    assert (
        log.read_text(encoding="utf-8")
        == "error: cat.png: expected an image, found a web page; save the image itself\n"
    )
    assert "Traceback" not in capsys.readouterr().err


def test_a_defect_keeps_its_traceback(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), step(str(tmp_path / "one.log")):
        print(1 / 0)
