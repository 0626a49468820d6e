"""L-BFGS for a batch of problems: limited memory, backtracking line search, capped steps, no clamp.

The loss never rises, except where the precision or the style weight changes.
"""

import math
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from robust_style.transfer.optimisers.problem import (
    LossAndGradient,
    Outcome,
    PictureLosses,
    Problem,
    refuse_divergence_at_start,
)
from robust_style.transfer.optimisers.trajectory import Trajectory

# No step changes a value of the picture by more than this, half its range (approximately, for Fourier coefficients).
LARGEST_CHANGE = 0.5
# Without memory the step has no scale: the first step changes no value by more than 5 of 255.
FIRST_CHANGE = 0.02
# SOURCE: Armijo's condition (Nocedal & Wright 2006, eq. 3.4 with the constant they suggest).
SUFFICIENT_DECREASE = 1e-4
# A line search tries eight steps, each 0.3 times the one before. The last is 0.3^7 = 2e-4 of the first; bfloat16 does
# not resolve smaller changes of the loss.
SHRINK = 0.3
TRIALS = 8
# A pair is a step s and the change y of the gradient along it. Pairs with s·y below this share of y·y (rounding) are
# left out, so that the inverse Hessian stays positive definite (ibid., § 7.2).
LEAST_CURVATURE = 1e-10
# The last iterations are in float32, so that the final losses have no rounding of bfloat16.
FLOAT32_AT_THE_END = 10
# Pairs kept. MEASURED (pilot, 256 px): the 100 pairs of torch's default take as much time as the network.
HISTORY = 20


def minimise(problem: Problem, start: Tensor, trajectories: Sequence[Trajectory]) -> list[Outcome]:
    """The best parameters of each row within the iterations of its trajectory, not clamped.

    Rows are independent: each has its own memory, line search, end and precision. At each iteration the trajectory
    records the best picture so far and the loss that was evaluated; a trial step that the line search rejects costs an
    iteration. If the objective is not always in float32, the last ten iterations are, and so are all after a line
    search that failed, because rounding hid the decrease; the switch costs one iteration. Raises Divergence if the loss
    is not finite at the start.

    Source: Nocedal & Wright 2006, algorithms 7.4 and 3.1. Differs from torch.optim.LBFGS: backtracking instead of no
    line search or strong Wolfe, capped steps, and an exact number of iterations.
    """
    return _Minimisation(problem, start, trajectories).run()


@dataclass
class _Row:
    """The state of one problem of the batch."""

    losses: PictureLosses
    in_float32: bool
    slope: float = 0.0
    step_length: float = 0.0
    trials: int = 0
    # the current picture is to be evaluated once more: in float32
    reevaluate: bool = False
    stopped: str | None = None


