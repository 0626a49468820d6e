"""The first page of the report: the verdict on each claim, with its numbers."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.claims.formula import ARCHITECTURES
from robust_style.claims.table import plain_verdict, read_claims
from robust_style.figure.palette import VERDICTS
from robust_style.figure.words import shortened, spoken
from robust_style.files.atomic import write_text
from robust_style.report.html_page import bullets, escaped, page

QUESTION = "Does adversarial training make a network a better painter, and when?"
# The verdict on a claim that differs between recipes.
MIXED = "depends on the recipe"
_SEPARATOR = ";\n"
_SIGNS = {
    "supported": "●", "refuted": "◆", "undecided": "○", "points to": "●", "points against": "◆", "unclear": "○",
    MIXED: "◐", "incomplete": "+", "not tested": "×",
}  # fmt: skip
_DECIDED = {"supported", "refuted"}


def write_answer(*, claims: Path, answer: Path) -> None:
    """Write the page `answer` (HTML) from the table of claims: a summary in words, then each claim with its numbers.

    Raises ResultError if the table is missing or damaged.
    """
    rows = read_claims(claims)
    write_text(answer, page("The answer", f"<h1>{QUESTION}</h1>\n{_lead(rows)}\n{_groups(rows)}\n{_table(rows)}"))


def overall(verdicts: "pd.Series[str]") -> str:
    """Return the common verdict of a claim's recipes that were tested, or `MIXED` if they differ."""
    known = {plain_verdict(verdict) for verdict in verdicts}
    tested = known - {"not tested", "incomplete"} or known
    return tested.pop() if len(tested) == 1 else MIXED


def _by_claim(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return statements by overall verdict; verdicts in the order of the signs, claims in that of the table."""
    statements: dict[str, list[str]] = {verdict: [] for verdict in _SIGNS}
    for _, of_claim in rows.groupby("claim", sort=False):
        statements[overall(of_claim["verdict"])].append(str(of_claim["statement"].iloc[0]))
    return {verdict: found for verdict, found in statements.items() if found}


def _families(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    return [(family, rows[rows["family"] == family]) for family in ("primary", "exploratory")]


def _lead(rows: pd.DataFrame) -> str:
    sentences = []
    for family, of_family in _families(rows):
        counts = {verdict: len(statements) for verdict, statements in _by_claim(of_family).items()}
        counted = ", ".join(f"<b>{count} {verdict}</b>" for verdict, count in counts.items())
        sentences.append(f"Of {_count(sum(counts.values()), f'{family} claim')}: {counted or 'none'}.")
    units = [
        _count(int(of_unit["seeds"].max()), {ARCHITECTURES: "architecture"}.get(str(unit), "training seed"))
        for unit, of_unit in rows.groupby("unit", sort=False)
    ]
    replicated = " or ".join(units) or _count(0, "training seed")
    pairs = int(rows["pairs"].max()) if len(rows) else 0
    words = f"{' '.join(sentences)} On up to {replicated} and {_count(pairs, 'image pair')}."
    if not _DECIDED & set(map(plain_verdict, rows["verdict"])):
        words += " Nothing is decided, however large a difference looks in the pictures."
    return f'<p class="lead">{words}</p>'


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _groups(rows: pd.DataFrame) -> str:
    # One line each: docutils, which reads the captions, fails on lines of 10 000 characters (line_length_limit).
    lists = []
    for family, of_family in _families(rows):
        lines = [
            f"{_verdict(verdict)}: {_SEPARATOR.join(escaped(shortened(statement)) for statement in statements)}."
            for verdict, statements in _by_claim(of_family).items()
        ]
        lists.append(f"<h2>{family.capitalize()} claims</h2>\n{bullets(lines)}" if lines else "")
    return "\n".join(lists)


def _table(rows: pd.DataFrame) -> str:
    lines = []
    for _, of_claim in rows.groupby("claim", sort=False):
        records: list[dict[str, Any]] = of_claim.to_dict("records")
        for number, row in enumerate(records):
            cells = [
                escaped(spoken(row["recipe"])),
                _verdict(row["verdict"]),
                f'<span class="number">{_estimate(row)}</span>',
                f"{row['seeds']}{' architectures' if row['unit'] == ARCHITECTURES else ''}",
                escaped(row["reading"]),
            ]
            first = (
                f'<td class="claim" rowspan="{len(records)}">{escaped(row["statement"])}'
                f'<br><span class="quiet">{escaped(_source(row))}<br>{escaped(row["family"])}: '
                f"{escaped(row['contrast'])}, by <code>{escaped(row['measure'])}</code></span></td>"
            )
            lines.append(f"<tr>{first if number == 0 else ''}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = ("claim", "recipe", "verdict", "estimate [interval]", "seeds", "reading")
    head = "".join(f"<th>{words}</th>" for words in heads)
    return "<h2>Each claim</h2>\n<table>\n<tr>" + head + "</tr>\n" + "\n".join(lines) + "\n</table>"


def _verdict(verdict: str) -> str:
    plain = plain_verdict(verdict)
    colour = VERDICTS["undecided" if plain == MIXED else plain].colour
    return f'<span class="verdict" style="color:{colour}">{_SIGNS[plain]} {escaped(verdict)}</span>'


def _source(row: dict[str, Any]) -> str:
    return f"{row['source']}: “{row['quote']}”" if row["quote"] else str(row["source"])


def _estimate(row: dict[str, Any]) -> str:
    if math.isnan(row["estimate"]):
        return "–"
    words = f"{row['estimate']:+.3g}"
    if not math.isnan(row["interval_low"]):
        words += f" [{row['interval_low']:+.3g}, {row['interval_high']:+.3g}], {row['confidence']:.3g}"
    return words.replace("-", "−")
