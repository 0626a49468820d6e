"""kill -9 in the middle of a segment: nothing but the epoch under way is lost, and no bit of the result changes."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from checkout import SNAKEMAKE, copy_project, environment, snakemake

pytestmark = pytest.mark.workflow

CONFIG = """
pathvars: {results: results/kill}
dataset: {train_size: 1000}
training: {epochs: 6, checkpoint_every: 6}
networks: {standard: null}
"""
TRAIN = ("--cores", "1", "--configfile", "config/miniature.yaml", "kill.yaml", "--until", "train_segment")
CHECKPOINT = Path("results/kill/checkpoints/adversarial/seed_0/epoch_006.pt")


def project(folder: Path) -> Path:
    copy_project(folder)
    (folder / "kill.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


@pytest.mark.parametrize("victims", ["both", "job"])
def test_killed_and_started_again(tmp_path: Path, undisturbed: bytes, victims: str) -> None:
    folder = project(tmp_path / "killed")
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        wait_for(lambda: "epoch 2/6" in output.read_text(encoding="utf-8"), run)
        job = process_of_script(run.pid)
        if victims == "both":
            os.killpg(run.pid, signal.SIGKILL)
            run.wait(60)
            assert not (folder / CHECKPOINT).exists()
            assert snakemake(folder, "--unlock", *TRAIN[2:4]).returncode == 0
            again = snakemake(folder, *TRAIN)
            assert again.returncode == 0, again.stdout[-3000:]
            text = again.stdout
        else:  # Snakemake itself tries the killed job again
            os.kill(job, signal.SIGKILL)
            assert run.wait(300) == 0, output.read_text(encoding="utf-8")[-3000:]
            text = output.read_text(encoding="utf-8").split("Trying to restart job", 1)[1]
    assert "epoch 1/6" not in text, "it began anew"
    assert "epoch 6/6" in text
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = project(tmp_path_factory.mktemp("undisturbed") / "run")
    run = snakemake(folder, *TRAIN)
    assert run.returncode == 0, run.stdout[-3000:]
    return (folder / CHECKPOINT).read_bytes()


def wait_for(happened: object, run: subprocess.Popen[bytes]) -> None:
    assert callable(happened)
    for _ in range(2400):
        if happened():
            return
        assert run.poll() is None, "Snakemake ended too early"
        time.sleep(0.05)
    raise AssertionError("it did not happen within two minutes")


def process_of_script(leader: int) -> int:
    """The process id of the script that Snakemake, leader of the session, runs."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != leader:
            try:
                session = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[3])
                program, *arguments = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            script = any(word.endswith(b"train_segment.py") for word in arguments)
            if session == leader and script and b"python" in program.rsplit(b"/", 1)[-1]:
                return int(entry.name)
    raise AssertionError("no script is running")
