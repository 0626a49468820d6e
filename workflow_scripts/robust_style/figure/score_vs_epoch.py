"""Every score over the training epochs: does painting change while a network learns?"""

from pathlib import Path

from robust_style.figure.panels import (
    CHECKERBOARD,
    COLOUR,
    RIPPLES,
    STRUCTURE,
    TEXTURE,
    curve_of,
    curves_note,
    draw_curve,
    draw_level,
    draw_untrained,
    looks_of,
    present,
    read_control,
    read_scores,
    saved_panels,
    share_untrained,
    with_values,
)
from robust_style.figure.style import whole_epochs

MEASURES = (STRUCTURE, COLOUR, TEXTURE, RIPPLES, CHECKERBOARD)
# In panels of a style distance: the control that a painter must beat.
CONTROL, CONTROL_WORDS = "histogram_matched", "recoloured content"
STYLE_DISTANCES = (COLOUR.column, TEXTURE.column)


def draw_score_vs_epoch(*, table: Path, networks: list[str], recipes: list[str], figure: Path, vector: Path) -> None:
    """Draw a panel for each measure and recipe as PNG `figure` and SVG `vector`; measures without values are left out.

    Lines with markers are means over pairs and training seeds, bands 95 % t-intervals over seeds from three seeds on;
    with two seeds, thin lines are the single seeds; faint lines are single pairs. The untrained network that several
    networks share is drawn once, in no network's colour. A dotted line in panels of a style distance is the control
    `histogram_matched`, mean over pairs, if the table has it. Raises ResultError if the table holds none of the
    networks and recipes.
    """
    rows = read_scores(table, networks, recipes)
    looks, drawn_recipes = looks_of(rows, networks), present(recipes, rows["recipe"])
    note = f"{curves_note(rows)} Epoch 0: the untrained network. Solid grey line: "
    note += "0, or 1 for distances (the untouched content)."
    recoloured = read_control(table, CONTROL)
    if len(recoloured):
        note += f" Dotted, {CONTROL_WORDS}: the content in the style's histogram, without a network."
    with saved_panels(
        with_values(MEASURES, rows), drawn_recipes, looks, "training epochs", note, figure, vector
    ) as panels:
        for (measure, recipe), axes in panels.items():
            of_recipe = rows[rows["recipe"] == recipe]
            curves = {name: curve_of(of_recipe[of_recipe["network"] == name], "epoch", measure) for name in looks}
            starts = {name: float(curve.mean[0]) for name, curve in curves.items() if 0 in curve.x[:1]}
            shared = share_untrained({name: (start,) for name, start in starts.items()})
            for name, curve in curves.items():
                draw_curve(axes, curve, looks[name], first_marker=int(name in shared))
            for start in {starts[name] for name in shared}:
                draw_untrained(axes, 0.0, start)
            if measure in STYLE_DISTANCES:
                draw_level(axes, recoloured[measure].mean(), CONTROL_WORDS)
            whole_epochs(axes, rows["epoch"].tolist())
