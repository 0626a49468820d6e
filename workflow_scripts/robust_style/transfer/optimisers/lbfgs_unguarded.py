"""L-BFGS as in the original's `Robust_Neural_Style_Transfer.ipynb`: no line search, pixels clamped in the closure."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

import torch
from torch import Tensor

from robust_style.transfer.optimisers.problem import LossAndGradient, Outcome, Problem, refuse_divergence_at_start
from robust_style.transfer.optimisers.trajectory import Trajectory
from robust_style.transfer.recipe import LineSearch

Result = TypeVar("Result")
# Maps the parameters of one row (a batch of one) to its losses and gradient.
Evaluate = Callable[[Tensor], LossAndGradient]


def minimise_unguarded(
    problem: Problem,
    start: Tensor,
    trajectories: Sequence[Trajectory],
    *,
    clamp: bool = True,
    line_search: LineSearch = "none",
) -> list[Outcome]:
    """The last evaluated parameters of each row; each row has its own optimiser, and all are evaluated in one batch.

    The loss can explode, for two reasons: the clamp changes the parameters after the optimiser's step, which makes its
    curvature pairs wrong, and without a line search no step is checked. `clamp=False` and `line_search="strong_wolfe"`
    remove one each. The trajectory records each evaluated picture. If a loss becomes non-finite, the last parameters
    before it are the result; at the start this raises Divergence.

    Source: the notebook, which uses torch.optim.LBFGS with its defaults (lr 1, 20 inner iterations a step, 100 pairs).
    Differs from it: stops exactly after the given number of iterations.
    """
    rows = [
        partial(_minimise_row, start=start[row : row + 1], trajectory=trajectory, clamp=clamp, line_search=line_search)
        for row, trajectory in enumerate(trajectories)
    ]
    return interleave(problem, rows)


class _Finished(Exception):
    """Leaves torch's optimiser from inside its closure."""


def _minimise_row(
    evaluate: Evaluate, *, start: Tensor, trajectory: Trajectory, clamp: bool, line_search: LineSearch
) -> Outcome:
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
            stopped, trajectory.has_diverged = "diverged", True
            raise _Finished
        trajectory.record(point.losses[0], point.parameters)
        last = point.parameters
        if trajectory.is_complete:
            raise _Finished
        leaf.grad = point.gradient
        return torch.tensor(point.losses[0].total)

    try:
        while True:
            optimiser.step(closure)  # type: ignore[no-untyped-call]
    except _Finished:
        assert last is not None
        trajectory.close(last)
        return Outcome(last, stopped)


def interleave(problem: Problem, rows: Sequence[Callable[[Evaluate], Result]]) -> list[Result]:
    """Run one function for each row, and evaluate `problem` for all of them in one batch; return their results.

    torch's optimiser calls its closure itself, so each function runs in a thread and pauses where it evaluates. Only
    one thread runs at a time, in the order of the rows, so the result is deterministic. A finished row leaves the
    batch. The first exception ends all rows and is raised.
    """
    coroutines = [_Coroutine(function) for function in rows]
    results: dict[int, Result] = {}
    try:
        answers = {number: row.start() for number, row in enumerate(coroutines)}
        while True:
            points = {}
            for number, answer in answers.items():
                if isinstance(answer, Tensor):
                    points[number] = answer
                else:
                    results[number] = answer.result()
            if not points:
                return [results[number] for number in range(len(rows))]
            batch = problem.evaluate(torch.cat(list(points.values())), list(points), [problem.is_float32] * len(points))
            answers = {number: coroutines[number].resume(_row(batch, index)) for index, number in enumerate(points)}
    finally:
        for row in coroutines:
            row.cancel()


class _Cancelled(BaseException):
    """Ends a function that waits for an evaluation; not an Exception, so that the function does not catch it."""


class _Coroutine(Generic[Result]):
    """A function in its own thread that pauses where it calls `evaluate`."""

    def __init__(self, function: Callable[[Evaluate], Result]) -> None:
        self.function = function
        # from the thread: parameters to evaluate, or the finished result; to the thread: evaluations, or None to cancel
        self.requests: SimpleQueue[Tensor | Future[Result]] = SimpleQueue()
        self.evaluations: SimpleQueue[LossAndGradient | None] = SimpleQueue()
        self.thread = Thread(target=self._run, daemon=True)

    def start(self) -> Tensor | Future[Result]:
        self.thread.start()
        return self.requests.get()

    def resume(self, evaluation: LossAndGradient) -> Tensor | Future[Result]:
        self.evaluations.put(evaluation)
        return self.requests.get()

    def cancel(self) -> None:
        """End the thread if it is waiting."""
        if self.thread.is_alive():
            self.evaluations.put(None)
            self.thread.join()

    def _run(self) -> None:
        result: Future[Result] = Future()
        try:
            result.set_result(self.function(self._evaluate))
        except BaseException as error:  # raised in the main thread by result()
            result.set_exception(error)
        self.requests.put(result)

    def _evaluate(self, parameters: Tensor) -> LossAndGradient:
        self.requests.put(parameters)
        evaluation = self.evaluations.get()
        if evaluation is None:
            raise _Cancelled
        return evaluation


def _row(batch: LossAndGradient, index: int) -> LossAndGradient:
    rows = slice(index, index + 1)
    return LossAndGradient(batch.parameters[rows], batch.gradient[rows], batch.losses[rows], batch.is_finite[rows])
