"""Results that something happened to between two runs: only what is needed runs, and what stands is not lost."""

import os
import shutil
from pathlib import Path

import pytest

from checkout import MINIATURE, Finished, jobs, snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def copy(finished: Finished, tmp_path: Path) -> Finished:
    """The finished miniature, dates kept, to be spoilt."""
    folder = tmp_path / "robust style"
    shutil.copytree(finished.folder, folder)
    return Finished(folder, finished.run)


def planned(copy: Finished, *arguments: str) -> dict[str, int]:
    run = snakemake(copy.folder, "-n", *MINIATURE, *arguments)
    assert run.returncode == 0, run.stdout[-3000:]
    return jobs(run.stdout)


def test_scripts_that_a_checkout_dated_anew_are_cured_by_touch(copy: Finished) -> None:
    """Snakemake goes by the date of a script's file; what the code means has not changed, and `--touch` says so."""
    assert planned(copy) == {}
    for path in (copy.folder / "workflow_scripts").rglob("*.py"):
        os.utime(path)
    run = snakemake(copy.folder, "--cores", "1", *MINIATURE, "--touch")
    assert run.returncode == 0, run.stdout[-3000:]
    assert planned(copy) == {}


def test_without_snakemake_s_own_records_nothing_finished_is_lost(copy: Finished) -> None:
    """It then knows dates only, and those are in order; the manifest still tells whether the bytes are."""
    shutil.rmtree(copy.folder / ".snakemake")
    before = {path: path.read_bytes() for path in copy.results.glob("checkpoints/*/*/*.pt")}
    assert planned(copy, "--rerun-triggers", "mtime") == {}
    run = snakemake(copy.folder, "--cores", "1", *MINIATURE, "--touch")
    assert run.returncode == 0, run.stdout[-3000:]
    assert planned(copy, "--rerun-triggers", "mtime") == {}
    assert {path: path.read_bytes() for path in before} == before


def test_a_checkpoint_deleted_in_the_middle_is_trained_again_and_what_follows_from_it(copy: Finished) -> None:
    middle = copy.results / "checkpoints" / "adversarial" / "seed_0" / "epoch_001.pt"
    whole = middle.read_bytes()
    last = middle.with_name("epoch_002.pt")
    expected = last.read_bytes()
    middle.unlink()
    assert planned(copy)["train_segment"] == 2, "it, and the one that began with it"
    run = snakemake(copy.folder, "--cores", "2", "--resources", "gpu=2", *MINIATURE, "--until", "train_segment")
    assert run.returncode == 0, run.stdout[-3000:]
    assert middle.read_bytes() == whole
    assert last.read_bytes() == expected


def test_a_deleted_picture_is_painted_again_to_the_same_bytes(copy: Finished) -> None:
    (picture,) = copy.results.glob("stylized/fair/standard/seed_0/epoch_002/*--*[!s].png")
    whole = picture.read_bytes()
    picture.unlink()
    found = planned(copy)
    assert found["stylize"] == 1
    assert "train_segment" not in found
    run = snakemake(copy.folder, "--cores", "2", "--resources", "gpu=2", *MINIATURE)
    assert run.returncode == 0, run.stdout[-3000:]
    assert picture.read_bytes() == whole
