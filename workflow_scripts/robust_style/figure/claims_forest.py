"""What the scores say of each claim: estimates with intervals, one axis for each claim, and the verdict."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from robust_style.claims.formula import ARCHITECTURES
from robust_style.claims.table import plain_verdict, read_claims
from robust_style.figure.palette import VERDICTS
from robust_style.figure.style import (
    INK,
    MM_PER_INCH,
    MM_PER_POINT,
    NORMAL_PT,
    NOTE_LINE_MM,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    add_note,
    figure_style,
    fit,
    new_figure,
    save,
    width_of,
    wrap,
)
from robust_style.figure.words import shortened, spoken

# Recipes stand left of the axes, numbers and verdicts right of them.
RECIPE_MM, NUMBERS_MM, VERDICT_MM = 28.0, 42.0, 32.0
ROW_MM, SMALLEST_ROW_MM = 4.6, 3.0
LINE_MM, TICKS_MM, GAP_MM = 3.5, 4.4, 2.6
INTERVAL_PT, CROSSED_PT = 1.8, 0.7
NOTE = (
    "Each claim has its own axis, in the units of its measure: claims are not to be compared by length. Dot: mean "
    "over pairs, then over training seeds. Thick line: interval over trainings, for these images; thin: for other "
    "images, too. Without a line there are too few seeds. n: training seeds."
)


def draw_claims_forest(*, claims: Path, figure: Path, vector: Path) -> None:
    """Draw a block for each claim, a row for each recipe: estimate, interval, number of seeds, verdict.

    Claims have different units. They have axes of their own instead of one axis of effect sizes: these divide by a
    standard deviation over few seeds, which is itself the least certain number here. Rows that were not tested are
    named in the note. The figure fits A4 up to about 12 claims and 36 rows. Raises ResultError if the file is not a
    table of claims.
    """
    rows = read_claims(claims)
    tested, untested = rows[rows["estimate"].notna()], rows[rows["estimate"].isna()]
    with figure_style():
        save(_drawn([block for _, block in tested.groupby("claim", sort=False)], _note(rows, untested)), figure, vector)


def _note(rows: pd.DataFrame, untested: pd.DataFrame) -> list[str]:
    names = [
        f"{row.statement} ({spoken(row.recipe)})" if row.recipe else row.statement for row in untested.itertuples()
    ]
    words = NOTE
    if (rows["unit"] == ARCHITECTURES).any():
        words += " Claims over architectures have these in place of training seeds."
    if names:
        words += f" Not tested: {'; '.join(dict.fromkeys(map(shortened, names)))}."
    return wrap(words, PAGE_WIDTH_MM, SMALL_PT)


def _drawn(blocks: list[pd.DataFrame], note: list[str]) -> Figure:
    statements = [wrap(shortened(block.iloc[0]["statement"]), PAGE_WIDTH_MM, NORMAL_PT, bold=True) for block in blocks]
    available = PAGE_HEIGHT_MM - len(note) * NOTE_LINE_MM - 2.0
    lines = sum(len(statement) + 1 for statement in statements)
    count = sum(map(len, blocks))
    # A claim's statement and what it contrasts are in one line where there are many claims.
    dense = lines * LINE_MM + len(blocks) * (TICKS_MM + GAP_MM) + count * SMALLEST_ROW_MM > available
    heads = (len(blocks) if dense else lines) * LINE_MM + len(blocks) * (TICKS_MM + GAP_MM)
    row = max(SMALLEST_ROW_MM, min(ROW_MM, (available - heads) / max(1, count)))
    figure = new_figure(
        PAGE_WIDTH_MM,
        max(1.0, heads + count * row),
        layout=ConstrainedLayoutEngine(h_pad=GAP_MM / 2 / MM_PER_INCH, hspace=0),
    )
    if blocks:
        ratios = [len(block) for block in blocks]
        axes = figure.subplots(len(blocks), squeeze=False, gridspec_kw={"height_ratios": ratios})[:, 0]
        size = min(SMALL_PT, SMALL_PT * row / 3.4)
        for panel, block, statement in zip(axes, blocks, statements, strict=True):
            _prepare(panel, block)
            _draw_head(panel, block, statement, dense=dense)
            for number, claim in enumerate(block.itertuples()):
                _draw_row(panel, claim, number, len(block), size)
    add_note(figure, note)
    return figure


def _prepare(axes: Axes, rows: pd.DataFrame) -> None:
    ends = ["estimate", "interval_low", "interval_high", "crossed_low", "crossed_high"]
    values = rows[ends].to_numpy(dtype=np.float64)
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    margin = 0.06 * (high - low or 1.0)
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="x", pad=1.5)
    axes.grid(axis="x")


def _draw_head(axes: Axes, rows: pd.DataFrame, statement: list[str], *, dense: bool) -> None:
    first = rows.iloc[0]
    contrasts = " / ".join(dict.fromkeys(rows["contrast"])).replace(" - ", " − ")
    contrast = f"{contrasts}: {first['measure']}  ({first['source']})"
    above = 0.8
    if dense:
        words, size = fit(" ".join(statement), PAGE_WIDTH_MM * 0.55, NORMAL_PT, bold=True)
        left = width_of(words, size, bold=True) + 2.0
        contrast, small = fit(contrast, PAGE_WIDTH_MM - left, SMALL_PT)
        _text(axes, contrast, (0.0, 1.0), (left - RECIPE_MM, above), small, QUIET, va="baseline")
        _text(axes, words, (0.0, 1.0), (-RECIPE_MM, above), size, INK, va="baseline", fontweight="bold")
    else:
        contrast, small = fit(contrast, PAGE_WIDTH_MM, SMALL_PT)
        _text(axes, contrast, (0.0, 1.0), (-RECIPE_MM, above), small, QUIET, va="bottom")
        words = "\n".join(statement)
        _text(axes, words, (0.0, 1.0), (-RECIPE_MM, above + 3.0), NORMAL_PT, INK, va="bottom", fontweight="bold")


def _draw_row(axes: Axes, claim, number: int, rows: int, size: float) -> None:  # type: ignore[no-untyped-def]
    mark = VERDICTS[plain_verdict(claim.verdict)]
    for low, high, width in (
        (claim.crossed_low, claim.crossed_high, CROSSED_PT),
        (claim.interval_low, claim.interval_high, INTERVAL_PT),
    ):
        if np.isfinite(low) and np.isfinite(high):
            axes.plot([low, high], [number, number], "-", color=mark.colour, linewidth=width)
    face = mark.colour if mark.is_filled else "white"
    axes.plot(
        claim.estimate, number, mark.marker, color=mark.colour, markerfacecolor=face, markersize=4.2, clip_on=False
    )
    verdict = claim.verdict if "(" in claim.verdict else f"{claim.verdict}, n = {claim.seeds}"
    for words, x, width, offset, colour, bold in (
        (spoken(claim.recipe), 0.0, RECIPE_MM - 2.0, -RECIPE_MM, INK, False),
        (_numbers(claim), 1.0, NUMBERS_MM - 4.0, 3.0, INK, False),
        (verdict, 1.0, VERDICT_MM, NUMBERS_MM, mark.colour, mark.is_filled),
    ):
        text, fitted = fit(words, width, size, bold=bold)
        weight = "bold" if bold else "normal"
        where = (x, 1.0 - (number + 0.5) / rows)
        _text(axes, text, where, (offset, 0.0), fitted, colour, va="center", fontweight=weight)


def _numbers(claim) -> str:  # type: ignore[no-untyped-def]
    words = f"{claim.estimate:+.3g}"
    if np.isfinite(claim.interval_low):
        words += f"  [{claim.interval_low:+.3g}, {claim.interval_high:+.3g}]"
    return words.replace("-", "−")


def _text(
    axes: Axes,
    words: str,
    at: tuple[float, float],
    offset_mm: tuple[float, float],
    size: float,
    colour: str,
    **style: Any,
) -> None:
    """Text at a place in fractions of the axes, moved by mm."""
    offset = (offset_mm[0] / MM_PER_POINT, offset_mm[1] / MM_PER_POINT)
    axes.annotate(
        words, at, offset, xycoords="axes fraction", textcoords="offset points", fontsize=size, color=colour, **style
    )
