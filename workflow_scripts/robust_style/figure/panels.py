"""Panels of curves: one per measure and recipe, with shared axes, a legend on top and a note below."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter

from robust_style.figure.fitting import fitted, fitted_alike, paragraph
from robust_style.figure.legend import LEGEND_LINE_MM, draw_legend, legend_lines
from robust_style.figure.palette import Look
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import INK, NORMAL_PT, PAGE_HEIGHT_MM, PAGE_WIDTH_MM, QUIET, SMALL_PT
from robust_style.figure.words import spoken

# With more recipes than so many, they stand under each other and the measures beside each other.
MOST_ACROSS = 4
ROW_MM = 38.0
# A narrower column is not widened: one panel alone would be a banner.
WIDEST_MM = 75.0
LEFT_MM = 18.0
RIGHT_MM = 2.0
GAP_MM = 3.0
# Between rows, and between columns where each has ticks of its own.
BETWEEN_ROWS_MM = 3.5
TICKS_MM = 9.0
TITLE_MM = 5.0
UNDER_MM = 9.5
NOTE_LINE_MM = 3.0
# Ratio of largest to smallest value up to which a logarithmic axis has ticks at 1, 2, 5 of each decade.
FEW_DECADES = 200.0


@dataclass(frozen=True)
class Measure:
    """A column of a table and how a reader meets it: name, what its direction means, a value to compare with, scale."""

    column: str
    name: str
    direction: str
    reference: float | None = None
    scale: str = "linear"


@dataclass(frozen=True)
class Panels:
    """The sheet and its axes by (measure's column, recipe)."""

    sheet: Sheet
    axes: dict[tuple[str, str], Axes]

    def finish(self) -> None:
        """Sets the ticks of logarithmic axes, once the curves are there."""
        for axes in self.axes.values():
            if axes.get_yscale() == "log":
                dress_log(axes)


def panels_of(
    measures: Sequence[Measure], titles: Mapping[str, str], looks: Mapping[str, Look], across: str, note: str
) -> Panels:
    """Empty panels with scales, a legend of the networks' `looks`, `across` under the axes and `note` below.

    `titles` maps recipes to their words, see `titles_of`. A measure has one scale over all recipes.
    """
    recipes = list(titles)
    stacked = len(recipes) > MOST_ACROSS
    rows, columns = (len(recipes), len(measures)) if stacked else (len(measures), len(recipes))
    notes, legend = paragraph(note, PAGE_WIDTH_MM, SMALL_PT), legend_lines(list(looks), LEFT_MM)
    top = len(legend) * LEGEND_LINE_MM + 1.0 + TITLE_MM + (3.4 if stacked else 0.0)
    foot = UNDER_MM + len(notes) * NOTE_LINE_MM
    row = min(ROW_MM, (PAGE_HEIGHT_MM - top - foot + BETWEEN_ROWS_MM) / rows - BETWEEN_ROWS_MM)
    gap = TICKS_MM if stacked else GAP_MM
    width = min(WIDEST_MM, (PAGE_WIDTH_MM - LEFT_MM - RIGHT_MM - (columns - 1) * gap) / columns)
    sheet = Sheet.of_size(PAGE_WIDTH_MM, top + rows * (row + BETWEEN_ROWS_MM) - BETWEEN_ROWS_MM + foot)
    draw_legend(sheet, legend, looks, LEFT_MM)
    axes: dict[tuple[str, str], Axes] = {}
    for line in range(rows):
        for column in range(columns):
            measure, recipe = (measures[column], recipes[line]) if stacked else (measures[line], recipes[column])
            left, upper = LEFT_MM + column * (width + gap), top + line * (row + BETWEEN_ROWS_MM)
            own = sheet.axes(left, upper, width, row)
            same = next((other for (known, _), other in axes.items() if known == measure.column), None)
            _prepare(own, measure, same, next(iter(axes.values()), None))
            own.tick_params(labelbottom=line == rows - 1, labelleft=column == 0 or stacked)
            words, size = fitted(across, width, NORMAL_PT)
            own.set_xlabel(words if line == rows - 1 else "", labelpad=2, fontsize=size)
            axes[measure.column, recipe] = own
    steps = [(LEFT_MM + number * (width + gap), width) for number in range(columns)]
    lines = [(top + number * (row + BETWEEN_ROWS_MM), row) for number in range(rows)]
    (_name_stacked if stacked else _name)(sheet, measures, list(titles.values()), steps, lines)
    sheet.lines(notes, 0.0, sheet.height_mm - len(notes) * NOTE_LINE_MM, NOTE_LINE_MM, size=SMALL_PT, colour=QUIET)
    return Panels(sheet, axes)


def titles_of(recipes: Sequence[str]) -> dict[str, str]:
    """The recipes as they stand above or beside their panels."""
    return {recipe: f"recipe {spoken(recipe)}" for recipe in recipes}


def dress_log(axes: Axes) -> None:
    """Ticks for a logarithmic axis: closer where it spans few decades, powers of ten alone would leave none."""
    low, high = axes.get_ylim()
    if high < FEW_DECADES * low:
        between = (2.0, 5.0) if high > 10 * low else (2.0, 3.0, 5.0, 7.0)
        decade = 10.0 ** np.floor(np.log10(low))
        ticks = [scale * digit * decade for scale in (1.0, 10.0) for digit in (1.0, *between)]
        # Of a range with a single such tick none could be read.
        is_narrow = sum(low <= tick <= high for tick in ticks) < 2
        axes.yaxis.set_major_locator(MaxNLocator(4) if is_narrow else LogLocator(subs=(1.0, *between)))
        axes.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    else:
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", which="minor", length=0)


def _prepare(axes: Axes, measure: Measure, same: Axes | None, any_other: Axes | None) -> None:
    if any_other is not None:
        axes.sharex(any_other)
    if same is not None:
        axes.sharey(same)
    axes.set_yscale(measure.scale)
    if measure.scale == "linear":
        axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y")
    if measure.reference is not None:
        axes.axhline(measure.reference, color=QUIET, linewidth=0.6, zorder=1)


Spans = Sequence[tuple[float, float]]


def _name(sheet: Sheet, measures: Sequence[Measure], titles: Sequence[str], steps: Spans, lines: Spans) -> None:
    """Recipes across, measures down."""
    for title, (left, width) in zip(titles, steps, strict=True):
        words, size = fitted(title, width, NORMAL_PT, bold=True)
        sheet.text(words, left, lines[0][0] - 4.2, size=size, bold=True)
    for measure, (top, height) in zip(measures, lines, strict=True):
        for at, own, pt, colour in ((0.0, measure.name, NORMAL_PT, INK), (3.6, measure.direction, SMALL_PT, QUIET)):
            words, size = fitted(own, height, pt)
            sheet.upwards(words, at, top + height / 2, size=size, colour=colour)


def _name_stacked(sheet: Sheet, measures: Sequence[Measure], titles: Sequence[str], steps: Spans, lines: Spans) -> None:
    """Measures across, recipes down."""
    room = steps[0][1] + RIGHT_MM
    for at, pt, every in (
        (7.6, NORMAL_PT, [measure.name for measure in measures]),
        (4.0, SMALL_PT, [measure.direction for measure in measures]),
    ):
        bold = pt == NORMAL_PT
        said, size = fitted_alike(every, room, pt, bold=bold)
        for words, (left, _) in zip(said, steps, strict=True):
            sheet.text(words, left, lines[0][0] - at, size=size, bold=bold, colour=INK if bold else QUIET)
    for title, (top, height) in zip(titles, lines, strict=True):
        words, size = fitted(title, height, NORMAL_PT, bold=True)
        sheet.upwards(words, 2.0, top + height / 2, size=size, bold=True)
