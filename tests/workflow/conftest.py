"""One finished miniature run, and its report, for all tests that look at one; its folder has a space and a snowman."""

import shutil
import subprocess
from pathlib import Path

import pytest

from checkout import MINIATURE, SNAKEMAKE, Finished, copy_project, environment, snakemake


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = copy_project(tmp_path_factory.mktemp("späce ☃") / "robust style")
    run = snakemake(folder, "--cores", "2", "--resources", "gpu=1", *MINIATURE)
    assert run.returncode == 0, run.stdout[-6000:]
    return Finished(folder, run)


@pytest.fixture(scope="session")
def finished_report(finished: Finished) -> Path:
    """The miniature's report in one file, built without a network."""
    report = finished.results / "report.html"
    cut_off = ["unshare", "-rn"] if _can_unshare() else []
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    run = subprocess.run(
        [*cut_off, *SNAKEMAKE, *MINIATURE, "--report", str(report)], cwd=finished.folder, timeout=900, check=False,
        env={**environment(), **proxies}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
    return report


def _can_unshare() -> bool:
    program = shutil.which("unshare")
    if program is None:
        return False
    return subprocess.run([program, "-rn", "true"], check=False, capture_output=True).returncode == 0
