"""Content against style: how much of the one does a network give up for the other?"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from robust_style.figure.palette import Look
from robust_style.figure.panels import (
    COLOUR,
    STRUCTURE,
    TEXTURE,
    Curve,
    curve_of,
    has_intervals,
    looks_of,
    pairs_and_seeds,
    present,
    read_scores,
    saved_panels,
    with_values,
)
from robust_style.figure.style import LINE_PT

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
    the large one. `ratios` maps titles to recipes that differ only in their ratio of content to style, in its order:
    such a panel has a line for each network through the recipes, with the last checkpoint.
    Raises ResultError if the table holds none of the networks and recipes.
    """
    rows = read_scores(table, networks, recipes)
    looks = looks_of(rows, networks)
    note, titles = _note(rows, ratios), {title: title for title in ratios}
    measures, drawn_recipes = with_values(MEASURES, rows), present(recipes, rows["recipe"])
    with saved_panels(measures, drawn_recipes, looks, STRUCTURE.name, note, figure, vector, titles=titles) as panels:
        for (measure, panel), axes in panels.items():
            for network, look in looks.items():
                of_network = rows[rows["network"] == network]
                if panel in ratios:
                    last = of_network[of_network["epoch"] == of_network["epoch"].max()]
                    _draw_ratios(axes, last, ratios[panel], measure, look)
                else:
                    _draw_epochs(axes, of_network[of_network["recipe"] == panel], measure, look)


def _draw_epochs(axes: Axes, rows: pd.DataFrame, measure: str, look: Look) -> None:
    content, style = curve_of(rows, "epoch", STRUCTURE.column), curve_of(rows, "epoch", measure)
    if not len(content.x) or not len(style.x):
        return
    axes.plot(content.mean, style.mean, look.dashes, color=look.colour, linewidth=LINE_PT * 0.7, zorder=2)
    axes.plot(content.mean, style.mean, look.marker, color=look.colour, markersize=2.2, zorder=3)
    if content.x[0] == 0 and len(content.x) > 1:
        start = content.mean[:1], style.mean[:1]
        axes.plot(*start, look.marker, color=look.colour, markerfacecolor="white", markersize=3.6, zorder=3)
    _draw_last(axes, content, style, look)


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


def _note(rows: pd.DataFrame, ratios: Mapping[str, Sequence[str]]) -> str:
    words = f"{pairs_and_seeds(rows)}. Lower right is better on both. "
    words += "Line: training epochs, from the hollow marker (untrained) to the large one (last)."
    if has_intervals(rows):
        words += " Bars: 95 % t-intervals over seeds, of the last checkpoint."
    if ratios:
        words += " Panels of several recipes: the line leads from least to most weight on the style."
    return words
