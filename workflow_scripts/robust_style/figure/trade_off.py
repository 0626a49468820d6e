"""Content against style: how much of the one does a network give up for the other?"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from robust_style.figure.palette import Look
from robust_style.figure.panels import (
    COLOUR,
    STRUCTURE,
    TEXTURE,
    Curve,
    curve_of,
    draw_untrained,
    has_intervals,
    looks_of,
    pairs_and_seeds,
    present,
    read_scores,
    saved_panels,
    share_untrained,
    with_values,
)
from robust_style.figure.style import LINE_PT, QUIET, SMALL_PT

# Width and height of arrow and word, as fractions of a panel.
ARROW_BOX, MARKER = (0.42, 0.24), 0.04
MEASURES = (replace(TEXTURE, reference=None), replace(COLOUR, reference=None))


def draw_trade_off(
    *,
    table: Path,
    networks: list[str],
    recipes: list[str],
    ratios: Mapping[str, Sequence[str]],
    figure: Path,
    vector: Path,
) -> None:
    """Draw structure kept (across) against distance to the style (down), a panel for each style measure and recipe.

    In the panel of a recipe a network's line leads through its training epochs, from the hollow marker (untrained) to
    the large one. An untrained network that several networks share is drawn once. An arrow points to the better side.
    `ratios` maps titles to recipes that differ only in their ratio of content to style, in its order: such a panel has
    a line for each network through the recipes, with the last checkpoint. Raises ResultError if the table holds none of
    the networks and recipes.
    """
    rows = read_scores(table, networks, recipes)
    looks = looks_of(rows, networks)
    note, titles = _note(rows, ratios), {title: title for title in ratios}
    measures, drawn_recipes = with_values(MEASURES, rows), present(recipes, rows["recipe"])
    with saved_panels(measures, drawn_recipes, looks, STRUCTURE.name, note, figure, vector, titles=titles) as panels:
        for (measure, panel), axes in panels.items():
            if panel in ratios:
                for network, look in looks.items():
                    of_network = rows[rows["network"] == network]
                    last = of_network[of_network["epoch"] == of_network["epoch"].max()]
                    _draw_ratios(axes, last, ratios[panel], measure, look)
            else:
                _draw_epochs(axes, rows[rows["recipe"] == panel], measure, looks)
        # After all data: panels share their axes, and the arrow lies where no panel's data are.
        for axes in panels.values():
            _draw_better(axes)


def _draw_epochs(axes: Axes, rows: pd.DataFrame, measure: str, looks: Mapping[str, Look]) -> None:
    curves = {}
    for network in looks:
        of_network = rows[rows["network"] == network].dropna(subset=[STRUCTURE.column, measure])
        if len(of_network):
            curves[network] = curve_of(of_network, "epoch", STRUCTURE.column), curve_of(of_network, "epoch", measure)
    starts = {
        network: (float(content.mean[0]), float(style.mean[0]))
        for network, (content, style) in curves.items()
        if content.x[0] == 0
    }
    shared = share_untrained(starts)
    for network, (content, style) in curves.items():
        look = looks[network]
        axes.plot(content.mean, style.mean, look.dashes, color=look.colour, linewidth=LINE_PT * 0.7, zorder=2)
        between = slice(int(network in starts), None)
        axes.plot(content.mean[between], style.mean[between], look.marker, color=look.colour, markersize=2.2, zorder=3)
        if network in starts and network not in shared and len(content.x) > 1:
            axes.plot(
                *starts[network], look.marker, color=look.colour, markerfacecolor="white", markersize=3.6, zorder=3
            )
        if network not in shared or len(content.x) > 1:
            _draw_last(axes, content, style, look)
    for start in {starts[network] for network in shared}:
        draw_untrained(axes, *start)


def _draw_ratios(axes: Axes, rows: pd.DataFrame, recipes: Sequence[str], measure: str, look: Look) -> None:
    points = []
    for recipe in recipes:
        of_recipe = rows[rows["recipe"] == recipe]
        content, style = curve_of(of_recipe, "epoch", STRUCTURE.column), curve_of(of_recipe, "epoch", measure)
        if len(content.x) and len(style.x):
            points.append((content, style))
    x, y = [content.mean[-1] for content, _ in points], [style.mean[-1] for _, style in points]
    axes.plot(x, y, look.dashes, color=look.colour, linewidth=LINE_PT * 0.7, zorder=2)
    for content, style in points:
        _draw_last(axes, content, style, look)


def _draw_last(axes: Axes, content: Curve, style: Curve, look: Look) -> None:
    """The last checkpoint, with the intervals of both scores."""
    axes.errorbar(
        content.mean[-1:], style.mean[-1:], xerr=content.last_error, yerr=style.last_error,
        fmt=look.marker, color=look.colour, markersize=5.0, elinewidth=0.8, zorder=4,
    )  # fmt: skip


def _draw_better(axes: Axes) -> None:
    """Draw an arrow to the lower right, in the first corner of the panel without data."""
    axes.autoscale_view()
    to_axes = axes.transData + axes.transAxes.inverted()
    lines = [np.asarray(line.get_xydata(), np.float64) for line in axes.get_lines()]
    bars = [bar for bars in axes.collections if isinstance(bars, LineCollection) for bar in bars.get_segments()]
    points = np.concatenate(
        [np.empty((0, 2)), *(to_axes.transform(_between(line)) for line in lines + bars if len(line))]
    )

    def points_within(corner: tuple[float, float]) -> int:
        # Markers are larger than their points.
        inside = (points >= np.subtract(corner, MARKER)) & (points <= np.add(corner, ARROW_BOX) + MARKER)
        return int(inside.all(axis=1).sum())

    right, top = 1 - ARROW_BOX[0], 1 - ARROW_BOX[1]
    left, bottom = min(((right, 0.0), (right, top), (0.0, 0.0), (0.0, top)), key=points_within)
    head, tail = (
        (left + 0.92 * ARROW_BOX[0], bottom + 0.2 * ARROW_BOX[1]),
        (left + 0.7 * ARROW_BOX[0], bottom + 0.8 * ARROW_BOX[1]),
    )
    arrow = {"arrowstyle": "-|>", "color": QUIET, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 6}
    axes.annotate(
        "better", head, tail, "axes fraction", "axes fraction", arrowprops=arrow, fontsize=SMALL_PT, color=QUIET,
        ha="right", va="center",
    )  # fmt: skip


def _between(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points along the line's pieces, with its own among them."""
    pieces = [np.linspace(start, end, 20) for start, end in itertools.pairwise(line)]
    return np.concatenate([line, *pieces])


def _note(rows: pd.DataFrame, ratios: Mapping[str, Sequence[str]]) -> str:
    words = f"{pairs_and_seeds(rows)}. Lower right is better on both (arrow). "
    words += "Line: training epochs, from the hollow marker (untrained) to the large one (last)."
    if has_intervals(rows):
        words += " Bars: 95 % t-intervals over seeds, of the last checkpoint."
    if ratios:
        words += " Panels of several recipes: the line leads from least to most weight on the style."
    return words
