"""The published experiment as it would run, and what stops it before it starts."""

from pathlib import Path

import pytest

from checkout import copy_project, jobs, snakemake
from robust_style.workflow.cost import accelerator_present

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("published") / "robust-style")


def test_job_counts(project: Path) -> None:
    """2 networks x 4 segments; 10 checkpoints x 17 pairs x 5 recipes."""
    run = snakemake(project, "-n")
    assert run.returncode == 0, run.stdout[-3000:]
    found = jobs(run.stdout)
    assert found["train_segment"] == 8
    assert found["initialise_network"] == 2
    assert found["evaluate_checkpoint"] == found["reconstruct"] == 10
    assert found["stylize"] == 10 * 17 * 5
    assert found["score_stylization"] == 10 * 5
    assert found["fetch_dataset"] == found["prepare_dataset"] == 1


@pytest.mark.parametrize(("checkpoints", "count"), [("last", 2), ("none", 0)])
def test_fewer_reconstructions_or_none(project: Path, checkpoints: str, count: int) -> None:
    run = snakemake(project, "-n", "--config", f"reconstruction={{checkpoints: {checkpoints}}}")
    assert run.returncode == 0, run.stdout[-3000:]
    found = jobs(run.stdout)
    assert found.get("reconstruct", 0) == count
    assert found.get("draw_reconstructions", 0) == (count > 0)
    assert found["check_results"] == 1


def test_the_demo_asks_for_no_gpu_and_no_network(project: Path) -> None:
    run = snakemake(project, "-n", "--configfile", "config/demo.yaml")
    assert run.returncode == 0, run.stdout[-3000:]
    assert "gpu=1" not in run.stdout
    assert "fetch_dataset" not in jobs(run.stdout)


def test_the_slurm_profile_plans_the_same(project: Path) -> None:
    run = snakemake(project, "-n", "--workflow-profile", "config/profiles/slurm")
    assert run.returncode == 0, run.stdout[-3000:]
    assert jobs(run.stdout)["stylize"] == 10 * 17 * 5
    refused = snakemake(project, "-n", "--workflow-profile", "config/profiles/slurm", "--config", "device=gpu")
    assert "device: expected one of auto, cpu, cuda" in refused.stdout


@pytest.mark.skipif(accelerator_present(), reason="there is a GPU here, so it would start")
def test_without_a_gpu_it_stops_with_the_ways_on(project: Path) -> None:
    run = snakemake(project, "--cores", "1")
    assert run.returncode != 0
    for words in ("found no GPU", "days", "make demo", "device: cpu"):
        assert words in run.stdout
    assert "Traceback" not in run.stdout
    assert not (project / "results" / "data").exists()
    again = snakemake(project, "-n", "--quiet", "all")
    assert again.returncode == 0, "no lock is left behind"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--config", "devise=cpu"), "devise: no such key; did you mean device?"),
        (("--config", "seeds=[]"), "seeds: expected at least 1 item"),
        (("--config", "images=[nowhere.tsv]"), "nowhere.tsv"),
        (("--config", "transfer={pairs: [{content: nobody, style: the_scream}]}"), "image nobody"),
    ],
)
def test_a_mistake_is_one_clear_error(project: Path, arguments: tuple[str, ...], message: str) -> None:
    run = snakemake(project, "-n", *arguments)
    assert run.returncode != 0
    assert message in run.stdout
    assert "Traceback" not in run.stdout
