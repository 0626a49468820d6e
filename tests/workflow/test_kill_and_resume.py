"""kill -9 in the middle of a segment: nothing but the epoch under way is lost, and no bit of the result changes."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from checkout import SNAKEMAKE, copy_project, environment, heed_interrupts, snakemake

pytestmark = pytest.mark.workflow

CONFIG = """
pathvars: {results: results/kill}
dataset: {train_size: 2000}
training: {epochs: 6, checkpoint_every: 6}
networks: {standard: null}
"""
TRAIN = ("--cores", "1", "--configfile", "config/miniature.yaml", "kill.yaml", "--until", "train_segment")
CHECKPOINT = Path("results/kill/checkpoints/adversarial/seed_0/epoch_006.pt")


def project(folder: Path) -> Path:
    copy_project(folder)
    (folder / "kill.yaml").write_text(CONFIG, encoding="utf-8")
    return folder


def test_killed_and_started_again(tmp_path: Path, undisturbed: bytes) -> None:
    folder = project(tmp_path / "killed")
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        wait_for(lambda: "epoch 2/6" in output.read_text(encoding="utf-8"), run)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(300)
    assert not (folder / CHECKPOINT).exists()
    assert snakemake(folder, "--unlock", *TRAIN[2:4]).returncode == 0
    again = snakemake(folder, *TRAIN)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "epoch 1/6" not in again.stdout, "it began anew"
    assert "epoch 6/6" in again.stdout
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


def test_asked_to_stop(tmp_path: Path, undisturbed: bytes) -> None:
    """SIGTERM to all processes, as from a scheduler: nothing is half-written, and the same command resumes."""
    folder = project(tmp_path / "stopped")
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=heed_interrupts,
        )  # fmt: skip
        wait_for(lambda: "epoch 2/6" in output.read_text(encoding="utf-8"), run)
        os.killpg(run.pid, signal.SIGTERM)
        assert run.wait(600) != 0, output.read_text(encoding="utf-8")[-4000:]
    assert not (folder / CHECKPOINT).exists()
    again = snakemake(folder, *TRAIN)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "epoch 1/6" not in again.stdout, "it began anew"
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = project(tmp_path_factory.mktemp("undisturbed") / "run")
    run = snakemake(folder, *TRAIN)
    assert run.returncode == 0, run.stdout[-3000:]
    return (folder / CHECKPOINT).read_bytes()


def wait_for(happened: object, run: subprocess.Popen[bytes]) -> None:
    assert callable(happened)
    for _ in range(12000):
        if happened():
            return
        assert run.poll() is None, "Snakemake ended too early"
        time.sleep(0.05)
    raise AssertionError("it did not happen within ten minutes")
