"""Optimisers that call their objective themselves, many at once: each pauses where it asks, one batch answers all."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Generic, TypeVar

import torch
from torch import Tensor

from robust_style.transfer.problem import LossAndGradient, Problem

Result = TypeVar("Result")
# Parameters of one row (a batch of one) to their iteration.
Ask = Callable[[Tensor], LossAndGradient]


class _Abandoned(BaseException):
    """Ends a function whose answer will never come; no Exception, so that nothing on the way takes it for its own."""


def in_turns(problem: Problem, rows: Sequence[Callable[[Ask], Result]]) -> list[Result]:
    """The results of one function per row, whose iterations of `problem` are made in one batch.

    Each function has its turn until it asks, in the order of the rows, never two at a time: so the order of all that
    they do is fixed. A row that has returned leaves the batch. The first exception of any ends all.
    """
    paused = [_Paused(function) for function in rows]
    results: dict[int, Result] = {}
    try:
        asked = {number: row.begin() for number, row in enumerate(paused)}
        while True:
            points = {}
            for number, said in asked.items():
                if isinstance(said, Tensor):
                    points[number] = said
                else:
                    results[number] = said.result()
            if not points:
                return [results[number] for number in range(len(rows))]
            together = problem.evaluate(
                torch.cat(list(points.values())), list(points), [problem.is_exact] * len(points)
            )
            asked = {number: paused[number].go_on(_row(together, place)) for place, number in enumerate(points)}
    finally:
        for row in paused:
            row.abandon()


class _Paused(Generic[Result]):
    """A function in a thread of its own, so that it can wait where it asks: a coroutine of code that is none."""

    def __init__(self, function: Callable[[Ask], Result]) -> None:
        self.function = function
        self.says: SimpleQueue[Tensor | Future[Result]] = SimpleQueue()
        self.hears: SimpleQueue[LossAndGradient | None] = SimpleQueue()
        self.thread = Thread(target=self._run, daemon=True)

    def begin(self) -> Tensor | Future[Result]:
        self.thread.start()
        return self.says.get()

    def go_on(self, answer: LossAndGradient) -> Tensor | Future[Result]:
        self.hears.put(answer)
        return self.says.get()

    def abandon(self) -> None:
        """Ends the thread, wherever it waits."""
        if self.thread.is_alive():
            self.hears.put(None)
            self.thread.join()

    def _run(self) -> None:
        done: Future[Result] = Future()
        try:
            done.set_result(self.function(self._ask))
        except BaseException as error:  # to be raised where it can be seen
            done.set_exception(error)
        self.says.put(done)

    def _ask(self, parameters: Tensor) -> LossAndGradient:
        self.says.put(parameters)
        answer = self.hears.get()
        if answer is None:
            raise _Abandoned
        return answer


def _row(together: LossAndGradient, place: int) -> LossAndGradient:
    own = slice(place, place + 1)
    return LossAndGradient(
        together.parameters[own], together.gradient[own], together.losses[own], together.is_finite[own]
    )
