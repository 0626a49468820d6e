"""One finished miniature run for all tests that look at one; it lies in a folder with a space and a snowman."""

import pytest

from checkout import MINIATURE, Finished, copy_project, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = copy_project(tmp_path_factory.mktemp("späce ☃") / "robust style")
    run = snakemake(folder, "--cores", "2", "--resources", "gpu=1", *MINIATURE)
    assert run.returncode == 0, run.stdout[-6000:]
    return Finished(folder, run)
