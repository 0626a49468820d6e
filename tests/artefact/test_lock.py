import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from robust_style.artefact.lock import exclusive_lock
from robust_style.errors import RobustStyleError

HOLDER = """
import sys, time
from pathlib import Path
from robust_style.artefact.lock import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
PACKAGES = Path(__file__).resolve().parents[2] / "workflow_scripts"


def test_second_holder_is_refused_by_name_and_let_in_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "resume" / "lock"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGES)}
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], env=environment, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RobustStyleError, match=f"found process {holder.pid} on "), exclusive_lock(path):
            pass
        holder.send_signal(signal.SIGKILL)
    assert path.exists()
    with exclusive_lock(path):
        assert f"process {os.getpid()} on " in path.read_text()
    assert not path.exists()


def test_lock_is_released_when_the_block_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), exclusive_lock(tmp_path / "lock"):
            raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_file_deleted_between_opening_and_locking_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former holder deletes its file just before we lock it: what we hold must be the file others will open."""
    path, opened = tmp_path / "lock", []
    real_open = os.open

    def open_and_lose(name: Path, *arguments: int) -> int:
        descriptor = real_open(name, *arguments)
        opened.append(descriptor)
        if len(opened) == 1:
            Path(name).unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose)
    with exclusive_lock(path):
        assert len(opened) == 2
        with pytest.raises(RobustStyleError), exclusive_lock(path):
            pass
