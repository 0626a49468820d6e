"""How the networks of the page learnt: accuracies over training epochs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robust_style.files.evaluation import Evaluation
from robust_style.page.axes import Axes


def shown_training(paths: Sequence[Path], axes: Axes) -> list[dict[str, Any]]:
    """Per network and seed that the page shows: each checkpoint's accuracies, and those seen while it was trained.

    Both are lists of [epoch, clean accuracy, robust accuracy], fractions or None. Raises ResultError.
    """
    found = [evaluation for evaluation in map(Evaluation.load, paths) if _is_shown(evaluation, axes)]
    return [
        {
            "network": axes.networks.index(network),
            "seed": axes.seeds.index(seed),
            "checkpoints": [[one.epoch, one.clean_accuracy, one.robust_accuracy] for one in of_training],
            # The last checkpoint's history holds all the earlier ones'.
            "history": [
                [row.epoch, row.test_clean_accuracy, row.test_robust_accuracy] for row in of_training[-1].history
            ],
        }
        for network, seed in dict.fromkeys((evaluation.network, evaluation.seed) for evaluation in found)
        if (of_training := _of(found, network, seed))
    ]


def _is_shown(evaluation: Evaluation, axes: Axes) -> bool:
    return evaluation.network in axes.networks and evaluation.seed in axes.seeds


def _of(found: Sequence[Evaluation], network: str, seed: int) -> list[Evaluation]:
    of_training = [one for one in found if one.network == network and one.seed == seed]
    return sorted(of_training, key=lambda one: one.epoch)
