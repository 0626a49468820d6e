"""The course of one optimisation: its losses and pictures, iteration by iteration."""

import math
from collections.abc import Callable, Collection

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from robust_style.transfer.problem import PictureLosses

Report = Callable[[int, float], None]


def eight_bit(image: Float[Tensor, "1 3 height width"]) -> UInt8[Tensor, "3 height width"]:
    """The picture as it is saved: projected onto [0, 1], rounded to 8 bit, on the CPU."""
    return image[0].detach().clamp(0, 1).mul(255).round().to(device="cpu", dtype=torch.uint8)


class BestSoFar:
    """The picture of the smallest total loss so far, for an optimisation that may be interrupted.

    It follows the optimisation through all sizes of a coarse-to-fine recipe and always belongs to the current size.
    `iterations` counts those after the start, over all sizes. It keeps a reference to the parameters, no copy.
    """

    def __init__(self) -> None:
        self.iterations = 0
        self.course: Course | None = None
        self._loss = math.inf
        self._parameters: Tensor | None = None

    def update(self, course: "Course", parameters: Tensor) -> None:
        """Consider the iteration that `course` has just recorded, at `parameters`."""
        loss = course.losses[-1].total
        # losses at another size or in another precision do not compare
        is_first_of_its_kind = course is not self.course or course.exact_from == course.last
        if is_first_of_its_kind or loss < self._loss:
            self.course, self._loss, self._parameters = course, loss, parameters
        self.iterations += course.last > 0

    def picture(self) -> UInt8[Tensor, "3 height width"]:
        """The picture. There is one once `iterations` is above 0."""
        assert self.course is not None
        assert self._parameters is not None
        return self.course.develop(self._parameters)


class Course:
    """What the optimiser has shown so far. Iteration 0 is the start; the course is complete after
    `iterations` more.

    `keep` names the iterations whose picture is kept as 8 bit in `pictures`; the last one is always kept. `report` is
    called with the number of each iteration and its total loss; `develop` makes a picture of the parameters; `best`,
    if given, follows the course.
    """

    def __init__(
        self,
        iterations: int,
        keep: Collection[int],
        report: Report,
        develop: Callable[[Tensor], UInt8[Tensor, "3 height width"]] = eight_bit,
        best: BestSoFar | None = None,
    ) -> None:
        self.iterations = iterations
        self.keep = frozenset((*keep, iterations))
        self.report = report
        self.develop = develop
        self.best = best
        self.losses: list[PictureLosses] = []
        self.pictures: dict[int, UInt8[Tensor, "3 height width"]] = {}
        self.exact_from: int | None = None

    @property
    def total(self) -> list[float]:
        """The total loss at each iteration."""
        return [losses.total for losses in self.losses]

    @property
    def is_complete(self) -> bool:
        """Whether the budget of iterations is spent."""
        return len(self.losses) > self.iterations

    @property
    def last(self) -> int:
        """The number of the last iteration recorded."""
        return len(self.losses) - 1

    @property
    def left(self) -> int:
        """How many iterations the budget still has."""
        return self.iterations - self.last

    def record(self, losses: PictureLosses, parameters: Tensor) -> None:
        """Adds one iteration, at which the picture is that of `parameters` (one row)."""
        self.losses.append(losses)
        if self.last in self.keep:
            self.pictures[self.last] = self.develop(parameters)
        if self.best is not None:
            self.best.update(self, parameters)
        self.report(self.last, losses.total)

    def becomes_exact(self) -> None:
        """From the next iteration on losses are computed in full precision."""
        self.exact_from = len(self.losses)

    def close(self, parameters: Tensor) -> None:
        """Keeps the last picture recorded, also if the course ended before its budget was spent."""
        if self.last not in self.pictures:
            self.pictures[self.last] = self.develop(parameters)

    def picture_at(self, iteration: int) -> UInt8[Tensor, "3 height width"]:
        """The picture kept at `iteration`, or at the last one where the course ended earlier."""
        return self.pictures[min(iteration, self.last)]

    @property
    def worst_rise(self) -> float:
        """The largest total loss over the best so far: 1 where it never rose.

        A picture that is evaluated again in full precision has another loss by rounding, which is no rise: from
        `exact_from` on the best is counted anew.
        """
        best, worst = math.inf, 1.0
        for number, loss in enumerate(self.total):
            best = loss if number == self.exact_from else min(best, loss)
            worst = max(worst, _ratio(loss, best))
        return worst

    @property
    def final_over_best(self) -> float:
        """The total loss at the end over the smallest of all in its precision: 1 where the end is the best."""
        total = self.total[self.exact_from or 0 :] or self.total
        return _ratio(total[-1], min(total))


def _ratio(loss: float, best: float) -> float:
    # A loss of exactly 0 (a start that is already the target) has no ratio to it; the smallest float keeps it finite.
    return 1.0 if loss == best else min(loss / max(best, 1e-300), 1e300)
