"""Paths in the closing words can be pasted into a shell."""

import shlex
from pathlib import Path

from robust_style.workflow.closing_words import what_to_do, where_to_look


def test_paths_with_blanks_are_quoted(tmp_path: Path) -> None:
    results = tmp_path / "my results; rm"
    assert f"{results}/" in shlex.split(where_to_look(str(results)).replace("/'.", "/'"))
    results.mkdir()
    (results / "check.json").touch()
    words = shlex.split(where_to_look(str(results)).rstrip("."))
    assert words[-2:] == ["--report", f"{results}/report.html"]
    assert f"{results}/scores.tsv" in words


def test_logs_with_blanks_are_quoted() -> None:
    said = what_to_do(["a b.log", "c.log"], "my logs")
    assert "in 'a b.log', c.log, each" in said
    assert "log in 'my logs'." in said
