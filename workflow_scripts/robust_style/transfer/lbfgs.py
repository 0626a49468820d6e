"""L-BFGS that never goes uphill: limited memory, backtracking line search, capped step, no clamp."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.errors import Divergence
from robust_style.transfer.course import Course, Point, evaluate
from robust_style.transfer.losses import Losses

# Pairs of steps and gradient changes kept. MEASURED (pilot, 256 px): torch's 100 cost as much time as the network.
HISTORY = 20
# No step changes a value by more than this, half the range of an image.
LARGEST_CHANGE = 0.5
# Without memory there is no scale: the first step changes no value by more than 5 of 255.
FIRST_CHANGE = 0.02
# Armijo's condition (Nocedal & Wright 2006, eq. 3.4 with the constant they suggest).
SUFFICIENT_DECREASE = 1e-4
# Backtracking: eight trials reach 0.3^7 = 2e-4 of the step, below which bfloat16 no longer resolves the loss.
SHRINK = 0.3
TRIALS = 8
# Pairs of less curvature than rounding are left out, so that the inverse Hessian stays positive (ibid., § 7.2).
LEAST_CURVATURE = 1e-10


@dataclass(frozen=True)
class Curvature:
    """One step s, the change of the gradient y along it, and 1 / s·y."""

    step: Float[Tensor, "1 3 height width"]
    change: Float[Tensor, "1 3 height width"]
    inverse: Tensor


def minimise(
    objective: Callable[[Tensor], Losses], start: Float[Tensor, "1 3 height width"], course: Course
) -> tuple[Point, str]:
    """The best picture within the budget of `course`, not projected, and why it stopped: evaluations or converged.

    The course sees, at each evaluation, the best picture so far, so its losses never rise; a trial step that the line
    search refuses costs an evaluation and shows nothing. Raises Divergence if the loss is not finite at the start.

    Source: Nocedal & Wright 2006, algorithms 7.4 and 3.1. Differs from torch.optim.LBFGS: backtracking instead of no
    line search or strong Wolfe, capped steps, and a number of evaluations that is kept exactly.
    """
    best = evaluate(objective, start)
    if not best.is_finite:
        raise Divergence(
            f"style transfer: expected a finite loss at the start, found {best.total}; "
            "lower style_weight, or train the checkpoint again if its weights are not finite"
        )
    course.record(best)
    memory: deque[Curvature] = deque(maxlen=HISTORY)
    while not course.is_complete:
        found = _search(objective, best, _direction(best, memory), course)
        if found is None:
            if not memory and not course.is_complete:
                course.close(best)
                return best, "converged"
            memory.clear()
            continue
        step, change = found.image - best.image, found.gradient - best.gradient
        curvature = (step * change).sum()
        if curvature > LEAST_CURVATURE * change.square().sum():
            memory.append(Curvature(step, change, 1 / curvature))
        best = found
    return best, "evaluations"


def _search(objective: Callable[[Tensor], Losses], best: Point, direction: Tensor, course: Course) -> Point | None:
    """The first of up to eight ever shorter steps that lowers the loss enough; None if none does."""
    slope = (best.gradient * direction).sum().item()
    if slope >= 0:
        return None
    length = min(1.0, LARGEST_CHANGE / direction.abs().max().item())
    for _ in range(TRIALS):
        trial = evaluate(objective, best.image + length * direction)
        if trial.is_finite and trial.total <= best.total + SUFFICIENT_DECREASE * length * slope:
            course.record(trial)
            return trial
        course.record(best)
        if course.is_complete:
            return None
        length *= SHRINK
    return None


def _direction(point: Point, memory: deque[Curvature]) -> Tensor:
    """Minus the inverse Hessian, as the memory knows it, times the gradient (the two-loop recursion)."""
    if not memory:
        return point.gradient * (-FIRST_CHANGE / point.gradient.abs().max().clamp_min(torch.finfo(torch.float32).tiny))
    direction, shares = -point.gradient, []
    for pair in reversed(memory):
        share = pair.inverse * (pair.step * direction).sum()
        direction = direction - share * pair.change
        shares.append(share)
    newest = memory[-1]
    direction = direction / (newest.inverse * newest.change.square().sum())
    for pair, share in zip(memory, reversed(shares), strict=True):
        direction = direction + pair.step * (share - pair.inverse * (pair.change * direction).sum())
    return direction
