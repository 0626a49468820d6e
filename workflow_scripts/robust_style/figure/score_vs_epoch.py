"""Every score over the training epochs: does painting change while a network learns?"""

from pathlib import Path

from robust_style.errors import ResultError
from robust_style.figure.curves import curve_of, draw_curve, seeds_words
from robust_style.figure.palette import looks
from robust_style.figure.panels import Measure, panels_of, titles_of
from robust_style.figure.visual_language import save, visual_language, whole_epochs
from robust_style.score.score_tables import read_score_table

# Collapsed pictures lie ten times farther from the style than good ones, so that only a logarithmic axis shows both.
MEASURES = (
    Measure("content_ssim", "structure kept (SSIM)", "higher = more content", 0.0),
    Measure("style_colour_distance", "colour distance to style", "lower = closer to the style", 1.0, "log"),
    Measure("style_texture_distance", "texture distance to style", "lower = closer to the style", 1.0, "log"),
    Measure("high_frequency_excess", "fine ripples (log2)", "above 0 = artefacts", 0.0),
    Measure("checkerboard_excess", "checkerboard (log2)", "above 0 = artefacts", 0.0),
)


def draw_score_vs_epoch(*, table: Path, networks: list[str], recipes: list[str], figure: Path, vector: Path) -> None:
    """Draws a panel per measure and recipe as PNG `figure` and SVG `vector`; measures that nothing has are left out.

    Lines with markers are means over pairs and training seeds, bands 95 % t-intervals over seeds from three seeds on;
    of two seeds thin lines are each seed's own. Raises ResultError if the table holds none of the networks and recipes.
    """
    rows = read_score_table(table)
    rows = rows[rows["network"].isin(networks) & rows["recipe"].isin(recipes)]
    if rows.empty:
        raise ResultError(f"{table}: expected scores of {', '.join(networks)}, found none; check the networks' names")
    drawn_recipes = [recipe for recipe in recipes if (rows["recipe"] == recipe).any()]
    regimes = dict(zip(rows["network"], rows["regime"], strict=True))
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    measures = [measure for measure in MEASURES if rows[measure.column].notna().any()]
    note = f"{seeds_words(rows)} Epoch 0: the untrained network. Grey line: "
    note += "0, or 1 for distances (the untouched content)."
    with visual_language():
        panels = panels_of(measures, titles_of(drawn_recipes), of_network, "training epochs", note)
        for (measure, recipe), axes in panels.axes.items():
            for network, look in of_network.items():
                own = rows[(rows["recipe"] == recipe) & (rows["network"] == network)]
                draw_curve(axes, curve_of(own, "epoch", measure), look)
            whole_epochs(axes, rows["epoch"].tolist())
        panels.finish()
        save(panels.sheet.figure, figure, vector)
