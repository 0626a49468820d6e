"""A segment trained by two processes: chained, resumed, killed, asked to stop, diverged."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from robust_style.artefact.checkpoint import load_checkpoint
from robust_style.errors import CheckpointError, ConfigError, Divergence, RobustStyleError
from robust_style.training import launch as launch_module
from robust_style.training import rank as rank_module
from robust_style.training.interruption import Interrupted
from robust_style.training.launch import launch_segment
from robust_style.training.processes import Processes
from robust_style.training.segment import train_segment
from tiny_training import ADVERSARIAL, BY_LIBRARY, EVALUATION, TRAINING, initialise, write_tiny_dataset

ROOT = Path(__file__).resolve().parents[2]
EPOCHS, HALF = 9, 3
# The second of two segments.
SCRIPT = """
import sys
from pathlib import Path
from test_distributed_segment import HALF, arguments
from robust_style.training.launch import launch_segment
from robust_style.workflow.entry import step
with step(None):
    start, folder = map(Path, sys.argv[1:])
    launch_segment(processes=2, **arguments(start, folder, previous=folder / f"epoch_{HALF:03d}.pt"))
"""


def arguments(start: Path, folder: Path, epoch: int = EPOCHS, **changes: Any) -> dict[str, Any]:
    """Of `launch_segment`, from dataset and checkpoint in `start` to one in `folder`; batches of 24, 24 and 3."""
    return {
        "dataset": start / "dataset.npz", "previous": start / "epoch_000.pt",
        "checkpoint": folder / f"epoch_{epoch:03d}.pt", "resume": folder / "resume", "network": "n",
        "settings": ADVERSARIAL, "training": TRAINING, "evaluation": EVALUATION, "seed": 0, "epoch": epoch,
        "code": "code", "device": "cpu", "threads": 1, "precision": "float32",
    } | changes  # fmt: skip


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start")
    initialise(folder, write_tiny_dataset(folder / "dataset.npz", train=51), ADVERSARIAL)
    return folder


@pytest.fixture(scope="module")
def undisturbed(start: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    given = arguments(start, tmp_path_factory.mktemp("undisturbed"))
    launch_segment(processes=2, **given)
    assert not given["resume"].exists()
    return given["checkpoint"].read_bytes()


def test_two_processes_learn_what_one_does(start: Path, undisturbed: bytes, tmp_path: Path) -> None:
    """How equal they are: test_distributed_mathematics. Here rounding has grown; MEASURED: the first loss by 0.4 %."""
    (tmp_path / "two.pt").write_bytes(undisturbed)
    launch_segment(processes=1, **arguments(start, tmp_path))
    one, two = load_checkpoint(tmp_path / f"epoch_{EPOCHS:03d}.pt"), load_checkpoint(tmp_path / "two.pt")
    assert (one.determinism["processes"], two.determinism["processes"]) == (1, 2)
    assert two.history[0]["train_loss"] == pytest.approx(one.history[0]["train_loss"], rel=0.05)
    assert [row.keys() for row in two.history] == [row.keys() for row in one.history]
    assert one.weights.keys() == two.weights.keys()
    for name, value in one.weights.items():
        assert (two.weights[name].dtype, two.weights[name].shape) == (value.dtype, value.shape)
    assert two.weights["features.1.num_batches_tracked"] == one.weights["features.1.num_batches_tracked"]


def test_chained_killed_and_asked_to_stop_it_ends_on_the_same_bits(
    start: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    """A segment, then another again and again from what it left: a rank killed, the launcher, SIGTERM, to the end."""
    first = arguments(start, tmp_path, epoch=HALF)
    launch_segment(processes=2, **first)
    assert first["checkpoint"].read_bytes() != undisturbed

    with going_on(start, tmp_path, "epoch 4/") as (launcher, lines):
        os.kill(ranks_of(launcher.pid)[1], signal.SIGKILL)
        assert launcher.wait(60) == 1
        lines += launcher.stderr or []
    assert [line for line in lines if "epoch" not in line] == []
    assert re.fullmatch(r"error: training\.processes: .* found process 1 ended by SIGKILL .* full epoch\n", lines[-1])

    with going_on(start, tmp_path, "epoch 5/") as (launcher, lines):
        assert "going on after epoch" in lines[0]
        ranks = ranks_of(launcher.pid)
        launcher.kill()
        wait_for(lambda: not any(Path(f"/proc/{rank}").exists() for rank in ranks))

    with going_on(start, tmp_path, "epoch 7/") as (launcher, lines):
        assert "going on after epoch" in lines[0]
        launcher.send_signal(signal.SIGTERM)
        assert launcher.wait(60) == 143
        lines += launcher.stderr or []
    assert re.search(r"SIGTERM in epoch (\d+); what epoch \d+ left is kept", lines[-1])

    given = arguments(start, tmp_path, previous=first["checkpoint"])
    assert not given["checkpoint"].exists()
    launch_segment(processes=2, **given)
    assert given["checkpoint"].read_bytes() == undisturbed
    assert not given["resume"].exists()


def test_divergence_ends_all_in_its_one_sentence(start: Path, tmp_path: Path) -> None:
    training = TRAINING | {"learning_rate": 1e30}
    dataset = start / "dataset.npz"
    given = arguments(start, tmp_path, previous=initialise(tmp_path, dataset, ADVERSARIAL, training=training), epoch=1)
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Divergence, match=r"networks\.n: .* epoch 1, batch \d .*last finite loss"):
        launch_segment(processes=2, **given | {"training": training})
    assert signal.getsignal(signal.SIGTERM) == handler
    assert list(given["resume"].glob("diverged.*.txt"))
    assert not given["checkpoint"].exists()


# Read by every Python that starts: the second process has no memory left after its first batch.
EXHAUSTED = """
import os
if os.environ.get("RANK") == "1":
    import torch
    from robust_style.training.running_segment import RunningSegment

    def exhausted(*_):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    RunningSegment.after_batch = exhausted
