"""Two processes that share each batch compute what one computes, but for rounding."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from robust_style.attack.constraint import constraint_named
from robust_style.errors import ConfigError
from robust_style.provenance.randomness import stream
from robust_style.training.processes import ALONE, Processes
from robust_style.training.settings import TrainingSettings
from robust_style.training.step import Batch
from shared_training import BLOCKS, alone
from tiny_training import TRAINING, tinted

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, dict[str, Tensor]]


def launched(script: Path, folder: Path) -> None:
    """`script` in two processes by torch's launcher, as a user would start it; what it leaves is in `folder`."""
    path = os.pathsep.join(str(ROOT / part) for part in ("workflow_scripts", "tests"))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    subprocess.run(
        [*command, "--log-dir", str(folder / "logs"), str(script), str(folder)],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        check=True,
    )


@pytest.fixture(scope="module")
def one() -> Found:
    return alone()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, Found]:
    folder = tmp_path_factory.mktemp("shared")
    launched(ROOT / "tests" / "shared_training.py", folder)
    first, second = (torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(2))
    return first, second


def worst(one: Found, two: tuple[Found, Found], name: str) -> float:
    """The greatest relative difference (L2) of a tensor; between the processes there is none."""
    found = []
    for key, value in one[name].items():
        assert torch.equal(two[0][name][key], two[1][name][key]), f"{key}: the processes differ"
        difference = (two[0][name][key] - value).double()
        found.append(float(torch.linalg.vector_norm(difference) / torch.linalg.vector_norm(value.double())))
    return max(found)


@pytest.mark.parametrize("name", BLOCKS)
def test_an_epoch_is_that_of_one_process(name: str, one: Found, two: tuple[Found, Found]) -> None:
    """In float64, the last batch cut into 1 and 2. MEASURED: at most 9e-14 of each tensor's length."""
    assert worst(one, two, name) < 1e-11


@pytest.mark.parametrize("name", BLOCKS)
def test_a_step_is_that_of_one_process(name: str, one: Found, two: tuple[Found, Found]) -> None:
    """In float32, by the forward pass and the attack of training. MEASURED: at most 2e-6 of each tensor's
    length, or 1e-4 where a ReLU falls to the other side (residual).
    """
    assert worst(one, two, f"{name}, a step") < 1e-2
    torch.testing.assert_close(two[0][f"{name}, a step"]["loss"], one[f"{name}, a step"]["loss"], rtol=1e-4, atol=0.0)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5), (torch.bfloat16, 2e-2)]
)
def test_batch_norm_is_that_of_the_whole_batch(
    dtype: torch.dtype, tolerance: float, one: Found, two: tuple[Found, Found]
) -> None:
    """Outputs, gradients and running statistics; the images have a mean ten times their deviation."""
    for key, value in one[str(dtype)].items():
        first, second = (found[str(dtype)][key] for found in two)
        if key in ("y", "evaluated", "gradient"):
            found = torch.cat([first, second])
        else:
            assert torch.equal(first, second), f"{key}: the processes differ"
            found = first
        assert found.dtype == value.dtype
        torch.testing.assert_close(found.double(), value.double(), rtol=tolerance, atol=tolerance, msg=key)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_shares_are_the_whole_batch(count: int) -> None:
    """Images, labels and all that chance decides, each once and in order; their parts are one."""
    images, labels = (torch.from_numpy(array) for array in tinted(7, 0))
    chance = TrainingSettings.from_config(TRAINING).augmentation.draw(images.shape, stream(0, "a"))
    whole = Batch(images, labels, chance, constraint_named("l2").draw(images.shape, stream(0, "b")))
    shares = [whole.of(Processes(rank, count)) for rank in range(count)]
    assert whole.of(ALONE) is whole
    assert sum(share.part for share in shares) == pytest.approx(1)
    for name in ("images", "labels", "drawn"):
        assert torch.equal(torch.cat([getattr(share, name) for share in shares]), getattr(whole, name))
    for name, value in chance._asdict().items():
        assert torch.equal(torch.cat([getattr(share.chance, name) for share in shares]), value)


def test_a_batch_with_nothing_for_some_is_refused() -> None:
    Processes(0, 3).demand_share_of_each([range(24), range(3)])
    with pytest.raises(ConfigError, match=r"training\.batch_size: .* each of the 3 processes, found one of 2; choose"):
        Processes(0, 3).demand_share_of_each([range(24), range(2)])


def test_fewer_cuda_devices_than_processes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ConfigError, match=r"training\.processes: .* each of the 3 processes, found 2; lower it"):
        Processes(0, 3).device(torch.device("cuda"))
    assert Processes(0, 3).device(torch.device("cpu")) == torch.device("cpu")
