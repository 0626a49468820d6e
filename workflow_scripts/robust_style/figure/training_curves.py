"""Clean and robust accuracy over the training epochs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from robust_style.errors import ResultError
from robust_style.figure.palette import Look, looks
from robust_style.figure.panels import draw_untrained, share_untrained
from robust_style.figure.style import (
    LINE_PT,
    PAGE_WIDTH_MM,
    SMALL_PT,
    add_legend,
    add_note,
    figure_style,
    new_figure,
    save,
    whole_epochs,
    wrap,
)
from robust_style.files.evaluation import Evaluation

HEIGHT_MM = 72.0
# Title, field of a row of the training history, field of an evaluation.
PANELS = (
    ("clean accuracy", "test_clean_accuracy", "clean_accuracy"),
    ("robust accuracy (under PGD)", "test_robust_accuracy", "robust_accuracy"),
)


def draw_training_curves(*, evaluations: list[Path], networks: list[str], figure: Path, vector: Path) -> None:
    """Draw both accuracies over the training epochs as PNG `figure` and SVG `vector`.

    Lines are measured after each epoch on the monitored test images: one thin line for each training seed and, with
    several seeds, their mean in bold. Markers are the full evaluations of the checkpoints. A network that was not
    trained here has markers only. The untrained network that several networks share is drawn once. Raises ResultError
    if none of `networks` was evaluated.
    """
    measured = [evaluation for evaluation in map(Evaluation.load, evaluations) if evaluation.network in networks]
    if not measured:
        raise ResultError(
            f"expected evaluations of {', '.join(networks)}, found none; add evaluations of these networks"
        )
    regimes = {evaluation.network: evaluation.regime for evaluation in measured}
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    with figure_style():
        drawing = new_figure(PAGE_WIDTH_MM, HEIGHT_MM, layout="constrained")
        panels = drawing.subplots(1, len(PANELS), sharex=True, sharey=True)
        for axes, (title, in_history, in_evaluation) in zip(panels, PANELS, strict=True):
            starts = {network: _untrained(measured, network, in_evaluation) for network in of_network}
            shared = share_untrained({network: start for network, start in starts.items() if start})
            for network, look in of_network.items():
                evaluations_of_network = [evaluation for evaluation in measured if evaluation.network == network]
                _draw_network(
                    axes, evaluations_of_network, in_history, in_evaluation, look, first=int(network in shared)
                )
            for accuracy in {accuracy for network in shared for accuracy in starts[network]}:
                draw_untrained(axes, 0.0, accuracy)
            axes.set_title(title)
            axes.set_xlabel("training epochs")
            axes.grid(axis="y")
            axes.set_ylim(0, 1)
            axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
            whole_epochs(axes, [evaluation.epoch for evaluation in measured])
        add_legend(drawing, of_network)
        add_note(drawing, wrap(_note(measured), PAGE_WIDTH_MM, SMALL_PT))
        save(drawing, figure, vector)


def _draw_network(
    axes: Axes, evaluations: Sequence[Evaluation], in_history: str, in_evaluation: str, look: Look, *, first: int
) -> None:
    """Draw the lines and markers of one network, without the checkpoints before epoch `first`."""
    seeds = sorted({evaluation.seed for evaluation in evaluations})
    curves = []
    for seed in seeds:
        of_seed = sorted((e for e in evaluations if e.seed == seed), key=lambda evaluation: evaluation.epoch)
        points = _measured({evaluation.epoch: getattr(evaluation, in_evaluation) for evaluation in of_seed})
        points = points[points.index >= first]
        if len(points):  # matplotlib cannot lay out an empty line that is not clipped
            axes.plot(points.index, points, look.marker, color=look.colour, clip_on=False, zorder=4)
        # The history of the last checkpoint is that of the whole training.
        curves.append(_measured({row.epoch: getattr(row, in_history) for row in of_seed[-1].history}))
    for curve in curves:
        width, opacity = (LINE_PT, 1.0) if len(seeds) == 1 else (LINE_PT / 2, 0.4)
        axes.plot(curve.index, curve, look.dashes, color=look.colour, linewidth=width, alpha=opacity)
    if len(seeds) > 1:
        mean = pd.concat(curves, axis=1, join="inner").mean(axis=1)
        axes.plot(mean.index, mean, look.dashes, color=look.colour)


def _untrained(evaluations: Sequence[Evaluation], network: str, field: str) -> tuple[float, ...]:
    """The accuracies at epoch 0, one for each seed; empty if one was not measured."""
    untrained = [e for e in evaluations if e.network == network and e.epoch == 0]
    accuracies = [getattr(e, field) for e in sorted(untrained, key=lambda evaluation: evaluation.seed)]
    return () if None in accuracies else tuple(accuracies)


def _note(measured: Sequence[Evaluation]) -> str:
    seeds = len({evaluation.seed for evaluation in measured})
    words = "Lines: a subset of the test images after each epoch; markers: each checkpoint on the full evaluation. "
    words += "Robust: under projected gradient descent (PGD). "
    return words + (f"Thin: each of {seeds} training seeds; bold: their mean." if seeds > 1 else "1 training seed.")


def _measured(by_epoch: dict[int, float | None]) -> "pd.Series[float]":
    return pd.Series(by_epoch, dtype="float64").dropna()
