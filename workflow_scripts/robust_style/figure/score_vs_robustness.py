"""Painting against robustness over networks: does the more robust one paint better?"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from robust_style.errors import ResultError
from robust_style.figure.curves import FEWEST_SEEDS, Curve, curve_of, seeds_words
from robust_style.figure.palette import Look, looks
from robust_style.figure.panels import Measure, panels_of, titles_of
from robust_style.figure.visual_language import LINE_PT, QUIET, SMALL_PT, save, visual_language
from robust_style.score.score_tables import read_score_table

ROBUST = "robust_accuracy"
MEASURES = (
    Measure("style_texture_distance", "texture distance to style", "lower = closer to the style", None, "log"),
    Measure("style_colour_distance", "colour distance to style", "lower = closer to the style", None, "log"),
    Measure("content_ssim", "structure kept (SSIM)", "higher = more content"),
    Measure("high_frequency_excess", "fine ripples (log2)", "above 0 = artefacts", 0.0),
)
# Of two points a rank correlation is 1 or -1 whatever they are.
FEWEST_POINTS = 3
# Above and below the points, in parts of their range: the correlation stands there.
HEADROOM = 0.2


def draw_score_vs_robustness(
    *,
    table: Path,
    networks: list[str],
    architectures: Mapping[str, str],
    recipes: list[str],
    figure: Path,
    vector: Path,
) -> None:
    """Draws a point per network: robust accuracy of its last checkpoint (across) against a score (down).

    A panel per measure and recipe. `architectures` names each network's: a thin line joins networks of one. Networks
    without training or accuracy (of ImageNet) are left out. Raises ResultError if no network is left.
    """
    rows = read_score_table(table)
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))
    rows = rows[rows["network"].isin(networks) & rows["recipe"].isin(recipes)].dropna(subset=[ROBUST])
    last = rows["epoch"] == rows.groupby("network")["epoch"].transform("max")
    rows = rows[last & (rows["epoch"] > 0)]
    if rows.empty:
        raise ResultError(
            f"{table}: expected scores of trained networks with a robust accuracy, found none; evaluate one"
        )
    found = [recipe for recipe in recipes if (rows["recipe"] == recipe).any()]
    # The look that a network has in the other figures, where those that are left out here have one, too.
    of_all = looks({network: regimes[network] for network in networks if network in regimes})
    of_network = {network: look for network, look in of_all.items() if (rows["network"] == network).any()}
    measures = [measure for measure in MEASURES if rows[measure.column].notna().any()]
    with visual_language():
        panels = panels_of(measures, titles_of(found), of_network, "robust accuracy", _note(rows))
        for (measure, recipe), axes in panels.axes.items():
            points = {
                network: _point(rows[(rows["network"] == network) & (rows["recipe"] == recipe)], measure)
                for network in of_network
            }
            _draw(axes, {network: at for network, at in points.items() if at}, of_network, architectures)
        panels.finish()
        save(panels.sheet.figure, figure, vector)


_Point = tuple[Curve, Curve]


def _point(own: pd.DataFrame, measure: str) -> _Point | None:
    """Robust accuracy and score of one network; None where a score was not measured."""
    own = own.dropna(subset=[measure])
    return (curve_of(own, "epoch", ROBUST), curve_of(own, "epoch", measure)) if len(own) else None


def _draw(
    axes: Axes, points: Mapping[str, _Point], of_network: Mapping[str, Look], architectures: Mapping[str, str]
) -> None:
    for architecture in dict.fromkeys(architectures.get(network, network) for network in points):
        family = [at for network, at in points.items() if architectures.get(network, network) == architecture]
        family.sort(key=lambda at: float(at[0].mean[-1]))
        x, y = ([float(at[side].mean[-1]) for at in family] for side in (0, 1))
        axes.plot(x, y, "-", color=QUIET, linewidth=LINE_PT * 0.5, alpha=0.5, zorder=2)
    for network, (robust, score) in points.items():
        look = of_network[network]
        across, down = (_reach(curve) for curve in (robust, score))
        axes.errorbar(
            [float(robust.mean[-1])], [float(score.mean[-1])], xerr=across, yerr=down, fmt=look.marker,
            color=look.colour, markersize=5.0, elinewidth=0.8, zorder=4,
        )  # fmt: skip
    axes.margins(y=HEADROOM)
    if len(points) >= FEWEST_POINTS:
        x, y = ([float(at[side].mean[-1]) for at in points.values()] for side in (0, 1))
        if len(set(x)) > 1 and len(set(y)) > 1:
            words = f"ρ {stats.spearmanr(x, y).statistic:+.2f}".replace("-", "−")
            axes.text(1, 1, words, transform=axes.transAxes, ha="right", va="top", fontsize=SMALL_PT, color=QUIET)


def _reach(curve: Curve) -> list[float] | None:
    reach = float((curve.high - curve.mean)[-1])
    return None if np.isnan(reach) else [reach]


def _note(rows: pd.DataFrame) -> str:
    count = rows["network"].nunique()
    words = f"{seeds_words(rows).split(';')[0].removesuffix('.')}. A point per network, its last checkpoint; "
    words += f"line: networks of one architecture. ρ: Spearman's rank correlation of the {count} points"
    words += ", no more than a hint where they are few." if count < 10 else "."
    if rows.groupby("network")["seed"].nunique().max() >= FEWEST_SEEDS:
        words += " Bars: 95 % t-intervals over seeds."
    return words
