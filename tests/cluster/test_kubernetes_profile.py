"""The profile for Kubernetes, as far as it can be tested without one: Snakemake reads it and plans the same jobs."""

from pathlib import Path

import pytest

from checkout import copy_project, jobs, snakemake

pytestmark = pytest.mark.workflow


def test_it_plans_the_same_jobs_on_a_storage(tmp_path: Path) -> None:
    folder = copy_project(tmp_path / "robust-style")
    # A folder instead of the bucket, which a plan would ask for what is there already.
    storage = ("--default-storage-provider", "fs", "--default-storage-prefix", str(tmp_path / "bucket"))
    profile = ("--workflow-profile", "config/profiles/kubernetes", *storage)
    there = snakemake(folder, "-n", "--quiet", "rules", *profile)
    here = snakemake(folder, "-n", "--quiet", "rules")
    assert there.returncode == here.returncode == 0, there.stdout[-3000:]
    assert jobs(there.stdout) == jobs(here.stdout)
    assert jobs(here.stdout)["stylize"] == 850
