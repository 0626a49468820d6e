"""Scores against robust accuracy over networks: does the more robust network paint better?"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from scipy import stats

from robust_style.errors import ResultError
from robust_style.figure.palette import Look
from robust_style.figure.panels import (
    COLOUR,
    RIPPLES,
    STRUCTURE,
    TEXTURE,
    Curve,
    curve_of,
    has_intervals,
    looks_of,
    pairs_and_seeds,
    present,
    saved_panels,
    with_values,
)
from robust_style.figure.style import LINE_PT, QUIET, SMALL_PT
from robust_style.score.score_tables import is_control, read_score_table

ROBUST = "robust_accuracy"
MEASURES = (
    replace(TEXTURE, reference=None),
    replace(COLOUR, reference=None),
    replace(STRUCTURE, reference=None),
    RIPPLES,
)
# Of two points a rank correlation is always 1 or -1.
FEWEST_POINTS = 3
# Above and below the points, as a fraction of their range: space for the correlation.
HEADROOM = 0.2

_Point = tuple[Curve, Curve]


def draw_score_vs_robustness(
    *,
    table: Path,
    networks: list[str],
    architectures: Mapping[str, str],
    recipes: list[str],
    figure: Path,
    vector: Path,
) -> None:
    """Draw a point for each network: robust accuracy of its last checkpoint (across) against a score (down).

    A panel for each measure and recipe. `architectures` maps networks to theirs; a thin line joins networks of one
    architecture. Networks without training or without accuracy (of ImageNet) are left out. Raises ResultError if no
    network is left.
    """
    every = read_score_table(table)
    every = every[~is_control(every)]
    rows = every[every["network"].isin(networks) & every["recipe"].isin(recipes)].dropna(subset=[ROBUST])
    last = rows["epoch"] == rows.groupby("network")["epoch"].transform("max")
    rows = rows[last & (rows["epoch"] > 0)]
    if rows.empty:
        raise ResultError(
            f"{table}: expected scores of trained networks with a robust accuracy, found none; evaluate one"
        )
    # A network looks as in the other figures, which also show the networks left out here.
    drawn_networks = present(networks, rows["network"])
    looks = {network: look for network, look in looks_of(every, networks).items() if network in drawn_networks}
    drawn_recipes = present(recipes, rows["recipe"])
    with saved_panels(
        with_values(MEASURES, rows), drawn_recipes, looks, "robust accuracy", _note(rows), figure, vector
    ) as panels:
        for (measure, recipe), axes in panels.items():
            measured = rows[rows["recipe"] == recipe].dropna(subset=[measure])
            points = {
                network: (curve_of(of_network, "epoch", ROBUST), curve_of(of_network, "epoch", measure))
                for network in looks
                if len(of_network := measured[measured["network"] == network])
            }
            _draw(axes, points, looks, architectures)


def _draw(
    axes: Axes, points: Mapping[str, _Point], looks: Mapping[str, Look], architectures: Mapping[str, str]
) -> None:
    for architecture in dict.fromkeys(architectures.get(network, network) for network in points):
        line = [at for network, at in points.items() if architectures.get(network, network) == architecture]
        x, y = _means(sorted(line, key=lambda point: float(point[0].mean[-1])))
        axes.plot(x, y, "-", color=QUIET, linewidth=LINE_PT * 0.5, alpha=0.5, zorder=2)
    for network, (robust, score) in points.items():
        axes.errorbar(
            robust.mean[-1:], score.mean[-1:], xerr=robust.last_error, yerr=score.last_error,
            fmt=looks[network].marker, color=looks[network].colour, markersize=5.0, elinewidth=0.8, zorder=4,
        )  # fmt: skip
    axes.margins(y=HEADROOM)
    x, y = _means(points.values())
    if len(points) >= FEWEST_POINTS and len(set(x)) > 1 and len(set(y)) > 1:
        words = f"ρ {stats.spearmanr(x, y).statistic:+.2f}".replace("-", "−")
        axes.text(1, 1, words, transform=axes.transAxes, ha="right", va="top", fontsize=SMALL_PT, color=QUIET)


def _means(points) -> tuple[list[float], list[float]]:  # type: ignore[no-untyped-def]
    robust, scores = ([float(point[side].mean[-1]) for point in points] for side in (0, 1))
    return robust, scores


def _note(rows: pd.DataFrame) -> str:
    count = rows["network"].nunique()
    words = f"{pairs_and_seeds(rows)}. A point per network, its last checkpoint; "
    words += f"line: networks of one architecture. ρ: Spearman's rank correlation of the {count} points"
    words += ", no more than a hint where they are few." if count < 10 else "."
    return words + (" Bars: 95 % t-intervals over seeds." if has_intervals(rows) else "")
