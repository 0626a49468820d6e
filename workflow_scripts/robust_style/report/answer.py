"""The first page of the report: the verdict on each claim, with its numbers."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.figure.palette import VERDICTS
from robust_style.figure.words import shortened, spoken
from robust_style.files.atomic import write_text
from robust_style.report.html_page import bullets, escaped, page
from robust_style.score.claims_table import plain_verdict, read_claims

QUESTION = "Does adversarial training make a network a better painter, and when?"
# The verdict on a claim that is supported with one recipe and not with another.
MIXED = "depends on the recipe"
_SEPARATOR = ";\n"
_SIGNS = {"supported": "●", "refuted": "◆", "undecided": "○", "not tested": "×", MIXED: "◐"}


def write_answer(*, claims: Path, answer: Path) -> None:
    """Write the page `answer` (HTML) from the table of claims: a summary in words, then each claim with its numbers.

    Raises ResultError if the table is missing or damaged.
    """
    rows = read_claims(claims)
    write_text(answer, page("The answer", f"<h1>{QUESTION}</h1>\n{_lead(rows)}\n{_groups(rows)}\n{_table(rows)}"))


def overall(verdicts: "pd.Series[str]") -> str:
    """Return the common verdict of a claim's recipes that were tested, or `MIXED` if they differ."""
    tested = {plain_verdict(verdict) for verdict in verdicts} - {"not tested"}
    if len(tested) > 1:
        return MIXED
    return tested.pop() if tested else "not tested"


def _by_claim(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Return statements by overall verdict; verdicts in the order of the signs, claims in that of the table."""
    statements: dict[str, list[str]] = {verdict: [] for verdict in _SIGNS}
    for _, of_claim in rows.groupby("claim", sort=False):
        statements[overall(of_claim["verdict"])].append(str(of_claim["statement"].iloc[0]))
    return statements


def _lead(rows: pd.DataFrame) -> str:
    counts = {verdict: len(statements) for verdict, statements in _by_claim(rows).items() if statements}
    counted = ", ".join(f"<b>{count} {verdict}</b>" for verdict, count in counts.items())
    seeds, pairs = (int(rows[name].max()) if len(rows) else 0 for name in ("seeds", "pairs"))
    words = f"Of {sum(counts.values())} claims: {counted or 'none'}"
    words += f", on up to {_count(seeds, 'training seed')} and {_count(pairs, 'image pair')}."
    if not {"supported", "refuted", MIXED} & set(counts):
        words += " Nothing is decided, however large a difference looks in the pictures."
    return f'<p class="lead">{words}</p>'


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _groups(rows: pd.DataFrame) -> str:
    # One line each: docutils, which reads the captions, fails on lines of 10 000 characters (line_length_limit).
    return bullets(
        f"{_verdict(verdict)}: {_SEPARATOR.join(escaped(shortened(statement)) for statement in statements)}."
        for verdict, statements in _by_claim(rows).items()
        if statements
    )


def _table(rows: pd.DataFrame) -> str:
    lines = []
    for _, of_claim in rows.groupby("claim", sort=False):
        records: list[dict[str, Any]] = of_claim.to_dict("records")
        for number, row in enumerate(records):
            cells = [
                escaped(spoken(row["recipe"])),
                _verdict(row["verdict"]),
                f'<span class="number">{_estimate(row)}</span>',
                str(row["seeds"]),
                escaped(row["reading"]),
            ]
            first = (
                f'<td class="claim" rowspan="{len(records)}">{escaped(row["statement"])}'
                f'<br><span class="quiet">{escaped(row["source"])}<br>{escaped(row["contrast"])}: '
                f"<code>{escaped(row['measure'])}</code></span></td>"
            )
            lines.append(f"<tr>{first if number == 0 else ''}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    heads = ("claim", "recipe", "verdict", "estimate [95 % interval]", "seeds", "reading")
    head = "".join(f"<th>{words}</th>" for words in heads)
    return "<h2>Each claim</h2>\n<table>\n<tr>" + head + "</tr>\n" + "\n".join(lines) + "\n</table>"


def _verdict(verdict: str) -> str:
    plain = plain_verdict(verdict)
    colour = VERDICTS["undecided" if plain == MIXED else plain].colour
    return f'<span class="verdict" style="color:{colour}">{_SIGNS[plain]} {escaped(verdict)}</span>'


def _estimate(row: dict[str, Any]) -> str:
    if math.isnan(row["estimate"]):
        return "–"
    words = f"{row['estimate']:+.3g}"
    if not math.isnan(row["interval_low"]):
        words += f" [{row['interval_low']:+.3g}, {row['interval_high']:+.3g}]"
    return words.replace("-", "−")
