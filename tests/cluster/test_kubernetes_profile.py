"""The profile for Kubernetes, as far as it can be tested without one: Snakemake reads it and plans the same jobs."""

from pathlib import Path

import pytest

from checkout import copy_project, jobs, snakemake

pytestmark = pytest.mark.workflow


def test_it_plans_the_same_jobs_on_a_storage(tmp_path: Path) -> None:
    folder = copy_project(tmp_path / "robust-style")
    # The published experiment, of one picture a checkpoint for speed.
    names = (
        "matched",
        "fair_30",
        "fair_3",
        "fair_noise",
        "original",
        *(f"original_{cell}" for cell in ("no_clamp", "line_search", "no_clamp_line_search")),
    )
    recipes = f"recipes: {{{', '.join(f'{name}: null' for name in names)}}}"
    few = f"transfer: {{{recipes}, pairs: [{{content: bigben, style: the_scream}}]}}"
    (folder / "few.yaml").write_text(few, encoding="utf-8")
    plan = ("-n", "--quiet", "rules", "--configfile", "few.yaml")
    # A folder instead of the bucket, which a plan would ask for what is there already.
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", str(tmp_path / "bucket"))
    profile = ("--workflow-profile", "config/profiles/kubernetes", *storage)
    there = snakemake(folder, *plan, *profile)
    here = snakemake(folder, *plan)
    assert there.returncode == here.returncode == 0, there.stdout[-3000:]
    assert jobs(there.stdout) == jobs(here.stdout)
    assert jobs(here.stdout)["stylize"] == 90  # 3 networks, 6 seeds, 5 checkpoints
    assert jobs(here.stdout)["fetch_dataset"] == 1
