"""Which line is which network: a legend across the top of a sheet."""

from collections.abc import Mapping, Sequence

from matplotlib.lines import Line2D

from robust_style.figure.fitting import width_of
from robust_style.figure.palette import Look
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import NORMAL_PT, PAGE_WIDTH_MM
from robust_style.figure.words import spoken

LEGEND_LINE_MM = 4.4
# A line's sample, and what follows a name.
SAMPLE_MM = 8.0
LEGEND_GAP_MM = 5.0


def legend_lines(networks: Sequence[str], left: float) -> list[list[str]]:
    """The networks, broken into lines of a legend that begins at `left` and fits the page."""
    lines: list[list[str]] = [[]]
    used = left
    for network in networks:
        width = SAMPLE_MM + 1.5 + width_of(spoken(network), NORMAL_PT) + LEGEND_GAP_MM
        if lines[-1] and used + width > PAGE_WIDTH_MM:
            lines.append([])
            used = left
        lines[-1].append(network)
        used += width
    return lines


def draw_legend(sheet: Sheet, lines: Sequence[Sequence[str]], looks: Mapping[str, Look], start: float) -> None:
    """Draws these lines at the top of the sheet, from `start` on: a sample of each network's look, and its name."""
    for number, networks in enumerate(lines):
        left, top = start, number * LEGEND_LINE_MM
        for network in networks:
            look = looks[network]
            sample = Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.dashes)
            sheet.sample(sample, left, top + 1.6, SAMPLE_MM)
            sheet.text(spoken(network), left + SAMPLE_MM + 1.5, top + 0.2)
            left += SAMPLE_MM + 1.5 + width_of(spoken(network), NORMAL_PT) + LEGEND_GAP_MM
