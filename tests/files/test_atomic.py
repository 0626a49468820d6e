"""Files and folders appear completely or not at all; a lock is held by one process and released when it ends."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from robust_style.errors import RobustStyleError
from robust_style.files.atomic import exclusive_lock, whole_file, whole_folder, write_bytes, write_text
from rule_script import SCRIPTS

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SCRIPTS)}


def test_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), whole_file(path) as unfinished:
        assert (unfinished.suffix, unfinished.parent) == (".png", tmp_path)
        unfinished.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_writing_leaves_no_file_of_that_name(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal, sys\nfrom robust_style.files.atomic import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as unfinished:\n"
        "    unfinished.write_bytes(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = tmp_path / "file.bin"
    done = subprocess.run([sys.executable, "-c", code, str(path)], env=ENVIRONMENT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()


@pytest.mark.parametrize("fails", [False, True])
def test_a_folder_is_replaced_as_a_whole(tmp_path: Path, fails: bool) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "old.txt").write_text("old")
    try:
        with whole_folder(tmp_path / "page") as unfinished:
            (unfinished / "new.txt").write_text("new")
            assert (tmp_path / "page" / "old.txt").exists()
            if fails:
                raise RuntimeError
    except RuntimeError:
        assert fails
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["old.txt" if fails else "new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert fails or (tmp_path / "page").stat().st_mode == tmp_path.stat().st_mode


HOLDER = """
import sys, time
from pathlib import Path
from robust_style.files.atomic import exclusive_lock
with exclusive_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_until_the_first_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "resume" / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], env=ENVIRONMENT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RobustStyleError, match=f"found process {holder.pid} on "), exclusive_lock(path):
            pass
        holder.send_signal(signal.SIGKILL)
    assert path.exists()
    with exclusive_lock(path):
        assert f"process {os.getpid()} on " in path.read_text()
    assert not path.exists()


def test_a_lock_on_a_file_that_was_just_deleted_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The former holder deletes the file between our open and our lock."""
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
