"""L-BFGS as in the original notebook: no line search, and the pixels clamped behind the optimiser's back."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import Divergence
from robust_style.transfer.course import Course, Point, evaluate
from robust_style.transfer.losses import Losses


class _Ended(Exception):
    """Leaves torch's optimiser from within its closure."""


def minimise_unguarded(
    objective: Callable[[Tensor], Losses], start: Float[Tensor, "1 3 height width"], course: Course
) -> tuple[Point, str]:
    """The last picture that was evaluated, and why it stopped: evaluations or diverged.

    The clamp changes the image that L-BFGS believes it has stepped to, and its curvature pairs with it; without a
    line search nothing catches the steps that follow. That is what this recipe is here to show. The course sees each
    picture as evaluated. When a loss is no longer finite the last picture before it is the result; at the
    start that raises Divergence, because then it is not the optimiser's doing.

    Source: the original notebook, which uses torch.optim.LBFGS with its defaults (lr 1, 20 iterations a step, history
    100). Differs from it: stops exactly at the last evaluation of the budget.
    """
    image = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([image])
    last: Point | None = None
    stopped = "evaluations"

    def closure() -> Tensor:
        nonlocal last, stopped
        with torch.no_grad():
            image.clamp_(0, 1)
        point = evaluate(objective, image.clone())
        if not point.is_finite:
            stopped = "diverged"
            raise _Ended
        course.record(point)
        last = point
        if course.is_complete:
            raise _Ended
        image.grad = point.gradient
        return torch.tensor(point.total)

    try:
        while True:
            optimiser.step(closure)  # type: ignore[no-untyped-call]
    except _Ended:
        if last is None:
            raise Divergence(
                "style transfer: expected a finite loss at the start, found none; "
                "lower style_weight, or train the checkpoint again if its weights are not finite"
            ) from None
        course.close(last)
        return last, stopped