"""


def test_memory_that_one_process_lacks_is_what_all_end_of(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sitecustomize.py").write_text(EXHAUSTED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"training\.batch_size: .* found 24 .*allocate 20 GiB.*lower it"):
        launch_segment(processes=2, **arguments(start, tmp_path))
    assert capfd.readouterr() == ("", ""), "one sentence, and no traceback of the other's lost connection"


def test_the_library_s_engine_is_refused_before_anything_is_read(start: Path, tmp_path: Path) -> None:
    given = arguments(start, tmp_path, settings=BY_LIBRARY["standard"], dataset=tmp_path / "none")
    with pytest.raises(ConfigError, match=r"networks\.n: engine robustness trains in one process"):
        train_segment(**given, among=Processes(0, 2))


def answered(folder: Path) -> int:
    """The status of a process that runs here; what it would do has been replaced."""
    segment = folder / "segment.json"
    segment.write_text("{}", encoding="utf-8")
    return rank_module.main([str(segment), "--answers", str(folder)])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ConfigError("training.batch_size: expected what fits into memory, found 24; lower it"), "fits into memory"),
        (CheckpointError("epoch_000.pt: expected seed 1, found 0; delete"), "expected seed 1"),
        (ValueError("a defect"), "Traceback[^$]*ValueError: a defect"),
    ],
)
def test_what_one_process_ends_of_all_end_of(
    error: Exception, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves an answer; the others, whose connections break, have nothing to say that counts."""

    def failing(_: Path) -> None:
        raise error

    for rank, function in ((1, failing), (0, broken)):
        monkeypatch.setattr(rank_module, "_train", function)
        monkeypatch.setenv("RANK", str(rank))
        assert answered(tmp_path) == 1
    expected = type(error) if isinstance(error, RobustStyleError) else RuntimeError
    with pytest.raises(expected, match=message):
        launch_module._refuse(2, tmp_path, {0: -signal.SIGTERM, 1: 1})


@pytest.mark.parametrize("codes", [{0: 143, 1: 143}, {0: 143, 1: -signal.SIGTERM}])
def test_a_signal_to_the_processes_alone_has_its_status(codes: dict[int, int], tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as caught:
        launch_module._refuse(2, tmp_path, codes)
    assert caught.value.code == 143


def test_ended_by_the_launcher_alone_is_said(tmp_path: Path) -> None:
    with pytest.raises(RobustStyleError, match=r"found them ended \(exit codes -15\); run again"):
        launch_module._refuse(2, tmp_path, {1: -signal.SIGTERM})


def test_without_the_launcher_it_says_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank_module.main([str(tmp_path / "segment.json")]) == 1
    assert "-m torch.distributed.run --standalone --nproc-per-node 2 -m robust_style" in capsys.readouterr().err


def broken(_: Path) -> None:
    raise RuntimeError("Connection closed by peer")


@contextmanager
def going_on(start: Path, folder: Path, until: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The second segment in a process of its own, once it said `until`, and the lines until then."""
    path = os.pathsep.join(str(ROOT / part) for part in ("workflow_scripts", "tests", "tests/training"))
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(start), str(folder)], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "TMPDIR": str(folder)},
    ) as launcher:  # fmt: skip
        assert launcher.stderr is not None
        lines: list[str] = []
        for line in launcher.stderr:
            lines.append(line)
            if until in line:
                break
        yield launcher, lines


def ranks_of(launcher: int) -> list[int]:
    """The process ids of the two that `launcher` started, the first first."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            continue
        rank = [int(value[5:]) for value in variables if value.startswith(b"RANK=")]
        if parent == launcher and rank:
            found.append((rank[0], int(entry.name)))
    assert len(found) == 2
    return [process for _, process in sorted(found)]


def wait_for(happened: Callable[[], bool]) -> None:
    for _ in range(200):
        if happened():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within ten seconds")