class _Minimisation:
    def __init__(self, problem: Problem, start: Tensor, trajectories: Sequence[Trajectory]) -> None:
        self.problem, self.trajectories = problem, trajectories
        all_rows = range(len(start))
        point = problem.evaluate(start, all_rows, [problem.is_float32] * len(start))
        refuse_divergence_at_start(point)
        self.parameters, self.gradient = point.parameters.clone(), point.gradient.clone()
        self.rows = [_Row(losses, problem.is_float32) for losses in point.losses]
        self.memory = Curvature(len(start))
        self.direction = torch.zeros_like(self.parameters)
        for row in all_rows:
            self._record(row)
        self._choose_directions(all_rows)

    def run(self) -> list[Outcome]:
        while active := [number for number, row in enumerate(self.rows) if row.stopped is None]:
            lengths = self.parameters.new_tensor([self.rows[number].step_length for number in active])
            are_all = len(active) == len(self.rows)
            parameters = self.parameters if are_all else self.parameters[active]
            direction = self.direction if are_all else self.direction[active]
            trial = parameters + lengths.view(-1, *[1] * (parameters.dim() - 1)) * direction
            in_float32 = [self.rows[number].in_float32 for number in active]
            self._accept_or_shorten(active, self.problem.evaluate(trial, active, in_float32))
        return [Outcome(self.parameters[n : n + 1], row.stopped or "") for n, row in enumerate(self.rows)]

    def _accept_or_shorten(self, active: Sequence[int], trial: LossAndGradient) -> None:
        """Accept the steps that decrease the loss enough, shorten the others, end line searches after `TRIALS`."""
        accepted, failed = [], []
        for index, number in enumerate(active):
            row, losses = self.rows[number], trial.losses[index]
            if row.reevaluate or (
                trial.is_finite[index]
                and losses.total <= row.losses.total + (SUFFICIENT_DECREASE * row.step_length * row.slope)
            ):
                accepted.append(index)
            else:
                row.trials += 1
                row.step_length *= SHRINK
                if row.trials == TRIALS:
                    self._end_line_search(number)
                    failed.append(number)
        if accepted:
            self._accept([active[index] for index in accepted], accepted, trial)
        for index, number in enumerate(active):
            # A trial whose loss is not finite was rejected: the loss of the picture is recorded instead.
            total = trial.losses[index].total
            self._record(number, total if math.isfinite(total) else None)
        self._choose_directions([*(active[index] for index in accepted), *failed])

    def _accept(self, numbers: Sequence[int], indices: Sequence[int], trial: LossAndGradient) -> None:
        """Move the rows `numbers` to their points `indices` of `trial`, and remember the curvature of the step."""
        sources, targets = list(indices), list(numbers)
        if len(targets) == len(self.rows):
            parameters, gradient = trial.parameters, trial.gradient
        else:
            parameters, gradient = self.parameters.clone(), self.gradient.clone()
            parameters[targets], gradient[targets] = trial.parameters[sources], trial.gradient[sources]
        step, change = parameters - self.parameters, gradient - self.gradient
        self.parameters, self.gradient = parameters, gradient
        products = (step * change).flatten(1).sum(1).tolist()
        squares = change.square().flatten(1).sum(1).tolist()
        curved = []
        for index, number in zip(indices, numbers, strict=True):
            row = self.rows[number]
            if not row.reevaluate and products[number] > LEAST_CURVATURE * squares[number]:
                curved.append(number)
            row.losses, row.reevaluate = trial.losses[index], False
        if curved:
            self.memory.remember(step, change, curved)

    def _end_line_search(self, number: int) -> None:
        row = self.rows[number]
        if not row.in_float32:
            self._switch_to_float32(number)
        elif not self.memory.has_pairs(number):
            row.stopped = "converged"
        self.memory.forget(number)

    def _switch_to_float32(self, number: int) -> None:
        row = self.rows[number]
        row.in_float32 = row.reevaluate = True
        row.step_length = 0.0

    def _record(self, number: int, evaluated: float | None = None) -> None:
        row, trajectory = self.rows[number], self.trajectories[number]
        parameters = self.parameters[number : number + 1]
        trajectory.record(row.losses, parameters, evaluated)
        if trajectory.is_complete:
            row.stopped = "iterations"
        if row.stopped is None and not row.in_float32 and trajectory.remaining <= FLOAT32_AT_THE_END:
            self._switch_to_float32(number)
        if row.reevaluate:
            trajectory.set_float32()
        if row.stopped is not None:
            trajectory.close(parameters)

    def _choose_directions(self, candidates: Sequence[int]) -> None:
        """Compute new directions and first step lengths of the rows that go on."""
        numbers = [
            number for number in candidates if self.rows[number].stopped is None and not self.rows[number].reevaluate
        ]
        if not numbers:
            return
        direction = self.memory.direction(self.gradient)
        slopes = (self.gradient * direction).flatten(1).sum(1).tolist()
        uphill = [number for number in numbers if not slopes[number] < 0 and self.memory.has_pairs(number)]
        if uphill:
            # The memory is wrong by rounding; without it the direction is downhill.
            for number in uphill:
                self.memory.forget(number)
            direction = self.memory.direction(self.gradient)
            slopes = (self.gradient * direction).flatten(1).sum(1).tolist()
        for number in numbers:
            if not slopes[number] < 0:
                # the gradient is 0
                self.rows[number].stopped = "converged"
                self.trajectories[number].close(self.parameters[number : number + 1])
        if len(numbers) == len(self.rows):
            self.direction = direction
        else:
            self.direction[numbers] = direction[numbers]
        with torch.no_grad():
            decode = self.problem.parameterisation.decode
            changes = decode(self.parameters + direction) - decode(self.parameters)
        largest = changes.abs().flatten(1).amax(1).tolist()
        for number in numbers:
            row = self.rows[number]
            row.slope, row.trials = slopes[number], 0
            if row.reevaluate:
                continue
            if largest[number] == 0:
                row.step_length = 1.0  # any length: the direction changes no value of the picture
            elif self.memory.has_pairs(number):
                row.step_length = min(1.0, LARGEST_CHANGE / largest[number])
            else:
                row.step_length = FIRST_CHANGE / largest[number]


