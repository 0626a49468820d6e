"""Only a report in a .zip can hold the page's folder; a report needs results."""

from pathlib import Path

import pytest

from checkout import MINIATURE, copy_project, snakemake
from robust_style.errors import ResultError
from robust_style.workflow.report_form import holds_folders, require_results


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("snakemake --cores 2", False),
        ("snakemake --report", False),
        ("snakemake --report results/report.html", False),
        ("snakemake --report results/report.zip --cores 1", True),
        ("snakemake --report=report.zip", True),
        ("snakemake --archive all.zip", False),
    ],
)
def test_form_follows_the_name(arguments, expected):
    assert holds_folders(arguments.split()) is expected


@pytest.mark.parametrize(
    "arguments", ["snakemake --report", "snakemake --report=r.zip", "snakemake -c1 --report r.html"]
)
def test_a_report_before_the_run_is_refused(arguments: str, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="has no results to report: run the workflow first"):
        require_results(arguments.split(), tmp_path)
    (tmp_path / "provenance").mkdir()
    require_results(arguments.split(), tmp_path)


@pytest.mark.parametrize("arguments", ["snakemake -c1", "snakemake -c1 --report r.html --report-after-run"])
def test_what_runs_before_it_reports_is_not_refused(arguments: str, tmp_path: Path) -> None:
    require_results(arguments.split(), tmp_path)


@pytest.mark.workflow
def test_a_report_before_the_run_is_one_clear_error(tmp_path: Path) -> None:
    run = snakemake(copy_project(tmp_path / "project"), *MINIATURE, "--report", "report.html")
    assert run.returncode != 0
    assert "results/miniature/ has no results to report: run the workflow first" in run.stdout
    assert "metadata" not in run.stdout
    assert "Traceback" not in run.stdout
    assert not (tmp_path / "project" / "report.html").exists()
