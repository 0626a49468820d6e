"""The answer, first thing in the report: what the scores say of each claim."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from robust_style.figure.palette import VERDICTS
from robust_style.figure.words import shortened, spoken
from robust_style.files.atomic import write_text
from robust_style.report.page import bullets, escaped, page
from robust_style.score.claims_table import plain_verdict, read_claims

QUESTION = "Does adversarial training make a network a better painter, and when?"
# Of a claim that is supported with one recipe and not with another.
MIXED = "depends on the recipe"
_SEPARATOR = ";\n"
_SIGNS = {"supported": "●", "refuted": "◆", "undecided": "○", "not tested": "×", MIXED: "◐"}


def write_answer(*, claims: Path, answer: Path) -> None:
    """Writes the page `answer` (HTML) from the table of claims: verdicts in words, then each with its numbers."""
    rows = read_claims(claims)
    write_text(answer, page("The answer", f"<h1>{QUESTION}</h1>\n{_lead(rows)}\n{_groups(rows)}\n{_table(rows)}"))


def overall(verdicts: "pd.Series[str]") -> str:
    """One verdict for a claim from those of its recipes: that of all that were tested, or that it depends."""
    found = {plain_verdict(verdict) for verdict in verdicts} - {"not tested"}
    if len(found) > 1:
        # Undecided here and supported there is no contradiction.
        found = found - {"undecided"}
        return found.pop() if len(found) == 1 and "undecided" not in set(verdicts.map(plain_verdict)) else MIXED
    return found.pop() if found else "not tested"


def _by_claim(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Statements by overall verdict, in the order of the signs, claims in the table's."""
    found: dict[str, list[str]] = {verdict: [] for verdict in _SIGNS}
    for _, own in rows.groupby("claim", sort=False):
        found[overall(own["verdict"])].append(str(own["statement"].iloc[0]))
    return found


def _lead(rows: pd.DataFrame) -> str:
    found = {verdict: len(statements) for verdict, statements in _by_claim(rows).items() if statements}
    counted = ", ".join(f"<b>{count} {verdict}</b>" for verdict, count in found.items())
    seeds, pairs = (int(rows[name].max()) if len(rows) else 0 for name in ("seeds", "pairs"))
    words = f"Of {sum(found.values())} claims: {counted or 'none'}"
    words += f", on up to {_count(seeds, 'training seed')} and {_count(pairs, 'image pair')}."
    if not {"supported", "refuted", MIXED} & set(found):
        words += " Nothing is decided, however large a difference looks in the pictures."
    return f'<p class="lead">{words}</p>'


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _groups(rows: pd.DataFrame) -> str:
    # A line each: the report's reader of captions gives up at a line of 10 000 letters (docutils, line_length_limit).
    return bullets(
        f"{_verdict(verdict)}: {_SEPARATOR.join(escaped(shortened(statement)) for statement in statements)}."
        for verdict, statements in _by_claim(rows).items()
        if statements
    )


def _table(rows: pd.DataFrame) -> str:
    lines = []
    for _, own in rows.groupby("claim", sort=False):
        records: list[dict[str, Any]] = own.to_dict("records")
        for number, row in enumerate(records):
            cells = [
                escaped(spoken(row["recipe"])),
                f"{_verdict(row['verdict'])}",
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
