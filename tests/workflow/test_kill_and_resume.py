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
            run.wait(300)
            assert not (folder / CHECKPOINT).exists()
            assert snakemake(folder, "--unlock", *TRAIN[2:4]).returncode == 0
            again = snakemake(folder, *TRAIN)
            assert again.returncode == 0, again.stdout[-3000:]
            text = again.stdout
        else:  # Snakemake itself tries the killed job again
            os.kill(job, signal.SIGKILL)
            assert run.wait(900) == 0, output.read_text(encoding="utf-8")[-3000:]
            text = output.read_text(encoding="utf-8").split("Trying to restart job", 1)[1]
    assert "epoch 1/6" not in text, "it began anew"
    assert "epoch 6/6" in text
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


def test_an_orphan_and_its_successor_never_write_together(tmp_path: Path, undisturbed: bytes) -> None:
    """Snakemake alone is killed: the training goes on without it, and holds off the next until it is done."""
    folder = project(tmp_path / "orphaned")
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        wait_for(lambda: "epoch 1/6" in output.read_text(encoding="utf-8"), run)
        second = snakemake(folder, *TRAIN)
        assert second.returncode == 1
        assert "LockException" in second.stdout
        assert run.poll() is None, "the second start does the first no harm"
        orphan = process_of_script(run.pid)
        os.kill(run.pid, signal.SIGKILL)
        run.wait(300)
        os.kill(orphan, signal.SIGSTOP)  # it lives, but cannot end while we look
        try:
            assert snakemake(folder, "--unlock", *TRAIN[2:4]).returncode == 0
            refused = snakemake(folder, *TRAIN)
            assert refused.returncode == 1
            assert f"process {orphan}" in refused.stdout
        finally:
            os.kill(orphan, signal.SIGCONT)
    for _ in range(1200):
        if not Path(f"/proc/{orphan}").exists():
            break
        time.sleep(0.1)
    again = snakemake(folder, *TRAIN)
    assert again.returncode == 0, again.stdout[-3000:]
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop(tmp_path: Path, undisturbed: bytes, number: signal.Signals) -> None:
    """SIGTERM or SIGINT to all, as a scheduler or Ctrl-C does: nothing half-written, and the same command goes on."""
    folder = project(tmp_path / "stopped")
    output = folder / "output.txt"
    with output.open("w", encoding="utf-8") as stream:
        run = subprocess.Popen(
            [*SNAKEMAKE, *TRAIN], cwd=folder, env=environment(), stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=heed_interrupts,
        )  # fmt: skip
        wait_for(lambda: "epoch 2/6" in output.read_text(encoding="utf-8"), run)
        os.killpg(run.pid, number)
        assert run.wait(600) != 0, output.read_text(encoding="utf-8")[-4000:]
    assert not (folder / CHECKPOINT).exists()
    again = snakemake(folder, *TRAIN)
    assert again.returncode == 0, again.stdout[-3000:]
    assert "epoch 1/6" not in again.stdout, "it began anew"
    assert (folder / CHECKPOINT).read_bytes() == undisturbed


def test_a_bad_picture_is_found_before_anything_is_trained(tmp_path: Path) -> None:
    folder = project(tmp_path / "picture")
    (folder / "photo.png").write_bytes(b"no picture at all")
    header = (folder / "config" / "images.tsv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "mine.tsv").write_text(f"{header}\nmine\tcontent\tphoto.png{chr(9) * 5}\n", encoding="utf-8")
    more = "images: [config/images.tsv, mine.tsv]\ntransfer: {pairs: [{content: mine, style: voronoi_mosaic}]}\n"
    (folder / "more.yaml").write_text(more, encoding="utf-8")
    run = snakemake(folder, *TRAIN[:5], "more.yaml", *TRAIN[5:], "--keep-going")
    assert run.returncode == 1
    assert "mine.tsv line 2 (mine): expected a picture" in run.stdout
    assert "epoch 1/6" not in run.stdout
    assert not (folder / CHECKPOINT).exists()


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
