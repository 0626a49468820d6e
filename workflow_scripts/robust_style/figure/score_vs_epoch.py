"""Every score over the training epochs: does painting change while a network learns?"""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullLocator

from robust_style.errors import ResultError
from robust_style.figure.palette import Look, looks
from robust_style.figure.visual_language import (
    PAGE_WIDTH_MM,
    QUIET,
    SMALL_PT,
    new_figure,
    save,
    visual_language,
    whole_epochs,
)
from robust_style.figure.words import spoken
from robust_style.score.table import read_table

ROW_MM = 42.0
HEADS_MM = 13.0
FOOT_MM = 16.0
# Measure, its name for a reader, what its direction means, the value to compare with, and the scale: collapsed
# pictures lie ten times farther from the style than good ones, so that only a logarithmic axis shows both.
PANELS = (
    ("content_ssim", "structure kept (SSIM)", "higher = more of the content", 0.0, "linear"),
    ("style_colour_distance", "colour distance to style", "lower = closer to the style", 1.0, "log"),
    ("high_frequency_excess", "fine ripples (log2)", "above 0 = artefacts", 0.0, "linear"),
)


def draw_score_vs_epoch(*, table: Path, networks: list[str], recipes: list[str], figure: Path, vector: Path) -> None:
    """Draws a panel per measure (rows) and recipe (columns) as PNG `figure` and SVG `vector`.

    Bold lines with markers are means over pairs and training seeds, thin lines the single pairs (mean over seeds).
    Raises ResultError if the table holds none of the networks and recipes.
    """
    rows = read_table(table)
    rows = rows[rows["network"].isin(networks) & rows["recipe"].isin(recipes)]
    if rows.empty:
        raise ResultError(f"{table}: expected scores of {', '.join(networks)}, found none; check the networks' names")
    drawn_recipes = [recipe for recipe in recipes if (rows["recipe"] == recipe).any()]
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    height = HEADS_MM + ROW_MM * len(PANELS) + FOOT_MM
    with visual_language():
        drawn = new_figure(PAGE_WIDTH_MM, height)
        panels = drawn.subplots(len(PANELS), len(drawn_recipes), sharex=True, sharey="row", squeeze=False)
        drawn.subplots_adjust(
            left=0.115, right=0.985, bottom=FOOT_MM / height, top=1 - HEADS_MM / height, wspace=0.08, hspace=0.14
        )
        for line, (measure, name, direction, reference, scale) in enumerate(PANELS):
            for column, recipe in enumerate(drawn_recipes):
                axes = panels[line, column]
                axes.axhline(reference, color=QUIET, linewidth=0.6, zorder=1)
                for network, look in of_network.items():
                    own = rows[(rows["recipe"] == recipe) & (rows["network"] == network)]
                    _draw_network(axes, own, measure, network, look)
                axes.grid(axis="y")
            panels[line, 0].set_yscale(scale)
            if scale == "log":
                panels[line, 0].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                panels[line, 0].yaxis.set_major_formatter(FormatStrFormatter("%g"))
                panels[line, 0].yaxis.set_minor_locator(NullLocator())
            panels[line, 0].set_ylabel(f"{name}\n{direction}")
        drawn.align_ylabels(panels[:, 0])
        for column, recipe in enumerate(drawn_recipes):
            panels[0, column].set_title(f"recipe {spoken(recipe)}", loc="left", fontweight="bold")
            panels[-1, column].set_xlabel("training epochs")
            whole_epochs(panels[-1, column], rows["epoch"].tolist())
        handles, labels = panels[0, 0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.105, 1.0), ncols=len(labels))
        drawn.text(0.115, 1.2 / height, _footnote(rows), fontsize=SMALL_PT, color=QUIET, va="bottom", parse_math=False)
        save(drawn, figure)
        save(drawn, vector)


def _draw_network(axes: Axes, own: pd.DataFrame, measure: str, network: str, look: Look) -> None:
    for _, pair in own.groupby(["content", "style"]):
        curve = pair.groupby("epoch")[measure].mean()
        axes.plot(curve.index, curve, look.dashes, color=look.colour, linewidth=0.5, alpha=0.45, zorder=2)
    mean = own.groupby(["epoch", "content", "style"])[measure].mean().groupby("epoch").mean()
    axes.plot(mean.index, mean, look.dashes, marker=look.marker, color=look.colour, label=spoken(network), zorder=3)


def _footnote(rows: pd.DataFrame) -> str:
    pairs = len(rows.groupby(["content", "style"]))
    of_network = rows.groupby("network")["seed"].nunique()
    seeds = of_network.max()
    counted = f"{pairs} image pair{'' if pairs == 1 else 's'} and {'' if seeds == of_network.min() else 'up to '}"
    return (
        f"Bold: mean over {counted}{seeds} training seed{'' if seeds == 1 else 's'}; thin: single pairs. "
        "Epoch 0: the untrained network."
    )
