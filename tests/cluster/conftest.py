"""One Slurm, one run through the profile that meets every accident, and the same run on this machine."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

import slurm_node
from accidents import ClusterRun, project, run_with_accidents
from checkout import Finished, snakemake
from robust_style.workflow.resources import accelerator


@pytest.fixture(scope="session")
def node() -> Iterator[slurm_node.SlurmNode]:
    reason = slurm_node.missing()
    if reason:
        pytest.skip(f"no Slurm here: {reason}")
    if accelerator():
        pytest.skip("there is a real GPU here, which the pretended ones would reach: other bytes")
    with ExitStack() as stack:
        try:
            running = stack.enter_context(slurm_node.slurm_node())
        except (subprocess.SubprocessError, OSError) as failure:  # TimeoutError is an OSError
            pytest.skip(f"Slurm is installed but does not start on this machine: {failure}")
        yield running


@pytest.fixture(scope="session")
def on_cluster(node: slurm_node.SlurmNode, tmp_path_factory: pytest.TempPathFactory) -> ClusterRun:
    folder = project(tmp_path_factory.mktemp("slurm") / "robust-style")
    return run_with_accidents(node, folder)


@pytest.fixture(scope="session")
def on_this_machine(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The same experiment without a cluster and undisturbed."""
    folder = project(tmp_path_factory.mktemp("local") / "robust-style")
    run = snakemake(folder, "--cores", "2", "--configfile", "config/miniature.yaml", "small.yaml", "--quiet", "all")
    assert run.returncode == 0, run.stdout[-4000:]
    return Finished(folder, run)
