"""Only a report in a .zip can hold the page's folder."""

import pytest

from robust_style.workflow.report_form import holds_folders


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
