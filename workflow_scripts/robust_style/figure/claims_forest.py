"""What the scores say of each claim: estimates with intervals, one axis per claim, and the verdict in words."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from robust_style.figure.fitting import fitted, paragraph, width_of
from robust_style.figure.palette import VERDICTS
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    INK,
    NORMAL_PT,
    PAGE_HEIGHT_MM,
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    save,
    visual_language,
)
from robust_style.figure.words import shortened, spoken
from robust_style.score.claims_table import plain_verdict, read_claims

RECIPE_MM = 28.0
AXES_MM = 62.0
NUMBERS_MM = 42.0
GAP_MM = 3.0
STATEMENT_MM = 3.5
CONTRAST_MM = 3.4
TICKS_MM = 4.2
BLOCK_GAP_MM = 2.8
CLOSE_GAP_MM = 1.6
ROW_MM = 4.6
LEAST_ROW_MM = 3.2
NOTE_LINE_MM = 3.0
INTERVAL_PT = 1.8
CROSSED_PT = 0.7
NOTE = (
    "Each claim has its own axis, in the units of its measure: claims are not to be compared by length. Dot: mean "
    "over pairs, then over training seeds. Thick line: 95 % interval over trainings, for these images; thin: for other "
    "images, too. Without a line there are too few seeds. n: training seeds."
)


def draw_claims_forest(*, claims: Path, figure: Path, vector: Path) -> None:
    """Draws a block per claim, a row per recipe: estimate, interval, number of seeds, verdict.

    Claims have different units. They stand on axes of their own rather than on one of effect sizes: these divide by a
    scatter over few seeds, which is itself the least certain number here. Rows that were not tested are named in the
    note instead. The figure fits A4 up to about 12 claims and 36 rows. Raises ResultError if the table is none.
    """
    rows = read_claims(claims)
    tested = rows[rows["estimate"].notna()]
    missing = rows[rows["estimate"].isna()]
    with visual_language():
        save(_drawn([_Block.of(own) for _, own in tested.groupby("claim", sort=False)], missing).figure, figure, vector)


@dataclass(frozen=True)
class _Block:
    """The rows of one claim, with its statement in lines."""

    rows: pd.DataFrame
    statement: list[str]
    contrast: str

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "_Block":
        first = rows.iloc[0]
        contrasts = " / ".join(dict.fromkeys(rows["contrast"])).replace(" - ", " − ")
        what = f"{contrasts}: {first['measure']}  ({first['source']})"
        return cls(rows, paragraph(shortened(first["statement"]), PAGE_WIDTH_MM * 0.9, NORMAL_PT), what)

    def head(self, *, close: bool) -> float:
        """Height of the words above the axes; `close` has them in one line."""
        return STATEMENT_MM + 0.6 if close else len(self.statement) * STATEMENT_MM + CONTRAST_MM + 0.8

    def height(self, row: float, *, close: bool) -> float:
        """Height of all of it, and of the gap below."""
        gap = CLOSE_GAP_MM if close else BLOCK_GAP_MM
        return self.head(close=close) + len(self.rows) * row + TICKS_MM + gap


def _drawn(blocks: list[_Block], missing: pd.DataFrame) -> Sheet:
    words = NOTE
    if len(missing):
        said = (
            f"{row.statement} ({spoken(row.recipe)})" if row.recipe else row.statement for row in missing.itertuples()
        )
        names = dict.fromkeys(map(shortened, said))
        words += f" Not tested: {'; '.join(names)}."
    note = paragraph(words, PAGE_WIDTH_MM, SMALL_PT)
    foot = len(note) * NOTE_LINE_MM + 1.5
    count = max(1, sum(len(block.rows) for block in blocks))
    for close in (False, True):
        fixed = sum(block.height(0.0, close=close) for block in blocks) + foot
        row = max(LEAST_ROW_MM, min(ROW_MM, (PAGE_HEIGHT_MM - fixed) / count))
        if fixed + count * row <= PAGE_HEIGHT_MM:
            break
    sheet = Sheet.of_size(PAGE_WIDTH_MM, fixed + sum(len(block.rows) for block in blocks) * row)
    top = 0.0
    for block in blocks:
        _draw_words(sheet, block, top, close=close)
        _draw_rows(sheet, block, top + block.head(close=close), row)
        top += block.height(row, close=close)
    sheet.lines(note, 0.0, sheet.height_mm - foot + 1.0, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
    return sheet


def _draw_words(sheet: Sheet, block: _Block, top: float, *, close: bool) -> None:
    if close:
        words, size = fitted(" ".join(block.statement), PAGE_WIDTH_MM * 0.55, NORMAL_PT, bold=True)
        sheet.text(words, 0.0, top, size=size, bold=True)
        left = width_of(words, size, bold=True) + 2.0
        what, size = fitted(block.contrast, PAGE_WIDTH_MM - left, SMALL_PT)
        sheet.text(what, left, top + 0.3, size=size, colour=QUIET)
        return
    sheet.lines(block.statement, 0.0, top, STATEMENT_MM, size=NORMAL_PT, colour=INK, bold=True)
    what, size = fitted(block.contrast, PAGE_WIDTH_MM, SMALL_PT)
    sheet.text(what, 0.0, top + len(block.statement) * STATEMENT_MM + 0.2, size=size, colour=QUIET)


def _draw_rows(sheet: Sheet, block: _Block, upper: float, row: float) -> None:
    axes = sheet.axes(RECIPE_MM, upper, AXES_MM, len(block.rows) * row)
    _dress(axes, block.rows)
    small = min(SMALL_PT, SMALL_PT * row / 3.4)
    for number, one in enumerate(block.rows.itertuples()):
        middle = upper + (number + 0.5) * row
        verdict = plain_verdict(str(one.verdict))
        mark = VERDICTS[verdict]
        face = mark.colour if mark.is_filled else "white"
        for low, high, width in (
            (one.crossed_low, one.crossed_high, CROSSED_PT),
            (one.interval_low, one.interval_high, INTERVAL_PT),
        ):
            if np.isfinite(low) and np.isfinite(high):
                axes.plot([low, high], [number, number], "-", color=mark.colour, linewidth=width)
        axes.plot(
            one.estimate, number, mark.marker, color=mark.colour, markerfacecolor=face, markersize=4.2, clip_on=False
        )
        name, size = fitted(spoken(str(one.recipe)), RECIPE_MM - 2.0, small)
        sheet.text(name, 0.0, middle - size * 0.2, size=size)
        at = RECIPE_MM + AXES_MM + GAP_MM
        numbers, size = fitted(_numbers(one), NUMBERS_MM, small)
        sheet.text(numbers, at, middle - size * 0.2, size=size, colour=INK)
        left = at + NUMBERS_MM + 1.0
        words, size = fitted(str(one.verdict) if "(" in str(one.verdict) else f"{one.verdict}, n = {one.seeds}",
                             PAGE_WIDTH_MM - left, small, bold=mark.is_filled)  # fmt: skip
        sheet.text(words, left, middle - size * 0.2, size=size, colour=mark.colour, bold=mark.is_filled)


def _dress(axes: Axes, rows: pd.DataFrame) -> None:
    ends = ["estimate", "interval_low", "interval_high", "crossed_low", "crossed_high"]
    values = rows[ends].to_numpy(dtype=np.float64)
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    room = 0.06 * (high - low or 1.0)
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="x", pad=1.5)
    axes.grid(axis="x")


def _numbers(row) -> str:  # type: ignore[no-untyped-def]
    words = f"{row.estimate:+.3g}"
    if np.isfinite(row.interval_low):
        words += f"  [{row.interval_low:+.3g}, {row.interval_high:+.3g}]"
    return words.replace("-", "−")
