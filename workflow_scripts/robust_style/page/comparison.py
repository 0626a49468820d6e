"""The page on which everybody can look for themselves: one file that needs no network."""

from collections.abc import Mapping
from pathlib import Path

from robust_style.artefact.atomic import write_text
from robust_style.page.content import page_content
from robust_style.page.offline import one_file

ROOM = Path(__file__).parent


def build_comparison(
    *,
    traces: list[Path],
    evaluations: list[Path],
    table: Path,
    contents: Mapping[str, Path],
    styles: Mapping[str, Path],
    page: Path,
    title: str,
) -> None:
    """Writes one HTML file with every picture's preview, its scores and its loss, and the means to compare two.

    `contents` and `styles` map names to the prepared images. Raises ResultError if a file is missing or damaged, if
    there is no picture at all, or if the table lacks a picture's scores.
    """
    content = page_content(traces, evaluations, table, contents, styles, title)
    template, style, curves, script = (
        (ROOM / name).read_text(encoding="utf-8")
        for name in ("comparison.html", "comparison.css", "loss_curves.js", "comparison.js")
    )
    write_text(page, one_file(template=template, style=style, script=curves + script, title=title, data=content))
