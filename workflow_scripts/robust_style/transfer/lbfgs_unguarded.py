"""L-BFGS as in the original notebook: no line search, and the pixels clamped behind the optimiser's back."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from robust_style.transfer.course import Course
from robust_style.transfer.in_turns import Ask, in_turns
from robust_style.transfer.lbfgs import Outcome
from robust_style.transfer.problem import Problem, refuse_divergence_at_start
from robust_style.transfer.recipe import LineSearch


class _Ended(Exception):
    """Leaves torch's optimiser from within its closure."""


def minimise_unguarded(
    problem: Problem,
    start: Tensor,
    courses: Sequence[Course],
    *,
    clamp: bool = True,
    line_search: LineSearch = "none",
) -> list[Outcome]:
    """The last picture of each row that was evaluated; each row has an optimiser of its own, evaluated together.

    The clamp changes the image that L-BFGS believes it has stepped to, and its curvature pairs with it; without a
    line search nothing catches the steps that follow. That is what this recipe is here to show; `clamp=False` and
    `line_search="strong_wolfe"` tell the two apart. The course sees each picture as evaluated. When a loss is no
    longer finite the last picture before it is the result; at the start that raises Divergence, because then it is not
    the optimiser's doing.

    Source: the original notebook, which uses torch.optim.LBFGS with its defaults (lr 1, 20 iterations a step, history
    100). Differs from it: stops exactly at the last iteration of the budget.
    """
    rows = [
        partial(_minimised, start=start[row : row + 1], course=course, clamp=clamp, line_search=line_search)
        for row, course in enumerate(courses)
    ]
    return in_turns(problem, rows)


def _minimised(evaluate: Ask, *, start: Tensor, course: Course, clamp: bool, line_search: LineSearch) -> Outcome:
    leaf = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([leaf], line_search_fn=None if line_search == "none" else line_search)
    last: Tensor | None = None
    stopped = "iterations"

    def closure() -> Tensor:
        nonlocal last, stopped
        if clamp:
            with torch.no_grad():
                leaf.clamp_(0, 1)
        point = evaluate(leaf.detach().clone())
        if last is None:
            refuse_divergence_at_start(point)
        elif not point.is_finite[0]:
            stopped = "diverged"
            raise _Ended
        course.record(point.losses[0], point.parameters)
        last = point.parameters
        if course.is_complete:
            raise _Ended
        leaf.grad = point.gradient
        return torch.tensor(point.losses[0].total)

    try:
        while True:
            optimiser.step(closure)  # type: ignore[no-untyped-call]
    except _Ended:
        assert last is not None
        course.close(last)
        return Outcome(last, stopped)
