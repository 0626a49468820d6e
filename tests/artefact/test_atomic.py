"""A file stands under its name whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from robust_style.artefact.atomic import whole_file, write_bytes, write_text


def test_content_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    write_text(path, "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask


def test_a_failure_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    write_bytes(path, b"old")
    with pytest.raises(RuntimeError), whole_file(path) as unfinished:
        unfinished.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_suffix(tmp_path: Path) -> None:
    with whole_file(tmp_path / "picture.png") as unfinished:
        assert unfinished.suffix == ".png"
        assert unfinished.parent == tmp_path


def test_killed_while_writing_nothing_stands_under_the_name(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal, sys\nfrom robust_style.artefact.atomic import whole_file\n"
        "with whole_file(pathlib.Path(sys.argv[1])) as unfinished:\n"
        "    unfinished.write_bytes(b'half')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    package = str(Path(__file__).resolve().parents[2] / "workflow_scripts")
    path = tmp_path / "file.bin"
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], env={**os.environ, "PYTHONPATH": package}, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
