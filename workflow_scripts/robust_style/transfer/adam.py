"""Adam: short steps of about equal length in every value, for losses that change from iteration to iteration."""

from collections.abc import Sequence

import torch
from torch import Tensor

from robust_style.transfer.course import Course
from robust_style.transfer.lbfgs import Outcome
from robust_style.transfer.problem import Problem, refuse_divergence_at_start


def minimise_by_adam(
    problem: Problem, start: Tensor, courses: Sequence[Course], *, learning_rate: float, clamp: bool = True
) -> list[Outcome]:
    """The last picture of each row that was evaluated. With `clamp` parameters are kept in [0, 1] before each.

    Adam works value by value, so that the rows of a batch do not touch each other. All courses have the same budget.
    When the loss of a row is no longer finite its last picture before that is the result, and the row is left out;
    at the start that raises Divergence.

    Source: Kingma & Ba 2015, algorithm 1, by torch.optim.Adam with its other defaults.
    """
    leaf = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([leaf], lr=learning_rate)
    outcomes: dict[int, Outcome] = {}
    before = start
    while len(outcomes) < len(courses):
        if clamp:
            with torch.no_grad():
                leaf.clamp_(0, 1)
        active = [row for row in range(len(courses)) if row not in outcomes]
        point = problem.evaluate(leaf.detach()[active], active, [problem.is_exact] * len(active))
        if courses[active[0]].last < 0:
            refuse_divergence_at_start(point)
        leaf.grad = torch.zeros_like(leaf)
        for place, row in enumerate(active):
            if not point.is_finite[place]:
                outcomes[row] = Outcome(before[row : row + 1], "diverged")
                continue
            leaf.grad[row] = point.gradient[place]
            courses[row].record(point.losses[place], point.parameters[place : place + 1])
            if courses[row].is_complete:
                outcomes[row] = Outcome(point.parameters[place : place + 1], "iterations")
        before = leaf.detach().clone()
        optimiser.step()
    for course, row in zip(courses, range(len(courses)), strict=True):
        course.close(outcomes[row].parameters)
    return [outcomes[row] for row in range(len(courses))]
