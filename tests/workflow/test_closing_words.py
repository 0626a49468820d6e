"""Paths in the words at the end of a run can be pasted into a shell."""

import shlex
from pathlib import Path

import pytest

from robust_style.workflow.closing_words import what_to_do, where_to_look


@pytest.mark.parametrize("name", ["results", "my results", "it's", "$HOME"])
def test_paths_are_quoted(tmp_path: Path, name: str) -> None:
    results = f"{tmp_path}/{name}"
    Path(results).mkdir()
    quoted = shlex.quote(f"{results}/")
    assert quoted in where_to_look(results)
    Path(results, "check.json").write_text("{}", encoding="utf-8")
    words = where_to_look(results)
    command = words[words.index("--report ") :].rstrip(".")
    assert shlex.split(command) == ["--report", f"{results}/report.html"]
    for product in ("figures/standard_vs_adversarial.png", "comparison/index.html", "scores.tsv", "claims.tsv"):
        assert shlex.quote(f"{results}/{product}") in words
    stopped = what_to_do([f"{name}/snakemake.log"], f"{results}/logs")
    assert shlex.quote(f"{name}/snakemake.log") in stopped
    assert shlex.quote(f"{results}/logs") in stopped
