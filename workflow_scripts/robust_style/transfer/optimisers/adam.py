"""Adam, for losses that change from iteration to iteration."""

from collections.abc import Sequence

import torch
from torch import Tensor

from robust_style.transfer.optimisers.problem import Outcome, Problem, refuse_divergence_at_start
from robust_style.transfer.optimisers.trajectory import Trajectory


def minimise_by_adam(
    problem: Problem, start: Tensor, trajectories: Sequence[Trajectory], *, learning_rate: float, clamp: bool = True
) -> list[Outcome]:
    """The last evaluated parameters of each row. With `clamp` they are clamped to [0, 1] before each iteration.

    Adam works element by element, so rows are independent. If the loss of a row becomes non-finite, its last parameters
    before that are the result, and the row is left out from then on; at the start this raises Divergence.

    Source: Kingma & Ba 2015, algorithm 1, by torch.optim.Adam with its other defaults.
    """
    leaf = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([leaf], lr=learning_rate)
    outcomes: dict[int, Outcome] = {}
    previous = start
    while len(outcomes) < len(trajectories):
        if clamp:
            with torch.no_grad():
                leaf.clamp_(0, 1)
        active = [row for row in range(len(trajectories)) if row not in outcomes]
        point = problem.evaluate(leaf.detach()[active], active, [problem.is_float32] * len(active))
        if trajectories[active[0]].last < 0:
            refuse_divergence_at_start(point)
        leaf.grad = torch.zeros_like(leaf)
        for index, row in enumerate(active):
            if not point.is_finite[index]:
                outcomes[row] = Outcome(previous[row : row + 1], "diverged")
                trajectories[row].has_diverged = True
                continue
            leaf.grad[row] = point.gradient[index]
            trajectories[row].record(point.losses[index], point.parameters[index : index + 1])
            if trajectories[row].is_complete:
                outcomes[row] = Outcome(point.parameters[index : index + 1], "iterations")
        previous = leaf.detach().clone()
        optimiser.step()
    for row, trajectory in enumerate(trajectories):
        trajectory.close(outcomes[row].parameters)
    return [outcomes[row] for row in range(len(trajectories))]
