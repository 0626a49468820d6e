"""Clean and robust accuracy over the training epochs."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from robust_style.errors import ResultError
from robust_style.figure.palette import Look, looks
from robust_style.figure.visual_language import (
    LINE_PT,
    PAGE_WIDTH_MM,
    new_figure,
    save,
    visual_language,
    whole_epochs,
)
from robust_style.figure.words import spoken
from robust_style.score.evaluation import Evaluation, read_evaluation

HEIGHT_MM = 68.0
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
    found = [evaluation for evaluation in map(read_evaluation, evaluations) if evaluation.network in networks]
    if not found:
        raise ResultError(
            f"expected evaluations of {', '.join(networks)}, found none; add evaluations of these networks"
        )
    regimes = {evaluation.network: evaluation.regime for evaluation in found}
    of_network = looks({network: regimes[network] for network in networks if network in regimes})
    with visual_language():
        drawn = new_figure(PAGE_WIDTH_MM, HEIGHT_MM)
        panels = drawn.subplots(1, 2, sharey=True)
        drawn.subplots_adjust(left=0.075, right=0.99, bottom=0.15, top=0.83, wspace=0.07)
        for axes, (title, of_history, of_checkpoint) in zip(panels, PANELS, strict=True):
            for network, look in of_network.items():
                own = [evaluation for evaluation in found if evaluation.network == network]
                _draw_network(axes, own, of_history, of_checkpoint, look)
            axes.set_title(title, loc="left", fontweight="bold")
            axes.set_xlabel("training epochs")
            whole_epochs(axes, [evaluation.epoch for evaluation in found])
            axes.grid(axis="y")
        panels[0].set_ylim(0, 1)
        panels[0].yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        handles, labels = panels[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.065, 1.0), ncols=len(labels))
        save(drawn, figure)
        save(drawn, vector)


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
    dashes = look.dashes if any(len(curve) for curve in curves) else "none"
    axes.plot([], [], linestyle=dashes, marker=look.marker, color=look.colour, label=spoken(own[0].network))


def _measured(by_epoch: dict[int, float | None]) -> "pd.Series[float]":
    return pd.Series(by_epoch, dtype="float64").dropna()
