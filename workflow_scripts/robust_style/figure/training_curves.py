"""Clean and robust accuracy over the training epochs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from robust_style.errors import ResultError
from robust_style.figure.legend import LEGEND_LINE_MM, draw_legend, legend_lines
from robust_style.figure.palette import Look, looks
from robust_style.figure.sheet import Sheet
from robust_style.figure.visual_language import (
    LINE_PT,
    PAGE_WIDTH_MM,
    save,
    visual_language,
    whole_epochs,
)
from robust_style.files.evaluation import Evaluation

HEIGHT_MM = 52.0
LEFT_MM = 11.0
GAP_MM = 5.0
TITLE_MM = 5.6
UNDER_MM = 9.0
PANELS = (
    ("clean accuracy", "test_clean_accuracy", "clean_accuracy"),
    ("robust accuracy (under PGD)", "test_robust_accuracy", "robust_accuracy"),
)


def draw_training_curves(*, evaluations: list[Path], networks: list[str], figure: Path, vector: Path) -> None:
    """Draws both accuracies per training epoch as PNG `figure` and SVG `vector`.

    Lines are measured after each epoch on the monitored test images, one thin line per training seed and, with
    several seeds, their mean in bold; markers are the full evaluations of the checkpoints. A network that was not
    trained here has markers only.
    Raises ResultError if none of `networks` was evaluated.
    """
    found = [evaluation for evaluation in map(Evaluation.load, evaluations) if evaluation.network in networks]
    if not found:
        raise ResultError(
            f"expected evaluations of {', '.join(networks)}, found none; add evaluations of these networks"
        )
    regimes = {evaluation.network: evaluation.regime for evaluation in found}
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    with visual_language():
        legend = legend_lines(list(of_network), LEFT_MM)
        top = len(legend) * LEGEND_LINE_MM + TITLE_MM
        sheet = Sheet.of_size(PAGE_WIDTH_MM, top + HEIGHT_MM + UNDER_MM)
        draw_legend(sheet, legend, of_network, LEFT_MM)
        width = (PAGE_WIDTH_MM - LEFT_MM - GAP_MM) / 2 - 1.0
        for number, (title, of_history, of_checkpoint) in enumerate(PANELS):
            left = LEFT_MM + number * (width + GAP_MM)
            axes = sheet.axes(left, top, width, HEIGHT_MM)
            for network, look in of_network.items():
                own = [evaluation for evaluation in found if evaluation.network == network]
                _draw_network(axes, own, of_history, of_checkpoint, look)
            sheet.text(title, left, top - 4.4, bold=True)
            axes.set_xlabel("training epochs")
            whole_epochs(axes, [evaluation.epoch for evaluation in found])
            axes.grid(axis="y")
            axes.set_ylim(0, 1)
            axes.tick_params(labelleft=number == 0)
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        save(sheet.figure, figure, vector)


def _draw_network(axes: Axes, own: Sequence[Evaluation], of_history: str, of_checkpoint: str, look: Look) -> None:
    seeds = sorted({evaluation.seed for evaluation in own})
    curves = []
    for seed in seeds:
        checkpoints = sorted((found for found in own if found.seed == seed), key=lambda found: found.epoch)
        points = _measured({found.epoch: getattr(found, of_checkpoint) for found in checkpoints})
        axes.plot(points.index, points, look.marker, color=look.colour)
        # The last checkpoint's history is the whole training's.
        curves.append(_measured({row.epoch: getattr(row, of_history) for row in checkpoints[-1].history}))
    for curve in curves:
        width, strength = (LINE_PT, 1.0) if len(seeds) == 1 else (LINE_PT / 2, 0.4)
        axes.plot(curve.index, curve, look.dashes, color=look.colour, linewidth=width, alpha=strength)
    if len(seeds) > 1:
        mean = pd.concat(curves, axis=1, join="inner").mean(axis=1)
        axes.plot(mean.index, mean, look.dashes, color=look.colour)


def _measured(by_epoch: dict[int, float | None]) -> "pd.Series[float]":
    return pd.Series(by_epoch, dtype="float64").dropna()
