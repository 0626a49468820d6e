"""Twenty times killed without warning, at any moment, and started again: not a bit of the result is another."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tiny_training import ADVERSARIAL, initialise, train, write_tiny_dataset

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20
EPOCHS = 160  # more than twenty lives can finish
SCRIPT = """
import sys
from pathlib import Path
from tiny_training import ADVERSARIAL, train
folder = Path(sys.argv[1])
train(folder, folder / "dataset.npz", folder / "epoch_000.pt", int(sys.argv[2]), ADVERSARIAL)
"""


def test_twenty_kills_change_no_bit(tmp_path: Path) -> None:
    dataset = write_tiny_dataset(tmp_path / "dataset.npz", train=48)
    start = initialise(tmp_path, dataset, ADVERSARIAL)
    checkpoint = tmp_path / f"epoch_000-{EPOCHS}.pt"
    moments = random.Random(20)
    reached = 0
    for _ in range(KILLS):
        lines = life(tmp_path, moments.randint(1, 4), moments.uniform(0.0, 0.1))
        assert not checkpoint.exists(), "it ended before the kills did; raise EPOCHS"
        epochs = [int(line.split("epoch ")[1].split("/")[0]) for line in lines if f"/{EPOCHS}" in line]
        assert epochs == [] or epochs[0] <= reached + 2, "at most the epoch under way and its unprinted line are gone"
        assert epochs == [] or epochs[0] > reached - 1, "a full epoch was trained again"
        reached = max([reached, *epochs])
    assert reached > 3, "the kills left it no time to get anywhere"
    resumed = train(tmp_path, dataset, start, EPOCHS, ADVERSARIAL).read_bytes()
    checkpoint.unlink()
    assert resumed == train(tmp_path, dataset, start, EPOCHS, ADVERSARIAL).read_bytes()


def life(folder: Path, first_lines: int, seconds: float) -> list[str]:
    """Trains until so many lines are printed and for so long after that, then dies of SIGKILL; all lines printed.

    Counted in lines, so that a slow machine gets as far as a fast one.
    """
    path = os.pathsep.join(str(ROOT / part) for part in ("workflow_scripts", "tests"))
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(EPOCHS)],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        first = [process.stderr.readline() for _ in range(first_lines)]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        rest = process.stderr.readlines()
    return [*first, *rest]
