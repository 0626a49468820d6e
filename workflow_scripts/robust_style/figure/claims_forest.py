"""What the scores say of each claim: one line each, all on one axis, with intervals and the verdict."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from robust_style.claims.formula import ARCHITECTURES
from robust_style.claims.table import VERDICTS as ORDER
from robust_style.claims.table import plain_verdict, read_claims
from robust_style.figure.palette import VERDICTS
from robust_style.figure.style import (
    FAINT,
    INK,
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
    fit_alike,
    new_figure,
    save,
    wrap,
)
from robust_style.figure.words import shortened, spoken

# Columns: statement and recipe left of the axis, numbers and verdict right of it.
STATEMENT_MM, RECIPE_MM, NUMBERS_MM, VERDICT_MM = 56.0, 26.0, 30.0, 25.0
GAP_MM, HEAD_MM, AXIS_MM = 2.0, 7.0, 9.0
ROW_MM, SMALLEST_ROW_MM, LINE_MM = 4.2, 2.6, 2.7
INTERVAL_PT, CROSSED_PT = 1.8, 0.7
# In smallest effects: the axis is linear up to 1 and logarithmic beyond.
SHORTEST_AXIS, LONGEST_AXIS = 10.0, 1000.0
NOTE = (
    "Horizontal axis: difference on the claimed side, in units of the smallest effect that counts (dotted: 1), linear "
    "up to 1 and logarithmic beyond. Shaded: the side that supports the claim. Dot: mean over pairs, then over "
    "training seeds; small dots: single seeds. Thick line: interval over trainings, for these images; thin: for other "
    "images, too; none with fewer than three seeds. Numbers: left side less right side of the formula, in its units."
)


def draw_claims_forest(*, claims: Path, figure: Path, vector: Path) -> None:
    """Draw a line for each claim and recipe: estimate, single seeds, intervals, verdict; primary claims first.

    Claims have different units, so all are divided by their smallest effects (`smallest_effects` of the claims' file).
    Within a family they are in the order of their verdicts. Claims that were not tested are named in the note, as are
    the sources. Raises ResultError if the file is not a table of claims.
    """
    rows = read_claims(claims)
    tested, untested = rows[rows["estimate"].notna()], rows[rows["estimate"].isna()]
    with figure_style():
        save(_drawn(tested, _note(tested, untested)), figure, vector)


def _note(tested: pd.DataFrame, untested: pd.DataFrame) -> list[str]:
    names = [
        f"{row.statement} ({spoken(row.recipe)})" if row.recipe else row.statement for row in untested.itertuples()
    ]
    over_architectures = (tested["unit"] == ARCHITECTURES).any()
    parts = [f"{NOTE} Claims over architectures have these in place of training seeds." if over_architectures else NOTE]
    if len(tested):
        parts.append(" ".join(f"[{number}] {source}." for source, number in _sources(tested).items()))
    if reasons := _reasons(tested):
        parts.append(" ".join(f"({letter}) {reason}." for reason, letter in reasons.items()))
    if names:
        parts.append(f"Not tested: {'; '.join(dict.fromkeys(map(shortened, names)))}.")
    return [line for part in parts for line in wrap(part, PAGE_WIDTH_MM, SMALL_PT)]


def _sources(tested: pd.DataFrame) -> dict[str, int]:
    """The number of each source, in the order of the figure."""
    sources = [block.iloc[0]["source"] for _, blocks in _blocks(tested) for block in blocks]
    return {source: number for number, source in enumerate(dict.fromkeys(sources), start=1)}


def _blocks(tested: pd.DataFrame) -> Iterator[tuple[str, list[pd.DataFrame]]]:
    """The claims of each family, a table of rows each, in the order of their best verdicts."""
    for family in ("primary", "exploratory"):
        of_family = tested[tested["family"] == family]
        blocks = [block for _, block in of_family.groupby("claim", sort=False)]
        if blocks:
            yield family, sorted(blocks, key=lambda block: min(map(_rank, block["verdict"])))


def _rank(verdict: str) -> int:
    return ORDER.index(plain_verdict(verdict))


def _drawn(tested: pd.DataFrame, note: list[str]) -> Figure:
    families = list(_blocks(tested))
    sources = _sources(tested)
    texts = {
        block.iloc[0]["claim"]: wrap(
            f"{shortened(block.iloc[0]['statement'])} [{sources[block.iloc[0]['source']]}]", STATEMENT_MM, SMALL_PT
        )
        for _, blocks in families
        for block in blocks
    }
    available = PAGE_HEIGHT_MM - len(note) * NOTE_LINE_MM - AXIS_MM - len(families) * HEAD_MM
    row = ROW_MM

    def block_mm(block: pd.DataFrame) -> float:
        return float(max(len(block) * row, len(texts[block.iloc[0]["claim"]]) * LINE_MM) + GAP_MM)

    def height() -> float:
        return sum((block_mm(block) for _, blocks in families for block in blocks), 0.0)

    while height() > available and row > SMALLEST_ROW_MM:
        row -= 0.2
    total = height() + len(families) * HEAD_MM
    figure = new_figure(PAGE_WIDTH_MM, max(1.0, total + AXIS_MM))
    if families:
        axes = _axes(figure, total, tested)
        for name, offset, is_right in (
            ("recipe", -RECIPE_MM - 1.5, False),
            ("estimate  [interval]", 2.0, True),
            ("verdict", NUMBERS_MM + 2.0, True),
        ):  # fmt: skip
            _text(axes, name, 0.7 * HEAD_MM, offset, SMALL_PT, QUIET, from_right=is_right)
        size = min(SMALL_PT, SMALL_PT * row / 2.8)
        reasons = _reasons(tested)
        verdicts = [_verdict(claim, reasons) for claim in tested.itertuples()]
        sizes = _Sizes(
            recipe=size,
            numbers=fit_alike([_numbers(claim) for claim in tested.itertuples()], NUMBERS_MM - 2.0, size)[1],
            verdict=fit_alike(verdicts, VERDICT_MM, size, bold=True)[1],
        )
        down = 0.0
        for family, blocks in families:
            _text(axes, f"{family.capitalize()} claims [source]", down + 0.7 * HEAD_MM, -_LEFT_MM, NORMAL_PT, bold=True)
            down += HEAD_MM
            for block in blocks:
                statement = "\n".join(texts[block.iloc[0]["claim"]])
                _text(axes, statement, down, -_LEFT_MM, SMALL_PT, va="top", linespacing=1.15)
                for number, claim in enumerate(block.itertuples()):
                    _draw_row(axes, claim, down + (number + 0.5) * row - 0.4, _verdict(claim, reasons), sizes)
                down += block_mm(block)
    add_note(figure, note)
    return figure


@dataclass(frozen=True)
class _Sizes:
    """Type sizes of the columns in pt."""

    recipe: float
    numbers: float
    verdict: float


_LEFT_MM, _RIGHT_MM = STATEMENT_MM + RECIPE_MM + 3.0, NUMBERS_MM + VERDICT_MM + 2.0


def _axes(figure: Figure, height_mm: float, tested: pd.DataFrame) -> Axes:
    """The axis of all claims. Its vertical unit is a mm, from the top."""
    width, total = PAGE_WIDTH_MM, height_mm + AXIS_MM
    axes = figure.add_axes((_LEFT_MM / width, AXIS_MM / total, 1 - (_LEFT_MM + _RIGHT_MM) / width, height_mm / total))
    ends = [_in_effects(tested, tested[name]) for name in ("estimate", "interval_low", "interval_high")]
    longest = min(max(SHORTEST_AXIS, 1.3 * float(np.nanmax(np.abs(ends)))), LONGEST_AXIS)
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.7)
    axes.set_xlim(-longest, longest)
    axes.set_ylim(height_mm, 0)
    axes.axvspan(0, longest, color=FAINT, alpha=0.45, linewidth=0, zorder=0)
    axes.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    for effect in (-1, 1):
        axes.axvline(effect, color=QUIET, linewidth=0.6, linestyle=":", zorder=1)
    decades = [10.0**power for power in range(1 + int(np.log10(longest)))]
    axes.set_xticks([-tick for tick in decades] + [0.0, *decades])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="x", pad=1.5, labelsize=SMALL_PT)
    axes.set_xlabel("against the claim        for the claim", fontsize=SMALL_PT, color=QUIET)
    return axes


def _in_effects(claims: Any, values: Any) -> Any:
    """Values of the table, turned so that the claimed side is positive, in smallest effects."""
    side = np.where(np.asarray(claims.claimed_side) == "below", -1.0, 1.0)
    return side * (np.asarray(values, np.float64) - claims.threshold) / claims.smallest_effect


def _draw_row(axes: Axes, claim: Any, down: float, verdict: str, sizes: _Sizes) -> None:
    mark = VERDICTS[plain_verdict(claim.verdict)]
    for low, high, width in (
        (claim.crossed_low, claim.crossed_high, CROSSED_PT),
        (claim.interval_low, claim.interval_high, INTERVAL_PT),
    ):
        if np.isfinite(low) and np.isfinite(high):
            ends = _in_effects(claim, [low, high])
            axes.plot(ends, [down, down], "-", color=mark.colour, linewidth=width)
    seeds = [float(part.rpartition(":")[2]) for part in claim.per_seed.split()]
    if len(seeds) > 1:
        places = _in_effects(claim, seeds)
        axes.plot(places, np.full(len(seeds), down), "o", color=mark.colour, markersize=1.4, alpha=0.6, linewidth=0)
    face = mark.colour if mark.is_filled else "white"
    middle = _in_effects(claim, [claim.estimate])
    axes.plot(middle, [down], mark.marker, color=mark.colour, markerfacecolor=face, markersize=4.0, zorder=3)
    words, fitted = fit(spoken(claim.recipe), RECIPE_MM, sizes.recipe)
    _text(axes, words, down, -RECIPE_MM - 1.5, fitted)
    words, fitted = fit(_numbers(claim), NUMBERS_MM - 2.0, sizes.numbers)
    _text(axes, words, down, 2.0, fitted, from_right=True)
    words, fitted = fit(verdict, VERDICT_MM, sizes.verdict, bold=mark.is_filled)
    _text(axes, words, down, NUMBERS_MM + 2.0, fitted, mark.colour, from_right=True, bold=mark.is_filled)


def _reason(claim: Any) -> str:
    """The reason that follows the verdict in brackets, but not the number of seeds, which has its own place."""
    reason = str(claim.verdict).removeprefix(plain_verdict(claim.verdict)).strip(" ()")
    return "" if reason.startswith(f"n = {claim.seeds} ") else reason


def _reasons(tested: pd.DataFrame) -> dict[str, str]:
    """The letter of each reason of a verdict."""
    reasons = dict.fromkeys(filter(None, map(_reason, tested.itertuples())))
    return {reason: chr(ord("a") + number) for number, reason in enumerate(reasons)}


def _verdict(claim: Any, reasons: Mapping[str, str]) -> str:
    words = f"{plain_verdict(claim.verdict)}, n = {claim.seeds}"
    return f"{words} ({reasons[_reason(claim)]})" if _reason(claim) else words


def _numbers(claim: Any) -> str:
    words = f"{claim.estimate:+.3g}"
    if np.isfinite(claim.interval_low):
        words += f"  [{claim.interval_low:+.3g}, {claim.interval_high:+.3g}]"
    return words.replace("-", "−")


def _text(
    axes: Axes, words: str, down: float, offset_mm: float, size: float, colour: str = INK, *,
    from_right: bool = False, bold: bool = False, va: str = "center", **style: Any,
) -> None:  # fmt: skip
    """Text `down` mm below the top of the axes, `offset_mm` right of their left or right end."""
    axes.annotate(
        words, (1.0 if from_right else 0.0, down), (offset_mm / MM_PER_POINT, 0.0),
        xycoords=axes.get_yaxis_transform(), textcoords="offset points", annotation_clip=False, fontsize=size,
        color=colour, va=va, fontweight="bold" if bold else "normal", **style,
    )  # fmt: skip
