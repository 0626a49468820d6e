"""Where a dataset can be had: the table `config/sources.tsv`."""

import re
from pathlib import Path

from robust_style.data.http_source import Source
from robust_style.errors import ConfigError

COLUMNS = ("dataset", "layout", "url", "bytes", "md5", "sha256", "note")
LAYOUTS = ("binary", "python")


def read_sources(path: Path, dataset: str) -> list[Source]:
    """The sources of `dataset`, in the order to ask them.

    `layout` and `md5` are for the reader of the table: the archive shows its layout itself, and SHA-256 decides.
    Raises ConfigError naming file and line for a bad row, or if the dataset has none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected a table of sources, found {error}; correct `sources`") from None
    rows = [(number, line.strip("\r").split("\t")) for number, line in enumerate(lines, start=1) if line.strip()]
    if not rows or tuple(rows[0][1]) != COLUMNS:
        found = ", ".join(rows[0][1])[:100] if rows else "an empty file"
        raise ConfigError(
            f"{path}: expected the tab-separated columns {', '.join(COLUMNS)} in line 1, found {found}; add that line"
        )
    for number, cells in rows[1:]:
        _check(path, number, cells)
    sources = [Source(cells[2], cells[5], int(cells[3])) for _, cells in rows[1:] if cells[0] == dataset]
    if not sources:
        known = ", ".join(sorted({cells[0] for _, cells in rows[1:]})) or "none"
        raise ConfigError(f"{path}: expected a source of dataset {dataset}, found only {known}; add a row for it")
    return sources


def _check(path: Path, number: int, cells: list[str]) -> None:
    expected = {
        "layout": "|".join(LAYOUTS),
        "url": r"https://[^\s/]+/\S+",
        "bytes": r"[1-9][0-9]{0,14}",
        "md5": r"[0-9a-f]{32}",
        "sha256": r"[0-9a-f]{64}",
    }
    if len(cells) != len(COLUMNS):
        raise ConfigError(
            f"{path} line {number}: expected {len(COLUMNS)} tab-separated cells, found {len(cells)}; correct that row"
        )
    for column, pattern in expected.items():
        cell = cells[COLUMNS.index(column)]
        if not re.fullmatch(pattern, cell):
            raise ConfigError(
                f"{path} line {number}: expected {column} of the form {pattern}, found {cell[:100]!r}; correct that row"
            )
