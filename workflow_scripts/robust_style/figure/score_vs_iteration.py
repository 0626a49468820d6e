"""Scores and loss while pictures are painted: the optimiser's iterations, with each network's last checkpoint."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from robust_style.errors import ResultError
from robust_style.figure.curves import Curve, curve_of, draw_curve, seeds_words
from robust_style.figure.palette import looks
from robust_style.figure.panels import Measure, panels_of, titles_of
from robust_style.figure.visual_language import save, visual_language
from robust_style.files.trace import Trace
from robust_style.score.columns import ITERATION
from robust_style.score.score_tables import read_iteration_table

LOSS = Measure("loss", "loss / first loss", "the optimiser's own aim", 1.0, "log")
MEASURES = (
    Measure("content_ssim", "structure kept (SSIM)", "higher = more content", 0.0),
    Measure("style_colour_distance", "colour distance to style", "lower = closer to the style", 1.0, "log"),
    Measure("style_texture_distance", "texture distance to style", "lower = closer to the style", 1.0, "log"),
)
# At most so many markers on a curve of hundreds of iterations: what tells lines apart in grey.
MARKERS = 5


def draw_score_vs_iteration(
    *, table: Path, traces: list[Path], networks: list[str], recipes: list[str], figure: Path, vector: Path
) -> None:
    """Draws a panel per measure and recipe, the loss last, over the iterations of the optimiser.

    `traces` are the stylizations to draw, `table` the scores of their snapshots; of each network and seed the last
    checkpoint among the traces is shown. The loss is each picture's total loss over its first one, averaged as
    logarithms. Means and intervals as in the other figures. Raises ResultError for traces of none of the networks.
    """
    last = _last_checkpoints(traces, networks, recipes)
    if not last:
        raise ResultError(f"expected stylizations of {', '.join(networks)}, found none; add traces of these networks")
    scores = read_iteration_table(table)
    losses = _losses(last)
    kept = losses[["recipe", "network", "seed", "epoch"]].drop_duplicates()
    scores = scores.merge(kept, on=list(kept.columns))
    regimes = {trace.labels.network: trace.labels.regime for trace in last}
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    drawn_recipes = [recipe for recipe in recipes if (losses["recipe"] == recipe).any()]
    measures = [measure for measure in MEASURES if scores[measure.column].notna().any()]
    note = f"Each network's last checkpoint. {seeds_words(losses)} Loss: as logarithms. Grey line: the beginning of "
    note += "the loss; for distances the untouched content; for structure none at all."
    with visual_language():
        panels = panels_of([*measures, LOSS], titles_of(drawn_recipes), of_network, "iterations of the optimiser", note)
        for (measure, recipe), axes in panels.axes.items():
            rows = losses if measure == LOSS.column else scores
            of_recipe = rows[rows["recipe"] == recipe]
            for network, look in of_network.items():
                curve = curve_of(of_recipe[of_recipe["network"] == network], ITERATION, measure)
                shown = _exponential(curve) if measure == LOSS.column else curve
                draw_curve(axes, shown, look, every=max(1, len(curve.x) // MARKERS))
        panels.finish()
        save(panels.sheet.figure, figure, vector)


def _last_checkpoints(paths: Sequence[Path], networks: Sequence[str], recipes: Sequence[str]) -> list[Trace]:
    found = [trace for trace in map(Trace.load, paths) if trace.labels.network in networks]
    found = [trace for trace in found if trace.labels.recipe in recipes]
    last = {name: max(one.labels.epoch for one in found if one.labels.network == name) for name in networks if
            any(one.labels.network == name for one in found)}  # fmt: skip
    return [trace for trace in found if trace.labels.epoch == last[trace.labels.network]]


def _losses(traces: Sequence[Trace]) -> pd.DataFrame:
    """One row per picture and iteration: the natural logarithm of the loss over the first one."""
    parts = []
    for trace in traces:
        loss = np.asarray(trace.total_loss)
        usable = np.isfinite(loss) & (loss > 0) & (loss[0] > 0)
        log = np.log(np.where(usable, loss, np.nan) / loss[0])
        labels = trace.labels
        parts.append(
            pd.DataFrame(
                {ITERATION: trace.iteration, LOSS.column: log} | {
                    "recipe": labels.recipe, "network": labels.network, "seed": labels.seed, "epoch": labels.epoch,
                    "content": labels.content, "style": labels.style,
                }
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _exponential(curve: Curve) -> Curve:
    mean, low, high = (np.exp(values) for values in (curve.mean, curve.low, curve.high))
    return Curve(curve.x, mean, low, high, np.exp(curve.by_seed))
