"""L-BFGS that never goes uphill: limited memory, backtracking line search, capped step, no clamp; many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from robust_style.transfer.course import Course
from robust_style.transfer.curvature import Curvature
from robust_style.transfer.problem import LossAndGradient, PictureLosses, Problem, refuse_divergence_at_start

# No step changes a value of the picture by more than this, half its range.
LARGEST_CHANGE = 0.5
# Without memory there is no scale: the first step changes none by more than 5 of 255.
FIRST_CHANGE = 0.02
# Armijo's condition (Nocedal & Wright 2006, eq. 3.4 with the constant they suggest).
SUFFICIENT_DECREASE = 1e-4
# Backtracking: eight trials reach 0.3^7 = 2e-4 of the step, below which bfloat16 no longer resolves the loss.
SHRINK = 0.3
TRIALS = 8
# Pairs of less curvature than rounding are left out, so that the inverse Hessian stays positive (ibid., § 7.2).
LEAST_CURVATURE = 1e-10
# The last iterations are in full precision, whatever the others were, so that the end is one of the true loss.
EXACT_AT_THE_END = 10


@dataclass(frozen=True)
class Outcome:
    """The parameters at the end of one row (a batch of one), and why it stopped: iterations, converged or diverged."""

    parameters: Tensor
    stopped: str


@dataclass
class _Row:
    """Where one problem of the batch stands."""

    losses: PictureLosses
    exact: bool
    slope: float = 0.0
    length: float = 0.0
    trials: int = 0
    # its picture is to be evaluated once more, in full precision
    again: bool = False
    stopped: str | None = None


def minimise(problem: Problem, start: Tensor, courses: Sequence[Course]) -> list[Outcome]:
    """The best picture of each row within the budget of its course, not projected.

    Every row is a problem of its own: memory, line search, end and precision. The course sees, at each iteration, the
    best picture so far, so its losses never rise; a trial step that the line search refuses costs an iteration and
    shows nothing. Where the objective is not exact, the last ten iterations are, and all that follow a line search
    that found nothing, because rounding hid the decrease; the switch costs one iteration. Raises Divergence if the
    loss is not finite at the start.

    Source: Nocedal & Wright 2006, algorithms 7.4 and 3.1. Differs from torch.optim.LBFGS: backtracking instead of no
    line search or strong Wolfe, capped steps, and a number of iterations that is kept exactly.
    """
    return _Descent(problem, start, courses).run()


class _Descent:
    def __init__(self, problem: Problem, start: Tensor, courses: Sequence[Course]) -> None:
        self.problem, self.courses = problem, courses
        everything = range(len(start))
        best = problem.evaluate(start, everything, [problem.is_exact] * len(start))
        refuse_divergence_at_start(best)
        self.parameters, self.gradient = best.parameters.clone(), best.gradient.clone()
        self.rows = [_Row(losses, problem.is_exact) for losses in best.losses]
        self.memory = Curvature(len(start))
        self.direction = torch.zeros_like(self.parameters)
        for row in everything:
            self._record(row)
        self._turn(everything)

    def run(self) -> list[Outcome]:
        while active := [number for number, row in enumerate(self.rows) if row.stopped is None]:
            lengths = self.parameters.new_tensor([self.rows[number].length for number in active])
            every = len(active) == len(self.rows)
            here = self.parameters if every else self.parameters[active]
            along = self.direction if every else self.direction[active]
            trial = here + lengths.view(-1, *[1] * (here.dim() - 1)) * along
            self._judge(active, self.problem.evaluate(trial, active, [self.rows[number].exact for number in active]))
        return [Outcome(self.parameters[n : n + 1], row.stopped or "") for n, row in enumerate(self.rows)]

    def _judge(self, active: Sequence[int], trial: LossAndGradient) -> None:
        """Takes the steps that lower the loss enough, shortens the others, gives up those that are too short."""
        taken, turned = [], []
        for place, number in enumerate(active):
            row, losses = self.rows[number], trial.losses[place]
            if row.again or (
                trial.is_finite[place]
                and losses.total <= row.losses.total + (SUFFICIENT_DECREASE * row.length * row.slope)
            ):
                taken.append(place)
            else:
                row.trials += 1
                row.length *= SHRINK
                if row.trials == TRIALS:
                    self._found_nothing(number)
                    turned.append(number)
        if taken:
            self._take([active[place] for place in taken], taken, trial)
        for number in active:
            self._record(number)
        going = [
            number
            for number in [*(active[place] for place in taken), *turned]
            if self.rows[number].stopped is None and not self.rows[number].again
        ]
        if going:
            self._turn(going)

    def _take(self, numbers: Sequence[int], places: Sequence[int], trial: LossAndGradient) -> None:
        """Moves these rows to their trial points, and remembers what the gradient did on the way."""
        at, to = list(places), list(numbers)
        if len(to) == len(self.rows):
            parameters, gradient = trial.parameters, trial.gradient
        else:
            parameters, gradient = self.parameters.clone(), self.gradient.clone()
            parameters[to], gradient[to] = trial.parameters[at], trial.gradient[at]
        step, change = parameters - self.parameters, gradient - self.gradient
        self.parameters, self.gradient = parameters, gradient
        products = (step * change).flatten(1).sum(1).tolist()
        squares = change.square().flatten(1).sum(1).tolist()
        curved = []
        for place, number in zip(places, numbers, strict=True):
            row = self.rows[number]
            if not row.again and products[number] > LEAST_CURVATURE * squares[number]:
                curved.append(number)
            row.losses, row.again = trial.losses[place], False
        if curved:
            self.memory.remember(step, change, curved)

    def _found_nothing(self, number: int) -> None:
        row = self.rows[number]
        if not row.exact:
            self._want_exact(number)
        elif not self.memory.knows(number):
            row.stopped = "converged"
        self.memory.forget(number)

    def _want_exact(self, number: int) -> None:
        row = self.rows[number]
        row.exact = row.again = True
        row.length = 0.0

    def _record(self, number: int) -> None:
        row, course = self.rows[number], self.courses[number]
        here = self.parameters[number : number + 1]
        course.record(row.losses, here)
        if course.is_complete:
            row.stopped = "iterations"
        elif row.stopped is None and not row.exact and course.left <= EXACT_AT_THE_END:
            self._want_exact(number)
        if row.again:
            course.becomes_exact()
        if row.stopped is not None:
            course.close(here)

    def _turn(self, numbers: Sequence[int]) -> None:
        """New directions, and how far to go along them at first."""
        numbers = [number for number in numbers if self.rows[number].stopped is None and not self.rows[number].again]
        if not numbers:
            return
        direction = self.memory.direction(self.gradient)
        slopes = (self.gradient * direction).flatten(1).sum(1).tolist()
        uphill = [number for number in numbers if not slopes[number] < 0 and self.memory.knows(number)]
        if uphill:
            # rounding has spoilt the memory; without it the direction is downhill
            for number in uphill:
                self.memory.forget(number)
            direction = self.memory.direction(self.gradient)
            slopes = (self.gradient * direction).flatten(1).sum(1).tolist()
        for number in numbers:
            if not slopes[number] < 0:
                # no gradient is left
                self.rows[number].stopped = "converged"
                self.courses[number].close(self.parameters[number : number + 1])
        if len(numbers) == len(self.rows):
            self.direction = direction
        else:
            self.direction[list(numbers)] = direction[list(numbers)]
        with torch.no_grad():
            decode = self.problem.parameterisation.decode
            changes = decode(self.parameters + direction) - decode(self.parameters)
        largest = changes.abs().flatten(1).amax(1).tolist()
        for number in numbers:
            row = self.rows[number]
            row.slope, row.trials = slopes[number], 0
            if largest[number] == 0:
                row.length = 1.0
            elif self.memory.knows(number):
                row.length = min(1.0, LARGEST_CHANGE / largest[number])
            else:
                row.length = FIRST_CHANGE / largest[number]