@dataclass
class _Pair:
    """One step s of `rows`, the change of the gradient y along it, and 1 / s·y; for other rows all three are 0."""

    step: Float[Tensor, "batch values"]
    change: Float[Tensor, "batch values"]
    inverse: Float[Tensor, " batch"]
    rows: set[int]


class Curvature:
    """The L-BFGS memory of a batch of problems. Each row has its own pairs: at most `HISTORY`.

    Source: Nocedal & Wright 2006, algorithm 7.4, for each row of a batch.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._pairs: deque[_Pair] = deque()
        self._initial_scale: Tensor | None = None

    def has_pairs(self, row: int) -> bool:
        """True if there is any pair of this row."""
        return any(row in pair.rows for pair in self._pairs)

    def forget(self, row: int) -> None:
        """Drop the pairs of one row."""
        for pair in self._pairs:
            if row in pair.rows:
                self._drop(pair, row)
        self._remove_unused()

    def remember(self, step: Tensor, change: Tensor, rows: Collection[int]) -> None:
        """Add a pair for `rows`; the other rows of `step` and `change` are ignored. s·y must be above 0 for each."""
        step, change = step.flatten(1), change.flatten(1)
        selected = torch.zeros(len(step), device=step.device, dtype=step.dtype)
        selected[list(rows)] = 1
        product = _dot(step, change)
        inverse = torch.where(selected > 0, 1 / product, torch.zeros_like(product))
        scale = torch.where(selected > 0, product / _dot(change, change), torch.ones_like(product))
        self._initial_scale = (
            scale if self._initial_scale is None else torch.where(selected > 0, scale, self._initial_scale)
        )
        if len(rows) < self._rows:
            # the other rows may hold anything, also NaN
            step, change = (torch.where(selected.unsqueeze(1) > 0, t, torch.zeros_like(t)) for t in (step, change))
        self._pairs.append(_Pair(step, change, inverse, set(rows)))
        for row in rows:
            row_pairs = [pair for pair in self._pairs if row in pair.rows]
            if len(row_pairs) > HISTORY:
                self._drop(row_pairs[0], row)
        self._remove_unused()

    def direction(self, gradient: Tensor) -> Tensor:
        """For each row minus its approximate inverse Hessian times its gradient (the two-loop recursion).

        For a row without memory: the negative gradient, scaled so that its largest absolute entry is 1.
        """
        flat = gradient.flatten(1)
        first = 1 / flat.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny)
        scale = first
        if self._initial_scale is not None:
            known = torch.tensor([self.has_pairs(row) for row in range(self._rows)], device=flat.device)
            scale = torch.where(known, self._initial_scale, first)
        direction, alphas = -flat, []
        for pair in reversed(self._pairs):
            alpha = pair.inverse * _dot(pair.step, direction)
            direction = torch.addcmul(direction, alpha.unsqueeze(1), pair.change, value=-1)
            alphas.append(alpha)
        direction = direction * scale.unsqueeze(1)
        for pair, alpha in zip(self._pairs, reversed(alphas), strict=True):
            correction = alpha - pair.inverse * _dot(pair.change, direction)
            direction = torch.addcmul(direction, correction.unsqueeze(1), pair.step)
        return direction.view_as(gradient)

    def _drop(self, pair: _Pair, row: int) -> None:
        pair.rows.discard(row)
        pair.inverse[row] = 0

    def _remove_unused(self) -> None:
        while self._pairs and not self._pairs[0].rows:
            self._pairs.popleft()


def _dot(left: Tensor, right: Tensor) -> Float[Tensor, " batch"]:
    if left.is_cuda:
        # On a GPU a matrix product with one long side, the summed one, uses a single multiprocessor.
        return (left * right).sum(1)
    return (left.unsqueeze(1) @ right.unsqueeze(2)).flatten()
