"""Results that something happened to between two runs: only what is needed runs, and what stands is not lost."""

import os
import shutil
import time
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


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (("--forcerun", "collect_scores"), {"collect_scores", "judge_claims", "check_results"}),
        (("--forcerun", "judge_claims", "--until", "judge_claims"), {"judge_claims"}),
        (("--forcerun", "judge_claims", "--omit-from", "draw_claims_forest"), {"judge_claims", "write_answer"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_any_way_to_ask_plans_the_same_twice(finished: Finished, arguments: tuple[str, ...], rules: set[str]) -> None:
    first = planned(finished, "--cores", "1", *arguments)
    assert rules <= first.keys()
    assert "train_segment" not in first
    assert planned(finished, "--cores", "8", *arguments) == first


def test_two_runs_on_the_same_results_and_one_on_others(copy: Finished) -> None:
    """A lock that a killed run left behind is named with the way out; other results are not concerned."""
    locks = copy.folder / ".snakemake" / "locks"
    locks.mkdir(exist_ok=True)
    target = (copy.results / "claims.tsv").relative_to(copy.folder)
    (locks / "0.output.lock").write_text(f"{target}\n", encoding="utf-8")
    run = snakemake(copy.folder, "--cores", "1", *MINIATURE, "--forcerun", "judge_claims", "--until", "judge_claims")
    assert run.returncode == 1
    assert "LockException" in run.stdout
    assert "--unlock" in run.stdout
    assert snakemake(copy.folder, "--unlock", *MINIATURE).returncode == 0
    time.sleep(0.1)
    run = snakemake(copy.folder, "--cores", "1", *MINIATURE, "--forcerun", "judge_claims", "--until", "judge_claims")
    assert run.returncode == 0, run.stdout[-3000:]
