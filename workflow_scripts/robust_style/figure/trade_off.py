"""Content against style: how much of the one does a network give up for the other?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from robust_style.errors import ResultError
from robust_style.figure.curves import FEWEST_SEEDS, curve_of, seeds_words
from robust_style.figure.palette import Look, looks
from robust_style.figure.panels import Measure, panels_of, titles_of
from robust_style.figure.visual_language import LINE_PT, save, visual_language
from robust_style.score.score_tables import read_score_table

CONTENT = "content_ssim"
STYLES = (
    Measure("style_texture_distance", "texture distance to style", "lower = closer to the style", None, "log"),
    Measure("style_colour_distance", "colour distance to style", "lower = closer to the style", None, "log"),
)


def draw_trade_off(
    *,
    table: Path,
    networks: list[str],
    recipes: list[str],
    ratios: Mapping[str, Sequence[str]],
    figure: Path,
    vector: Path,
) -> None:
    """Draws structure kept (across) against distance to the style (down), a panel per style measure and recipe.

    In the panel of a recipe a network's line leads through its training epochs, from the hollow marker (untrained) to
    the large one. `ratios` maps titles to recipes that differ in their ratio of content to style only, in its order:
    such a panel has a line per network through the recipes, with the last checkpoint.
    Raises ResultError if the table holds none of the networks and recipes.
    """
    rows = read_score_table(table)
    rows = rows[rows["network"].isin(networks) & rows["recipe"].isin(recipes)]
    if rows.empty:
        raise ResultError(f"{table}: expected scores of {', '.join(networks)}, found none; check the networks' names")
    found = [recipe for recipe in recipes if (rows["recipe"] == recipe).any()]
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    measures = [measure for measure in STYLES if rows[measure.column].notna().any()]
    titles = titles_of(found) | {title: title for title in ratios}
    with visual_language():
        panels = panels_of(measures, titles, of_network, "structure kept (SSIM)", _note(rows, ratios))
        for (measure, panel), axes in panels.axes.items():
            for network, look in of_network.items():
                own = rows[rows["network"] == network]
                if panel in ratios:
                    _draw_ratios(axes, own[own["epoch"] == own["epoch"].max()], ratios[panel], measure, look)
                else:
                    _draw_epochs(axes, own[own["recipe"] == panel], measure, look)
        panels.finish()
        save(panels.sheet.figure, figure, vector)


def _note(rows: pd.DataFrame, ratios: Mapping[str, Sequence[str]]) -> str:
    words = f"{seeds_words(rows).split(';')[0].removesuffix('.')}. Lower right is better on both. "
    words += "Line: training epochs, from the hollow marker (untrained) to the large one (last)."
    if rows.groupby("network")["seed"].nunique().max() >= FEWEST_SEEDS:
        words += " Bars: 95 % t-intervals over seeds, of the last checkpoint."
    if ratios:
        words += " Panels of several recipes: the line leads from least to most weight on the style."
    return words


def _draw_epochs(axes: Axes, own: pd.DataFrame, measure: str, look: Look) -> None:
    content, style = curve_of(own, "epoch", CONTENT), curve_of(own, "epoch", measure)
    if not len(content.x) or not len(style.x):
        return
    axes.plot(content.mean, style.mean, look.dashes, color=look.colour, linewidth=LINE_PT * 0.7, zorder=2)
    axes.plot(content.mean, style.mean, look.marker, color=look.colour, markersize=2.2, zorder=3)
    if content.x[0] == 0 and len(content.x) > 1:
        start = content.mean[:1], style.mean[:1]
        axes.plot(*start, look.marker, color=look.colour, markerfacecolor="white", markersize=3.6, zorder=3)
    reach = (content.high - content.mean)[-1], (style.high - style.mean)[-1]
    _draw_point(axes, content.mean[-1], style.mean[-1], reach, look)


def _draw_ratios(axes: Axes, own: pd.DataFrame, recipes: Sequence[str], measure: str, look: Look) -> None:
    points = []
    for recipe in recipes:
        of_recipe = own[own["recipe"] == recipe]
        content, style = curve_of(of_recipe, "epoch", CONTENT), curve_of(of_recipe, "epoch", measure)
        if len(content.x) and len(style.x):
            points.append((content, style))
    x, y = [content.mean[-1] for content, _ in points], [style.mean[-1] for _, style in points]
    axes.plot(x, y, look.dashes, color=look.colour, linewidth=LINE_PT * 0.7, zorder=2)
    for content, style in points:
        reach = (content.high - content.mean)[-1], (style.high - style.mean)[-1]
        _draw_point(axes, content.mean[-1], style.mean[-1], reach, look)


def _draw_point(axes: Axes, x: float, y: float, reach: tuple[float, float], look: Look) -> None:
    across, down = (None if np.isnan(one) else [one] for one in reach)
    axes.errorbar(
        [x], [y], xerr=across, yerr=down, fmt=look.marker, color=look.colour, markersize=5.0, elinewidth=0.8, zorder=4
    )
