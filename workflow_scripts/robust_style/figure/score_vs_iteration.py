"""Scores and loss while pictures are painted: the optimiser's iterations, with each network's last checkpoint."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from robust_style.errors import ResultError
from robust_style.figure.panels import (
    COLOUR,
    STRUCTURE,
    TEXTURE,
    Curve,
    Measure,
    curve_of,
    curves_note,
    draw_curve,
    looks_of,
    present,
    saved_panels,
    with_values,
)
from robust_style.files.trace import Trace
from robust_style.score.columns import ITERATION
from robust_style.score.score_tables import read_iteration_table

LOSS = Measure("loss", "loss / first loss", "each network has its own loss", 1.0, "log")
MEASURES = (STRUCTURE, COLOUR, TEXTURE)
# About so many markers on a curve of hundreds of iterations: they distinguish lines without colour.
MARKERS = 5


def draw_score_vs_iteration(
    *, table: Path, traces: list[Path], networks: list[str], recipes: list[str], figure: Path, vector: Path
) -> None:
    """Draw a panel for each measure and recipe, the loss last, over the iterations of the optimiser.

    `traces` are the stylizations to draw, `table` the scores of their snapshots. Of each network and seed, the last
    checkpoint among the traces is drawn. The loss is each picture's total loss over its first one, averaged as
    logarithms. Means and intervals as in the other figures. Raises ResultError for traces of none of the networks.
    """
    last = _last_checkpoints(traces, networks, recipes)
    if not last:
        raise ResultError(f"expected stylizations of {', '.join(networks)}, found none; add traces of these networks")
    losses = _losses(last)
    checkpoints = losses[["recipe", "network", "seed", "epoch"]].drop_duplicates()
    scores = read_iteration_table(table).merge(checkpoints, on=list(checkpoints.columns))
    looks = looks_of(losses, networks)
    measures = [*with_values(MEASURES, scores), LOSS]
    note = f"Each network's last checkpoint. {curves_note(losses)} Means of the loss: over logarithms. Grey line: the "
    note += "first loss, the distance of the untouched content (1), or no structure (0)."
    drawn_recipes = present(recipes, losses["recipe"])
    with saved_panels(measures, drawn_recipes, looks, "iterations of the optimiser", note, figure, vector) as panels:
        for (measure, recipe), axes in panels.items():
            rows = losses if measure == LOSS.column else scores
            for network, look in looks.items():
                of_network = rows[(rows["recipe"] == recipe) & (rows["network"] == network)]
                curve = curve_of(of_network, ITERATION, measure)
                drawn = _exponential(curve) if measure == LOSS.column else curve
                draw_curve(axes, drawn, look, markevery=max(1, len(curve.x) // MARKERS))


def _last_checkpoints(paths: Sequence[Path], networks: Sequence[str], recipes: Sequence[str]) -> list[Trace]:
    traces = [trace for trace in map(Trace.load, paths) if trace.labels.network in networks]
    traces = [trace for trace in traces if trace.labels.recipe in recipes]
    last: dict[str, int] = {}
    for trace in traces:
        last[trace.labels.network] = max(last.get(trace.labels.network, 0), trace.labels.epoch)
    return [trace for trace in traces if trace.labels.epoch == last[trace.labels.network]]


def _losses(traces: Sequence[Trace]) -> pd.DataFrame:
    """One row for each picture and iteration: the natural logarithm of the loss over the first one."""
    parts = []
    for trace in traces:
        loss = np.asarray(trace.total_loss)
        usable = np.isfinite(loss) & (loss > 0) & (loss[0] > 0)
        log = np.log(np.where(usable, loss, np.nan) / loss[0])
        parts.append(pd.DataFrame({ITERATION: trace.iteration, LOSS.column: log} | asdict(trace.labels)))
    return pd.concat(parts, ignore_index=True)


def _exponential(curve: Curve) -> Curve:
    mean, low, high = (np.exp(values) for values in (curve.mean, curve.low, curve.high))
    return Curve(curve.x, mean, low, high, np.exp(curve.by_seed), np.exp(curve.by_pair))
